import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { migrate, readMigrations } from "../../clickhouse/migrate.ts";
import { listRuns } from "../../clickhouse/run-list.ts";
import type { ColumnSetName } from "../../src/demo/column-set.ts";
import { DERIVED_COLUMNS } from "../../src/domain/derived-columns.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { DERIVED_CASES, type Derived, JSON_CASES, RESOURCE_CASES } from "../support/derived-cases.ts";
import { aRun, type Line } from "../support/exports.ts";
import { anInbox, openInbox, outcomeOf, type Inbox } from "../support/imports.ts";
import { ndjsonOf } from "../support/ndjson.ts";
import { clickHouseWriter, inFolder } from "../support/parquet.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** The last migration before the derived columns. */
const SCHEMA_BEFORE = 114;

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

/** The derived columns that are null where they do not apply. */
const NULLABLE = DERIVED_COLUMNS.filter(({ kind }) => kind === "text" || kind === "number").map(({ name }) => name);
const LINES = DERIVED_CASES.map(({ line }) => line);

/** What is derived of every row of an inbox, without nulls. */
async function derivedOf(inbox: Inbox): Promise<Derived[]> {
  return (await inbox.select(...NULLABLE)).map(withoutNulls);
}

/** A run that supersedes the first five days of one of 1 June: what else that has survives as a copy. */
function laterRunOfFirstDays() {
  return aRun({
    dataset: "actual",
    submittedAt: "2026-06-02T00:00:00.0000000Z",
    days: { first: "2026-05-01", last: "2026-05-05" },
    lines: [{ date: "2026-05-01" }],
  });
}

