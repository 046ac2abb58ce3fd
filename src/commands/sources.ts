import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources, listSourceStatus, removeSource, saveSource } from "../../clickhouse/sources.ts";
import type { SourceStatus } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { formatMoment } from "../domain/moment.ts";
import { credentialOf, placeOf } from "../domain/source-place.ts";
import { furtherSettings, ownSettings } from "../domain/source-text.ts";
import type { Source } from "../domain/source.ts";
import { changeWarehouse, readWarehouse } from "../open-warehouse.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { requireSource } from "./require-sources.ts";
import { readSourceOptions } from "./source-options.ts";
import type { SourceOptions } from "./source-options.ts";
import { formatTable } from "./table.ts";

type Named = { readonly name: string };
type Json = { readonly json: boolean };
type Shown = { readonly source: Source; readonly status: SourceStatus | null };

/** Adds a source. Its name must be free. */
export const addSource: Command<SourceOptions> = (context, options) => {
  const source = readSourceOptions(options, context.cwd);
  return changeWarehouse(context, async (warehouse) => {
    if ((await listSources(warehouse, {})).some((known) => known.name === source.name)) {
      throw new InvalidRequestError(
        `There is a source ${source.name} already. Change it with \`billhouse apply\`, or remove it first.`,
      );
    }
    await saveSource(warehouse, source);
    context.print(`Added ${source.name}: ${placeOf(source) || "waits for files that are given to it"}`);
    return EXIT.done;
  });
};

/** Lists the sources with their last attempt and last import. */
export const listAll: Command<Json> = (context, { json }) =>
  readWarehouse(context, async (warehouse) => {
    const shown = await listShown(warehouse);
    if (json) context.print(JSON.stringify({ sources: shown.map(toJson) }, null, 2));
    else if (shown.length === 0) context.print("There are no sources yet. Add one with `billhouse sources add`.");
    else context.print(tableOf(shown));
    return EXIT.done;
  });

/** Shows everything about one source, errors in full. */
export const showSource: Command<Named & Json> = (context, { name, json }) =>
  readWarehouse(context, async (warehouse) => {
    const shown = await listShown(warehouse);
    const source = requireSource(
      shown.map((one) => one.source),
      name,
    );
    const found: Shown = shown.find((one) => one.source === source) ?? { source, status: null };
    if (json) context.print(JSON.stringify(toJson(found), null, 2));
    else printSource(context, found);
    return EXIT.done;
  });

/** Switches a source on or off. */
export const setEnabled: Command<Named & { readonly enabled: boolean }> = (context, { name, enabled }) =>
  changeWarehouse(context, async (warehouse) => {
    const source = requireSource(await listSources(warehouse, {}), name);
    if (source.enabled !== enabled) await saveSource(warehouse, { ...source, enabled });
    context.print(
      enabled
        ? `${name} is enabled: imports of all sources include it.`
        : `${name} is disabled: only \`billhouse import --source-name ${name}\` imports it. What it published stays.`,
    );
    return EXIT.done;
  });

/** Takes a source from the list. */
export const forgetSource: Command<Named> = (context, { name }) =>
  changeWarehouse(context, async (warehouse) => {
    await removeSource(warehouse, requireSource(await listSources(warehouse, {}), name));
    context.print(`Removed ${name}. What it published stays visible; \`billhouse withdraw\` takes runs back.`);
    if (isTemporalSet(context.env)) await forgetSchedule(context, name);
    return EXIT.done;
  });

/** A schedule of a source that is gone would fail at each start. */
async function forgetSchedule({ env, print }: Context, name: string): Promise<void> {
  const { withTemporal } = await import("../temporal/connect.ts");
  const { hasSchedule, removeSchedule } = await import("../temporal/schedules.ts");
  await withTemporal(env, async (temporal) => {
    if (!(await hasSchedule(temporal, name))) return;
    await removeSchedule(temporal, name);
    print("Removed its schedule.");
  });
}

async function listShown(warehouse: Warehouse): Promise<Shown[]> {
  const [sources, statuses] = await Promise.all([listSources(warehouse, {}), listSourceStatus(warehouse, {})]);
  const byName = new Map(statuses.map((status) => [status.source, status]));
  return sources.map((source) => ({ source, status: byName.get(source.name) ?? null }));
}

function tableOf(shown: readonly Shown[]): string {
  return formatTable<Shown>(
    [
      { title: "source", value: ({ source }) => source.name },
      { title: "kind", value: ({ source }) => source.kind },
      { title: "enabled", value: ({ source }) => (source.enabled ? "yes" : "no") },
      { title: "priority", value: ({ source }) => source.priority, align: "right" },
      { title: "last attempt", value: ({ status }) => formatMoment(status?.attempted_at ?? "never") },
      { title: "outcome", value: ({ status }) => status?.state ?? "" },
      { title: "last import", value: ({ status }) => formatMoment(status?.imported_at ?? "never") },
      { title: "credential", value: ({ source }) => credentialOf(source) },
      { title: "place", value: ({ source }) => placeOf(source) },
    ],
    shown,
  );
}

function printSource({ print }: Context, { source, status }: Shown): void {
  const facts: (readonly [string, string])[] = [
    ["name", source.name],
    ["kind", source.kind],
    ["place", placeOf(source) || "none: files are given to it"],
    ...(credentialOf(source) === "" ? [] : [["credential", credentialOf(source)] as const]),
    ...Object.entries(furtherSettings(source)).map(([name, value]) => [inWords(name), value] as const),
    ["enabled", source.enabled ? "yes" : "no"],
    ["priority", `${source.priority} (the smaller one answers where sources overlap)`],
    ["reject limit", `${source.rejectLimit} rows of a run`],
    ["last attempt", status === null ? "never" : `${formatMoment(status.attempted_at)} UTC, ${status.state}`],
    ["last import", status?.imported_at ? `${formatMoment(status.imported_at)} UTC` : "never"],
  ];
  if (status !== null) {
    const { runs_found, runs_imported, runs_failed } = status;
    facts.push(["runs", `${runs_found} found, ${runs_imported} imported, ${runs_failed} failed`]);
  }
  for (const [name, value] of facts) print(`${name.padEnd(13)} ${value}`);
  if (status !== null && status.error !== "") print(`error\n${status.error.replace(/^/gm, "  ")}`);
}

/** `monthsBack` as "months back". */
function inWords(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function toJson({ source, status }: Shown): object {
  const { name, kind, enabled, priority, rejectLimit } = source;
  return {
    name,
    kind,
    place: placeOf(source),
    credential: credentialOf(source),
    ...ownSettings(source),
    enabled,
    priority,
    rejectLimit,
    lastAttempt:
      status === null
        ? null
        : {
            state: status.state,
            startedAt: status.attempted_at,
            finishedAt: status.finished_at,
            runsFound: status.runs_found,
            runsImported: status.runs_imported,
            runsFailed: status.runs_failed,
            error: status.error,
          },
    lastImportAt: status?.imported_at ?? null,
  };
}
