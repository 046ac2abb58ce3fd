import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveSource } from "../../clickhouse/sources.ts";
import { blobSink } from "../../src/demo/sink.ts";
import { SOURCE_DEFAULTS, type Source } from "../../src/domain/source.ts";
import { openStore } from "../../src/sources/open-store.ts";
import type { Store } from "../../src/sources/store.ts";
import { type Azurite, startAzurite } from "../support/azurite.ts";
import { aRun, type RenderedRun } from "../support/exports.ts";
import { later } from "../support/small-file.ts";
import { agreedTotals } from "../support/totals.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

let azurite: Azurite;
let engine: TestEngine;
beforeAll(async () => {
  [azurite, engine] = await Promise.all([startAzurite(), startTestEngine()]);
});
afterAll(async () => {
  await Promise.all([azurite.close(), engine.close()]);
});

const elder = aRun({ dataset: "actual", layout: "overwrite", lines: [{ cost: "1" }] });
const old = aRun({ dataset: "actual", layout: "overwrite", parts: 3, lines: rowsOf("2"), ...later(elder) });
const fresh = aRun({ dataset: "actual", layout: "overwrite", parts: 3, lines: rowsOf("3"), ...later(old) });

test.each([
  ["before its first part is opened", 0, "open"],
  ["while its first part is read", 0, "read"],
  ["between its parts", 2, "open"],
])(
  "an export in Azure that is overwritten %s is listed anew, and only the new one counts",
  async (name, part, moment) => {
    const container = name.replaceAll(" ", "-");
    const warehouse = await engine.database();
    await saveSource(warehouse, sourceOf(container));
    await replace(container, null, elder);
    await importAll(warehouse, "contoso", {}, storeOf);
    await replace(container, elder, old);

    let isReplaced = false;
    const overwriting = (source: Source): Store => {
      const store = storeOf(source);
      return {
        ...store,
        async open(file, signal) {
          const isMoment = file.path === old.partPaths[part] && !isReplaced;
          isReplaced ||= isMoment;
          if (isMoment && moment === "open") await replace(container, old, fresh);
          const stream = await store.open(file, signal);
          if (isMoment && moment === "read") await replace(container, old, fresh);
          return stream;
        },
      };
    };
    const report = await importAll(warehouse, "contoso", {}, overwriting);
    expect(isReplaced).toBe(true);
    expect(report.runs.map(({ runId, outcome }) => [runId, outcome])).toContainEqual([fresh.runId, "imported"]);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "6000", amortized: "0" });
  },
);

function rowsOf(cost: string) {
  return Array.from({ length: 2_000 }, () => ({ cost }));
}

function sourceOf(container: string): Source {
  const url = `${azurite.url}/${container}`;
  return { ...SOURCE_DEFAULTS, name: "contoso", kind: "blob", url, credential: { env: "STORAGE" } };
}

function storeOf(source: Source): Store {
  return openStore(source, { STORAGE: azurite.connectionString });
}

/** Does what Azure does: the new run comes in a folder of its own, the old one is removed. */
async function replace(container: string, from: RenderedRun | null, to: RenderedRun): Promise<void> {
  await to.writeTo(await blobSink(azurite.connectionString, container));
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(container);
  for (const path of from?.files.keys() ?? []) await client.deleteBlob(path);
}
