import { tmpdir } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import type { ImportState } from "../../src/http/dependencies.ts";
import { createImports } from "../../src/imports/imports.ts";
import type { Imports } from "../../src/imports/imports.ts";
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

async function stateOf(imports: Imports, id: string): Promise<ImportState["state"] | undefined> {
  return (await imports.find(id))?.state;
}
