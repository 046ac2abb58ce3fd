import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { migrate, readMigrations } from "../../clickhouse/migrate.ts";
import { listSources, removeSource, saveSource } from "../../clickhouse/sources.ts";
import type { Source } from "../../src/domain/source.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

beforeEach(async () => {
  await warehouse.run("TRUNCATE TABLE sources");
});

afterAll(() => engine.close());

const SCOPE = "/providers/Microsoft.Billing/billingAccounts/1234567";
const CLIENT = "00001111-aaaa-2222-bbbb-3333cccc4444";
const common = { enabled: true, priority: 100, rejectLimit: 0 };
const application = { tenantId: "contoso.onmicrosoft.com", clientId: CLIENT };

const reports: Source = {
  ...common,
  name: "reports",
  kind: "cost-details",
  scope: SCOPE,
  cloud: "us-government",
  endpoint: "https://gateway.example.com",
  identity: { kind: "certificate", ...application, pathVariable: "A_PATH", passwordVariable: "A_PASSWORD" },
  datasets: ["actual", "amortized"],
  by: "billing-period",
  monthsBack: 2,
  refreshHours: 4,
};
const enterprise: Source = {
  ...common,
  name: "enterprise",
  kind: "ea",
  url: "https://consumption.azure.com",
  enrollment: "12345678",
  credential: { env: "CONTOSO_EA_KEY" },
  api: "v3",
  by: "billing-period",
  currency: "EUR",
  taxFactor: "1.060",
  datasets: ["actual"],
  monthsBack: 1,
  refreshHours: 24,
};
const items: Source = {
  ...common,
  name: "items",
  kind: "usage-details",
  scope: `/subscriptions/${CLIENT}`,
  cloud: "public",
  endpoint: null,
  identity: { kind: "managed", clientId: null },
  datasets: ["usage"],
  monthsBack: 0,
  refreshHours: 24,
};

test("a source of every kind is kept as it is, each setting of it", async () => {
  const sources: Source[] = [
    { ...common, name: "archive", kind: "folder", path: "/srv/exports" },
    { ...common, name: "blob", kind: "blob", url: "https://c.blob.core.windows.net/e", credential: { env: "C" } },
    enterprise,
    { ...common, name: "given", kind: "push", enabled: false, priority: -3, rejectLimit: 7 },
    items,
    reports,
  ];
  for (const source of sources) await saveSource(warehouse, source);
  expect(await listSources(warehouse, {})).toEqual(sources);
  for (const source of sources.slice(1)) await removeSource(warehouse, source);
  expect(await listSources(warehouse, {})).toEqual(sources.slice(0, 1));
});

test("analysts see in the table what people recognise a source by, and no secret", async () => {
  for (const source of [reports, enterprise, items]) await saveSource(warehouse, source);
  await saveSource(warehouse, { ...common, name: "given", kind: "push" });
  expect(await warehouse.rows("SELECT name, place, credential FROM sources FINAL ORDER BY name")).toEqual([
    { name: "enterprise", place: "https://consumption.azure.com/12345678", credential: "env:CONTOSO_EA_KEY" },
    { name: "given", place: "", credential: "" },
    { name: "items", place: `/subscriptions/${CLIENT}`, credential: "managed" },
    {
      name: "reports",
      place: SCOPE,
      credential: `certificate:contoso.onmicrosoft.com/${CLIENT}:A_PATH:A_PASSWORD`,
    },
  ]);
});

test("sources that were added before there were settings stay what they were", async () => {
  const before = readMigrations().filter(({ name }) => name < "0109");
  const old = await engine.database();
  await old.run("DROP DATABASE {database:Identifier}", { database: old.address.database });
  await migrate(old, before);
  const row = { enabled: true, priority: 100, reject_limit: 0, removed: false };
  await old.insert("sources", [
    { ...row, name: "archive", kind: "folder", place: "/srv/exports", credential: "" },
    { ...row, name: "blob", kind: "blob", place: "https://c.blob.core.windows.net/e", credential: "env:C" },
  ]);
  await migrate(old);
  expect(await listSources(old, {})).toEqual([
    { ...common, name: "archive", kind: "folder", path: "/srv/exports" },
    { ...common, name: "blob", kind: "blob", url: "https://c.blob.core.windows.net/e", credential: { env: "C" } },
  ]);
});

test.each([
  ["scope: expected a scope like /subscriptions/<id>", "{}"],
  ["scope: expected a scope like /subscriptions/<id>", "no JSON"],
  ["monthsBack: expected a number of months from 0 to 13", JSON.stringify({ scope: SCOPE, monthsBack: "all" })],
])("a row that somebody wrote by hand is refused: %s, of %j", async (message, settings) => {
  await warehouse.insert("sources", [
    { name: "hand", kind: "cost-details", place: SCOPE, credential: "default", settings, priority: 1 },
  ]);
  await expect(listSources(warehouse, {})).rejects.toThrow(
    `The source hand cannot be read from the table sources: ${message}. Insert its row anew, or one that is removed`,
  );
});