function withoutNulls(row: object): Derived {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

describe("real texts, in an EA file", () => {
  let inbox: Inbox;
  let found: Derived[];
  beforeAll(async () => {
    inbox = await openInbox(warehouse);
    await inbox.deliver(aRun({ dataset: "actual", lines: LINES }));
    found = await derivedOf(inbox);
  });
  afterAll(async () => inbox.source.remove());

  test("there are as many rows as cases, and enough of them", () => {
    expect(found).toHaveLength(DERIVED_CASES.length);
    expect(DERIVED_CASES.length).toBeGreaterThan(220);
  });

  test.each(DERIVED_CASES.map(({ title, derived }, index) => ({ title, derived, index })))(
    "$title",
    ({ derived, index }) => {
      expect(found[index]).toEqual(derived);
    },
  );
});

/** Files that have no product, or tell a machine's name in another column, say the same all the same. */
const SETS: readonly (readonly [ColumnSetName, Dataset])[] = [
  ["ea-2023-12-01-preview", "amortized"],
  ["mca-2023-12-01-preview", "actual"],
  ["mosp-2019-11-01", "usage"],
  ["focus-1.0r2", "focus"],
];
const FORMATS = ["CSV", "NDJSON", "Parquet"] as const;

test.each(SETS.flatMap(([columns, dataset]) => FORMATS.map((format) => [columns, dataset, format] as const)))(
  "%s, %s, as %s: what a machine, a node, a disk and a database say comes out",
  async (columns, dataset, format) => {
    const info =
      '{"UsageType":"ComputeHR_Windows","ServiceType":"Standard_E8-4as_v5","VMName":"aks-pool1-12345678-vmss_1"}';
    const nodes = "/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d/resourceGroups/MC_rg_prod_westeurope";
    const lines: Line[] = [
      {
        resourceId: `${nodes}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-pool1-12345678-vmss`,
        resourceGroup: "MC_rg_prod_westeurope",
        additionalInfo: info,
      },
      {
        meterCategory: "Storage",
        meterSubCategory: "Tiered Block Blob",
        meterName: "Cool LRS Data Stored",
        additionalInfo: "",
      },
      { meterCategory: "SQL Database", meterSubCategory: "Single Standard", meterName: "S3 DTUs", additionalInfo: "{" },
    ];
    const run = aRun({ dataset, columns, lines });
    const inbox = await anInbox(warehouse);
    const delivered = await inFormat(run, dataset, format);
    expect(outcomeOf(await inbox.deliver(delivered), delivered)).toMatchObject({
      outcome: "imported",
      report: { rowsLoaded: 3, rowsMalformed: 1 },
    });
    expect(await derivedOf(inbox)).toEqual([
      {
        vm_size: "Standard_E8-4as_v5",
        vm_family: "E",
        vm_series: "Easv5",
        vm_version: "v5",
        vcpus: "4",
        vm_os: "Windows",
        aks_cluster: "prod",
        aks_pool: "pool1",
      },
      { storage_tier: "Cool" },
      { sql_sku: "S3" },
    ]);
    expect((await inbox.select("resource_name", "resource_type", "malformed_json"))[0]).toEqual({
      resource_name: "aks-pool1-12345678-vmss_1",
      resource_type: "microsoft.compute/virtualmachinescalesets",
      malformed_json: "",
    });
  },
);

async function inFormat(run: ReturnType<typeof aRun>, dataset: Dataset, format: (typeof FORMATS)[number]) {
  const text = run.texts[0] ?? "";
  if (format === "CSV") return run;
  if (format === "NDJSON") return run.withPart(0, Buffer.from(ndjsonOf(text)));
  const writer = clickHouseWriter(warehouse);
  return inFolder(async (folder) =>
    run.withPart(0, await writer.write(await writer.typed(text, dataset, folder), "zstd")),
  );
}

test("a machine of which FOCUS tells the service and the description only has a size", async () => {
  const inbox = await anInbox(warehouse);
  const text =
    "ChargePeriodStart,BilledCost,EffectiveCost,BillingCurrency,ServiceName,ChargeDescription\n" +
    "2026-05-01,1,1,USD,Virtual Machines,Virtual Machines Dv2/DSv2 Series - D11 v2/DS11 v2 - US East 2\n" +
    "2026-05-01,1,1,USD,Storage Accounts,Tables - LRS Data Stored\n";
  await inbox.deliver(aRun({ dataset: "focus", lines: [{}, {}] }).withPart(0, Buffer.from(text)));
  expect(await inbox.select("vm_size", "vcpus")).toEqual([
    { vm_size: "Standard_D11_v2", vcpus: "2" },
    { vm_size: null, vcpus: null },
  ]);
});

test("a resource has the end of its id for a name, and the type that its id says", async () => {
  const inbox = await anInbox(warehouse);
  const lines = RESOURCE_CASES.map(([resourceId, resourceName, additionalInfo]) => ({
    resourceId,
    resourceName,
    additionalInfo,
  }));
  await inbox.deliver(aRun({ dataset: "actual", lines }));
  expect(await inbox.select("resource_name", "resource_type")).toEqual(
    RESOURCE_CASES.map(([, , , name, type]) => ({ resource_name: name, resource_type: type })),
  );
});

test("a type that only the file tells is kept", async () => {
  const inbox = await anInbox(warehouse);
  const ids = ["", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/shop"];
  const lines = ids.map((resourceId) => ({ resourceId, resourceType: "Microsoft.Cache/Redis" }));
  await inbox.deliver(aRun({ dataset: "usage", lines }));
  expect(await inbox.select("resource_type")).toEqual([
    { resource_type: "Microsoft.Cache/Redis" },
    { resource_type: "microsoft.web/sites" },
  ]);
});

describe("JSON that cannot be read", () => {
  const malformed = JSON_CASES.filter(([, , , , column]) => column !== "").length;

  test.each(["CSV", "NDJSON"] as const)("loses no line and no text, and the run counts it: %s", async (format) => {
    const inbox = await anInbox(warehouse);
    const lines = JSON_CASES.map(([, tags, additionalInfo]) => ({ tags, additionalInfo }));
    const run = await inFormat(aRun({ dataset: "actual", lines }), "actual", format);
    const rowsLoaded = JSON_CASES.length;
    expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({
      outcome: "imported",
      report: { rowsLoaded, rowsRejected: 0, rowsMalformed: malformed },
    });
    const found = await inbox.select("toJSONString(tags)", "malformed_json", "tags_text", "additional_info");
    expect(
      found.map((row, at) => [
        JSON_CASES[at]?.[0],
        JSON.parse(row["toJSONString(tags)"] ?? "") as unknown,
        row["malformed_json"],
      ]),
    ).toEqual(JSON_CASES.map(([title, , , map, column]) => [title, map, column]));
    expect(found.map((row) => [row["tags_text"], row["additional_info"]])).toEqual(
      JSON_CASES.map(([, tags, additionalInfo]) => [tags, additionalInfo]),
    );
    const filter = { sources: [inbox.source.name], dataset: "", month: "", state: "", run_id: run.runId };
    expect(await listRuns(warehouse, filter, { limit: 1 })).toMatchObject([{ rowsLoaded, rowsMalformed: malformed }]);
    expect(
      await warehouse.rows("SELECT rows_malformed FROM loads FINAL WHERE source = {source:String}", {
        source: inbox.source.name,
      }),
    ).toEqual([{ rows_malformed: String(malformed) }]);
  });

  test("days that survive of a wider run are counted with theirs", async () => {
    const inbox = await anInbox(warehouse);
    await inbox.deliver(
      aRun({
        dataset: "actual",
        submittedAt: "2026-06-01T00:00:00.0000000Z",
        lines: [{ date: "2026-05-01", tags: "{" }, { date: "2026-05-20", tags: "{" }, { date: "2026-05-21" }],
      }),
    );
    await inbox.deliver(laterRunOfFirstDays());
    expect(
      await warehouse.rows(
        "SELECT rows_loaded, rows_malformed FROM loads FINAL WHERE source = {source:String} AND notEmpty(copied_from)",
        { source: inbox.source.name },
      ),
    ).toEqual([{ rows_loaded: "2", rows_malformed: "1" }]);
    expect(await inbox.select("vm_size", "malformed_json")).toHaveLength(3);
  });
});

test("tags are found by their names in lower case; of names that differ by case only the first one counts", async () => {
  const inbox = await anInbox(warehouse);
  const texts = ['"Env": "prod","env": "test"', '{"COST Center": "1","Größe": "x","ÄRGER": "y"}', ""];
  await inbox.deliver(aRun({ dataset: "actual", lines: texts.map((tags) => ({ tags })) }));
  expect(
    await inbox.select("tags_lower['env']", "tags['env']", "tags_lower['cost center']", "tags_lower['ärger']"),
  ).toEqual([
    { "tags_lower['env']": "prod", "tags['env']": "test", "tags_lower['cost center']": "", "tags_lower['ärger']": "" },
    { "tags_lower['env']": "", "tags['env']": "", "tags_lower['cost center']": "1", "tags_lower['ärger']": "y" },
    { "tags_lower['env']": "", "tags['env']": "", "tags_lower['cost center']": "", "tags_lower['ärger']": "" },
  ]);
});

test("lines that were loaded before tell it, too; their names and types stay as they were delivered", async () => {
  const { address } = await engine.database();
  const old = createWarehouse({ ...address, database: `old_${randomUUID().replaceAll("-", "")}` });
  try {
    await migrate(
      old,
      readMigrations().filter(({ number }) => number <= SCHEMA_BEFORE),
    );
    const loadId = randomUUID();
    const line = {
      load_id: loadId,
      dataset: "actual",
      billing_month: "2026-05-01",
      date: "2026-05-02",
      resource_id: "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm-1",
      meter_category: "Virtual Machines",
      meter_name: "E8-4as v5",
    };
    await old.insert("cost_entries", [
      { ...line, line: 1 },
      { ...line, line: 2, meter_category: "Storage", meter_name: "Hot LRS Data Stored", tags_text: "{" },
    ]);
    await old.insert("visible_loads", [
      { seen: 1, moment: "2026-06-01T00:00:00Z", load_ids: [loadId], silent_actual: [], silent_amortized: [] },
    ]);
    await migrate(old);
    const columns = [...NULLABLE.map((name) => `toString(${name}) AS ${name}`), "malformed_json", "resource_type"];
    const rows = await old.rows(`SELECT ${columns.join(", ")} FROM costs ORDER BY line`);
    expect(rows.map((row) => withoutNulls(row as object))).toEqual([
      {
        vm_size: "Standard_E8-4as_v5",
        vm_family: "E",
        vm_series: "Easv5",
        vm_version: "v5",
        vcpus: "4",
        malformed_json: "",
        resource_type: "",
      },
      { storage_tier: "Hot", malformed_json: "tags", resource_type: "" },
    ]);
  } finally {
    await old.close();
  }
});

test("a resource has the tags of its newest day, on which a line with tags comes before one without", async () => {
  const of = (name: string) => ({ resourceId: `/subscriptions/s/resourcegroups/rg/providers/p/t/${name}` });
  const dev = '"env": "dev"';
  const prod = '"env": "prod"';
  const inbox = await openInbox(warehouse);
  await inbox.deliver(
    aRun({
      dataset: "actual",
      lines: [
        { ...of("later"), date: "2026-05-20", tags: prod },
        { ...of("later"), date: "2026-05-01", tags: dev },
        { ...of("sorted"), date: "2026-05-01", tags: dev },
        { ...of("sorted"), date: "2026-05-20", tags: "" },
        { ...of("sorted"), date: "2026-05-20", tags: prod },
        { ...of("untagged"), date: "2026-05-01", tags: dev },
        { ...of("untagged"), date: "2026-05-20", tags: "" },
      ],
    }),
  );
  const [load = ""] = (await inbox.select("load_id")).map(({ load_id }) => String(load_id));
  const sql = `SELECT splitByChar('/', resource_id)[-1] AS name, tags['env'] AS env FROM resource_slices
    WHERE load_id = {load:UUID} ORDER BY name`;
  expect(await warehouse.rows(sql, { load })).toEqual([
    { name: "later", env: "prod" },
    { name: "sorted", env: "prod" },
    { name: "untagged", env: "" },
  ]);
  await inbox.source.remove();
});

test("of days that survive of several files the newest line counts, too, where several have its number", async () => {
  const inbox = await anInbox(warehouse);
  const [one, other] = ["one", "other"].map((name) => ({
    resourceId: `/subscriptions/s/resourcegroups/rg/providers/p/t/${name}`,
  }));
  const dev = '"env": "dev"';
  const prod = '"env": "prod"';
  await inbox.deliver(
    aRun({
      dataset: "actual",
      submittedAt: "2026-06-01T00:00:00.0000000Z",
      parts: 2,
      lines: [
        { ...one, date: "2026-05-20", tags: dev },
        { ...other, date: "2026-05-21", tags: "" },
        { date: "2026-05-01" },
        { ...one, date: "2026-05-21", tags: prod },
        { ...other, date: "2026-05-20", tags: dev },
        { date: "2026-05-01" },
      ],
    }),
  );
  await inbox.deliver(laterRunOfFirstDays());
  const ofCopies = `load_id IN (SELECT load_id FROM loads FINAL WHERE source = {source:String} AND notEmpty(copied_from))`;
  const copied = `SELECT toString(line) AS line, count() AS rows FROM cost_entries WHERE ${ofCopies} GROUP BY line ORDER BY line`;
  const slices = `SELECT splitByChar('/', resource_id)[-1] AS name, tags['env'] AS env, toString(first_date) AS first, toString(last_date) AS last
    FROM resource_slices WHERE ${ofCopies} ORDER BY name`;
  const source = inbox.source.name;
  expect(await warehouse.rows(copied, { source })).toEqual([
    { line: "1", rows: "2" },
    { line: "2", rows: "2" },
  ]);
  expect(await warehouse.rows(slices, { source })).toEqual([
    { name: "one", env: "prod", first: "2026-05-20", last: "2026-05-21" },
    { name: "other", env: "", first: "2026-05-20", last: "2026-05-21" },
  ]);
});

test("a load tells of every line what the columns' defaults tell of it", async () => {
  const defaults = z.array(z.object({ name: z.string(), tells: z.string() })).parse(
    await warehouse.rows(
      `SELECT name, default_expression AS tells FROM system.columns
      WHERE database = currentDatabase() AND table = 'cost_entries' AND default_kind = 'DEFAULT'`,
    ),
  );
  expect(defaults.map(({ name }) => name)).toEqual(expect.arrayContaining(["vm_size", "sql_sku", "malformed_json"]));
  const { mentioned } = z.object({ mentioned: z.string() }).parse(
    (
      await warehouse.rows(
        `SELECT as_select AS mentioned FROM system.tables
        WHERE database = currentDatabase() AND name = 'cost_entries_from_landing'`,
      )
    )[0],
  );
  for (const { name, tells } of defaults) {
    expect(mentioned).toContain(` AS ${name}`);
    const counts = await warehouse.rows(
      `SELECT count() > ${DERIVED_CASES.length} AS isMany, countIf(NOT (told <=> stored)) AS otherwise
      FROM (SELECT CAST(${tells}, 'Nullable(String)') AS told, CAST(${name}, 'Nullable(String)') AS stored FROM cost_entries)`,
    );
    expect({ name, counts }).toEqual({ name, counts: [{ isMany: 1, otherwise: "0" }] });
  }
});
