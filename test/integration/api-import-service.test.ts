import { tmpdir } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { ImportState } from "../../src/http/dependencies.ts";
import { createImports } from "../../src/imports/imports.ts";
import type { Imports } from "../../src/imports/imports.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import { apiSource } from "../support/api-source.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { aRun } from "../support/exports.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let azure: AzureSimulator;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(() => engine.close());
beforeEach(async () => {
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await azure.stop();
});

test("imports that wait for an API are in nobody's way, and end with the service", async () => {
  azure.costDetails.behave({ retryAfter: 3600 });
  const waiting = ["first", "second", "third"]; // more than work at once
  for (const name of waiting) await saveSource(warehouse, apiSource(azure, name));
  const folder = await addFolderSource(warehouse, { name: "folder" });
  await aRun({ dataset: "actual", lines: [{ cost: "1" }] }).writeTo(folder.path);
  const imports = await createImports({ env: azure.environment, cwd: tmpdir(), warehouse });

  const ids: string[] = [];
  for (const source of waiting) ids.push((await imports.start({ source, overwrite: false })).id);
  await vi.waitFor(() => expect(azure.costDetails.asked).toHaveLength(waiting.length), { timeout: 20_000 });
  const { id } = await imports.start({ source: "folder", overwrite: false });
  await vi.waitFor(async () => expect(await stateOf(imports, id)).toBe("done"), { timeout: 20_000 });
  expect(await Promise.all(ids.map((each) => stateOf(imports, each)))).toEqual(["running", "running", "running"]);

  await imports.close();
  expect(await Promise.all(ids.map((each) => stateOf(imports, each)))).toEqual(["canceled", "canceled", "canceled"]);
  await folder.remove();
});

test("a period without a beginning asks for all that the API still has, and is not too old", async () => {
  azure.costDetails.behave({ noData: "no content" });
  const [present = ""] = new Date().toISOString().split("T");
  await saveSource(warehouse, apiSource(azure, "open-ended"));
  const imports = await createImports({ env: azure.environment, cwd: tmpdir(), warehouse });
  const { id } = await imports.start({ source: "open-ended", to: present, overwrite: false });
  await vi.waitFor(async () => expect(await stateOf(imports, id)).not.toBe("running"), { timeout: 60_000 });
  expect(await imports.find(id)).toMatchObject({ state: "done", error: null, report: { problems: [] } });
  expect(azure.costDetails.asked.length).toBeGreaterThanOrEqual(13);
  await imports.close();
});

test("in an import of all, what has files comes before what has to be asked", async () => {
  const other = await engine.database();
  for (const name of ["a", "c"]) await saveSource(other, apiSource(azure, name));
  const folder = { ...SOURCE_DEFAULTS, kind: "folder", path: "/exports" } as const;
  for (const name of ["b", "d"]) await saveSource(other, { ...folder, name });
  const signal = new AbortController().signal;
  const { listSources } = createActivities({
    warehouse: other,
    openStore: (source) => openStore(source, {}),
    openExtractor: (source) => openExtractor(source, {}),
    signal,
    onProgress: () => undefined,
  });
  expect(await listSources()).toEqual(["b", "d", "a", "c"]);
});

async function stateOf(imports: Imports, id: string): Promise<ImportState["state"] | undefined> {
  return (await imports.find(id))?.state;
}
