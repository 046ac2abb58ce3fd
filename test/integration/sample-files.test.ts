import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { countRows, exactSum, recordsOf, textOf } from "../support/exports.ts";
import { aFile, anInbox, failureOf, type Inbox, outcomeOf } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** Real-format exports, where somebody has some: CSV files in the folders ea, mosp and focus. */
const SAMPLES = process.env["BILLHOUSE_SAMPLES"] ?? fileURLToPath(new URL("../../../shared/samples", import.meta.url));

/** What is known to be wrong in a file, and where. */
const REFUSALS: Readonly<Record<string, RegExp>> = {
  "opencost.mosp-bom.csv": /:2 \(record 1\) PreTaxCost: blank is not a number/,
  "focus-spec.focus-1.0-multicloud.csv": /:\d+ \(record \d+\) \w+: "NULL" is not a number/,
};

describe.skipIf(!existsSync(SAMPLES))("of the sample files", () => {
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
  return ["ea", "mosp", "focus"].flatMap((folder) => {
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
