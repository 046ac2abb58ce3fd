import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { countRows, exactSum, recordsOf, textOf } from "../support/exports.ts";
import { aFile, anInbox, failureOf, type Inbox, outcomeOf } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** Real-format exports, where somebody has some: CSV files in the folders ea, mosp and focus, other ones beside them. */
const SAMPLES = process.env["BILLHOUSE_SAMPLES"] ?? fileURLToPath(new URL("../../../shared/samples", import.meta.url));

/** What is known to be wrong in a file, and where. */
const REFUSALS: Readonly<Record<string, RegExp>> = {
  "opencost.mosp-bom.csv": /:2 \(record 1\) PreTaxCost: blank is not a number/,
  "focus-spec.focus-1.0-multicloud.csv": /:\d+ \(record \d+\) \w+: "NULL" is not a number/,
  "finops-toolkit.pricing-units.csv": /:1 The header lacks what every actual export has: date \(/,
  "finops-toolkit.regions.csv": /:1 The header lacks what every actual export has: date \(/,
  "finops-toolkit.services.csv": /:1 The header lacks what every actual export has: date \(/,
};
const OTHERS = /\.json$|\.txt$|\.md$|\.gz$/;

const isThere = existsSync(SAMPLES);
if (!isThere) {
  process.stderr.write(`THE SAMPLE FILES ARE NOT TESTED: there is no folder ${SAMPLES}. Set BILLHOUSE_SAMPLES.\n`);
}

describe.skipIf(!isThere)("of the sample files", () => {
  let engine: TestEngine;
  let warehouse: Warehouse;
  beforeAll(async () => {
    engine = await startTestEngine();
    warehouse = await engine.database();
  });
  afterAll(async () => engine.close());

  const samples = listSamples();

  test.each(samples.filter(([name]) => !(name in REFUSALS)))("%s imports exactly", async (name, path) => {
    const inbox = await anInbox(warehouse);
    const text = textOf(await readFile(path));
    const run = aFile(text, { exportName: name, dataset: datasetOf(path), gzip: false });
    const report = { rowsLoaded: countRows(text), rowsRejected: 0 };
    expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({ outcome: "imported", report });
    await expectExactSums(inbox, [text], datasetOf(path));
  });

  test.each(samples.filter(([name]) => name in REFUSALS))("%s is refused at the right place", async (name, path) => {
    const inbox = await anInbox(warehouse);
    const run = aFile(await readFile(path), { exportName: name, dataset: datasetOf(path), gzip: false });
    expect(failureOf(await inbox.deliver(run), run).message).toMatch(REFUSALS[name] ?? name);
    expect(await inbox.select("line")).toEqual([]);
  });

  test("every file is known here", () => {
    const known = new Set(samples.map(([, path]) => path));
    const all = readdirSync(SAMPLES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = all.map((entry) => join(entry.parentPath, entry.name));
    expect(paths.filter((path) => !known.has(path) && !OTHERS.test(path))).toEqual([]);
  });

  const multicloud = samples.find(([name]) => name.includes("multicloud"))?.[1] ?? "";

  test.skipIf(multicloud === "")(
    "a FOCUS file of several clouds, which writes NULL, is told apart to the last row",
    async () => {
      const text = textOf(await readFile(multicloud));
      const isUnusable = (record: Record<string, string>) =>
        ["ConsumedQuantity", "ListUnitPrice", "ContractedCost", "ContractedUnitPrice"].some(
          (name) => record[name] === "NULL",
        );
      const records = recordsOf(text);
      const bad = records.flatMap((record, at) => (isUnusable(record) ? [at + 1] : []));

      const strict = await anInbox(warehouse);
      const run = aFile(text, { dataset: "focus", gzip: false });
      const failure = failureOf(await strict.deliver(run), run).message;
      expect(failure).toContain(`${run.partPaths[0]}:${(bad[0] ?? 0) + 1} (record ${bad[0]}) `); // no field has a line break
      expect(failure).toContain(`${bad.length} rows cannot be used`);

      const lenient = await anInbox(warehouse, { rejectLimit: bad.length });
      const outcome = outcomeOf(await lenient.deliver(run), run);
      const [currency = ""] = new Set(records.map((record) => record["BillingCurrency"] ?? ""));
      const rejected = bad.reduce((sum, at) => sum.plus(records[at - 1]?.["BilledCost"] ?? ""), new Big(0));
      expect(outcome).toMatchObject({
        outcome: "imported",
        report: {
          rowsLoaded: records.length - bad.length,
          rowsRejected: bad.length,
          totals: [
            { billing_currency: currency, actual: new Big(exactSum(text, "BilledCost")).minus(rejected).toFixed() },
          ],
          rejects: [{ billing_currency: currency, rows: bad.length, rows_without_cost: 0, total: rejected.toFixed() }],
        },
      });
      const providers = await lenient.select("provider");
      expect(new Set(providers.map(({ provider }) => provider))).toEqual(
        new Set(records.flatMap((record) => (isUnusable(record) ? [] : [record["ProviderName"]]))),
      );
    },
  );

  test("a FOCUS run with its manifest imports exactly", async () => {
    const inbox = await anInbox(warehouse);
    const folder = join(SAMPLES, "focus", "costroid-mtd");
    const parts = ["part_0_0001.csv.gz", "part_1_0001.csv.gz"];
    const target = join(inbox.source.path, "costroid-demo", "mtd-snapshot", "current");
    await mkdir(target, { recursive: true });
    for (const name of ["manifest.json", ...parts]) await cp(join(folder, name), join(target, name));
    const report = await inbox.deliver();
    expect(report).toMatchObject({ problems: [], runs: [{ outcome: "imported", report: { rowsLoaded: 5 } }] });
    const texts = await Promise.all(parts.map(async (name) => textOf(await readFile(join(folder, name)))));
    await expectExactSums(inbox, texts, "focus");
  });
});

function listSamples(): [name: string, path: string][] {
  return ["ea", "mosp", "focus", "reference"].flatMap((folder) => {
    const path = join(SAMPLES, folder);
    const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".csv")) : [];
    return names.map((name): [string, string] => [name, join(path, name)]);
  });
}

function datasetOf(path: string): Dataset {
  if (path.includes("amortized")) return "amortized";
  if (path.includes("focus")) return "focus";
  return path.includes("mosp") ? "usage" : "actual";
}

async function expectExactSums(inbox: Inbox, texts: readonly string[], dataset: Dataset): Promise<void> {
  const records = texts.flatMap(recordsOf);
  const header = Object.keys(records[0] ?? {});
  const columnOf = (...names: string[]) => names.find((name) => header.includes(name)) ?? "";
  const currencyColumn = columnOf("BillingCurrency", "BillingCurrencyCode", "Currency");
  const cost = columnOf("CostInBillingCurrency", "Cost", "PreTaxCost", "BilledCost");
  const sums =
    dataset === "amortized" ? [["amortized_cost_in_billing_currency", cost]] : [["cost_in_billing_currency", cost]];
  if (dataset === "focus") sums.push(["amortized_cost_in_billing_currency", "EffectiveCost"]);
  for (const currency of new Set(records.map((record) => record[currencyColumn] ?? ""))) {
    for (const [canonical = "", column = ""] of sums) {
      expect(await inbox.sum(canonical, currency)).toBe(exactSum(texts, column, { [currencyColumn]: currency }));
    }
  }
}
