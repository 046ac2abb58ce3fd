import { listSources, listSourceStatus, saveSource } from "../../clickhouse/sources.ts";
import type { Context } from "../context.ts";
import { ConfigurationError } from "../domain/errors.ts";
import { SOURCE_DEFAULTS } from "../domain/source.ts";
import { changeWarehouse, readWarehouse } from "../open-warehouse.ts";

/** The source that the demo adds. */
export const DEMO_SOURCE = "demo";

/** The environment variable that the source names as its credential. */
export const DEMO_VARIABLE = "BILLHOUSE_DEMO_STORAGE";

/**
 * Whether an earlier demo has been here. Throws ConfigurationError when the data directory knows other sources: the
 * demo's figures would be added to theirs.
 */
export async function hasEarlierDemo(context: Context, dataDir: string): Promise<boolean> {
  return readWarehouse(context, async (warehouse) => {
    const configured = await listSources(warehouse, {});
    const tried = await listSourceStatus(warehouse, {}); // also those that were removed: what they published is there
    const names = new Set([...configured.map(({ name }) => name), ...tried.map(({ source }) => source)]);
    const isDemo = configured.every(
      (source) =>
        source.name !== DEMO_SOURCE ||
        (source.kind === "blob" && source.credential !== "default" && source.credential.env === DEMO_VARIABLE),
    );
    const others = [...names].filter((name) => name !== DEMO_SOURCE || !isDemo);
    if (others.length === 0) return names.has(DEMO_SOURCE);
    throw new ConfigurationError(
      `${dataDir}: holds data of ${others.join(", ")}, among which the demo's figures do not belong. ` +
        "Give the demo a directory of its own: BILLHOUSE_DATA_DIR=.billhouse-demo npm run demo",
    );
  });
}

/** Says where the demo's exports are; an earlier demo's place is forgotten, what it imported stays. */
export function addDemoSource(context: Context, url: string): Promise<void> {
  return saveDemoSource(context, url, true);
}

/** Takes the source out of imports of all sources: its storage ends with the demo. */
export function disableDemoSource(context: Context, url: string): Promise<void> {
  return saveDemoSource(context, url, false);
}

function saveDemoSource(context: Context, url: string, enabled: boolean): Promise<void> {
  const credential = { env: DEMO_VARIABLE };
  return changeWarehouse(context, (warehouse) =>
    saveSource(warehouse, { ...SOURCE_DEFAULTS, name: DEMO_SOURCE, kind: "blob", url, credential, enabled }),
  );
}
