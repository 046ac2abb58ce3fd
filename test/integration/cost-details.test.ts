import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { inspect } from "node:util";
import Big from "big.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { addMonths, daysOfMonth, monthOf, parseDay } from "../../src/domain/month.ts";
import type { Month } from "../../src/domain/month.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { CostDetailsSource } from "../../src/domain/source.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import { importRun } from "../../workflows/import-run.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { ImportHost, ImportSourceInput, RunOutcome } from "../../workflows/import-source.ts";
import type { CostDetailsManners } from "../support/azure/cost-details.ts";
import * as faults from "../support/azure/faults.ts";
import type { Fault } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { aRun, exactSum, type Line } from "../support/exports.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

const SCOPE = "/providers/Microsoft.Billing/billingAccounts/1234567";
/** A month that Azure still knows. */
const MONTH = addMonths(monthOf(parseDay(new Date().toISOString().slice(0, 10))), -2);

let engine: TestEngine;
let warehouse: Warehouse;
let azure: AzureSimulator;
let sources = 0;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => {
  expect(await everythingWritten()).not.toMatch(SIMULATED_SECRET);
  await engine.close();
});
beforeEach(async () => {
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(azure.violations).toEqual([]);
  expect(azure.requests("blobs").filter(({ wasAuthorizationSent }) => wasAuthorizationSent)).toEqual([]);
  await azure.stop();
});

const LINES: readonly Line[] = [
  { cost: "0.0000496065685939103754949709" },
  { cost: "-12345.0000000000000000000000001" },
  { cost: "5.64902E-05" },
  { cost: "7", tags: '"env": "a ""b"", c"' },
  { cost: "0.1" },
];

describe("a report of the Cost Details API", () => {
  test("comes in to the last digit, each of its blobs as a load of its own", async () => {
    const texts = setReport(LINES, 3);
    const source = await aSource();
    expect(await source.import()).toMatchObject({
      outcome: "imported",
      month: MONTH,
      exportName: "billingAccounts/1234567",
      report: { rowsLoaded: LINES.length, rowsRejected: 0 },
    });
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
    const operation = azure.costDetails.asked[0]?.operation ?? "";
    const path = `${SCOPE}/providers/Microsoft.CostManagement/costDetailsOperationResults/${operation}`;
    expect(await source.loads()).toEqual([1, 2, 3].map((number) => `('${path}#${number}','loaded')`));
    // Two looks, and one for the links of all three.
    expect(azure.requests("operations")).toHaveLength(3);
    expect(azure.requests("blobs")).toHaveLength(3);
  });

  test("comes in also when Azure fails for so long that this process waits itself", async () => {
    const texts = setReport(LINES);
    const source = await aSource();
    azure.fault("operations", faults.none(), repeated(faults.cut(0.5), 2), faults.none(), repeated(faults.cut(0.5), 2));
    const { runs } = await importAll(warehouse, source.settings.name, { billingPeriod: daysOfMonth(MONTH) });
    expect(runs).toMatchObject([{ outcome: "imported" }]);
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
    expect(azure.faultsLeft("operations")).toBe(0);
  });

  test("is asked for by the metric of each dataset", async () => {
    setReport([{ cost: "1" }]);
    setReport([{ cost: "2" }], 1, "AmortizedCost");
    const source = await aSource({ datasets: ["actual", "amortized"] });
    const outcomes = await source.importAll();
    expect(outcomes.map(({ dataset, outcome }) => [dataset, outcome])).toEqual([
      ["actual", "imported"],
      ["amortized", "imported"],
    ]);
    const days = daysOfMonth(MONTH);
    const period = { start: days.first, end: days.last };
    expect(azure.costDetails.asked).toMatchObject([
      { scope: SCOPE, metric: "ActualCost", period },
      { scope: SCOPE, metric: "AmortizedCost", period },
    ]);
  });

  test("may be of an EA billing period", async () => {
    const texts = setReport(LINES);
    const source = await aSource({ by: "billing-period" });
    expect(await source.import()).toMatchObject({ outcome: "imported" });
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
    expect(azure.costDetails.asked).toMatchObject([{ period: { billingPeriod: MONTH.replace("-", "") } }]);
  });

  test("may be of one invoice, as long as the month has no other run that it would silence in part", async () => {
    const subscriptionId = randomUUID(); // no other test's rows silence these
    const { texts } = aRun({ dataset: "actual", lines: [{ cost: "3", subscriptionId }], month: MONTH });
    azure.costDetails.setReport({ metric: "ActualCost", month: MONTH, invoiceId: "G0001", blobs: texts });
    setReport([{ cost: "4", subscriptionId }]);
    const source = await aSource({ scope: `${SCOPE}/billingProfiles/ABCD` });
    expect(await source.import({ invoice: "G0001" })).toMatchObject({ outcome: "imported" });
    expect(azure.costDetails.asked[0]).toMatchObject({ period: { invoiceId: "G0001" } });
    await expect(source.import({ invoice: "G0002" })).rejects.toThrow(/which invoice G0002 would silence in part/);
    expect(await source.import()).toMatchObject({ outcome: "imported" });
    const sum =
      "SELECT sum(cost_in_billing_currency) AS cost FROM costs WHERE subscription_id = {subscriptionId:String}";
    expect(await warehouse.rows(sum, { subscriptionId })).toEqual([{ cost: "4" }]); // the whole month holds the invoice
    await expect(source.import({ invoice: "G0001" })).rejects.toThrow(/which invoice G0001 would silence in part/);
    expect(await source.exports()).toEqual([
      `cost-details:${SCOPE}/billingprofiles/abcd`.toLowerCase(),
      `cost-details:${SCOPE}/billingprofiles/abcd:invoice:g0001`.toLowerCase(),
    ]);
  });

  test("that is asked for again is a new run, which supersedes the one before", async () => {
    const source = await aSource();
    setReport([{ cost: "1" }, { cost: "2" }]);
    const first = await source.import();
    const texts = setReport([{ cost: "0.5" }]);
    const second = await source.import();
    expect(second.runId).not.toBe(first.runId);
    expect(second.submittedAt > first.submittedAt).toBe(true);
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
  });

  test.each<[string, string | Buffer]>([
    ["gzipped", gzipSync(aText())],
    ["without a byte order mark", aText()],
  ])("is read %s", async (_name, blob) => {
    azure.costDetails.behave({ hasBom: false });
    azure.costDetails.setReport({ metric: "ActualCost", month: MONTH, blobs: [blob] });
    const source = await aSource();
    expect(await source.import()).toMatchObject({ outcome: "imported", report: { rowsLoaded: LINES.length } });
    expect(await source.total()).toBe(exactSum(aText(), "CostInBillingCurrency"));
  });
});

// What both hosts do about faults is in api-behaviours.ts; here is what does not need a host.
describe("whatever happens to a report on its way, it comes in whole", () => {
  test.each<[string, Partial<CostDetailsManners>]>([
    ["the place to look is told once", { polls: 2, location: "nowhere" }],
    ["Azure answers at once", { outcome: "completed at once" }],
  ])("%s", async (_name, manners) => {
    azure.costDetails.behave(manners);
    await comesInWhole();
  });

  test("all tokens run out between two looks", async () => {
    azure.costDetails.behave({ polls: 3 });
    const source = await aSource();
    const texts = setReport(LINES, 2);
    azure.fault("operations", faults.none(), faults.held());
    const done = source.import();
    await Promise.race([done, vi.waitUntil(() => azure.requests("operations").length === 2, { timeout: 20_000 })]);
    azure.revokeTokens();
    azure.letGo();
    expect(await done).toMatchObject({ outcome: "imported" });
    expect(azure.requests("operations").map(({ status }) => status)).toContain(401);
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
  });

  test("links run out between asking for them and opening a blob", async () => {
    const source = await aSource();
    const texts = setReport(LINES, 2);
    azure.fault("blobs", faults.held());
    const done = source.import();
    await Promise.race([done, vi.waitUntil(() => azure.requests("blobs").length > 0, { timeout: 20_000 })]);
    azure.blobs.expireLinks();
    azure.letGo();
    expect(await done).toMatchObject({ outcome: "imported" });
    expect(azure.requests("blobs").map(({ status }) => status)).toContain(403);
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
  });

  test.each([-86_400, 86_400])("our clock is off by %i seconds", async (skew) => {
    azure.setClockSkew(skew);
    azure.costDetails.behave({ retryAfter: "date" });
    const { submittedAt } = await comesInWhole();
    const off = Date.parse(submittedAt) - Date.now();
    expect(Math.abs(off - skew * 1000)).toBeLessThan(60_000); // the service's clock, which all machines share
  });

  async function comesInWhole(): Promise<RunOutcome> {
    const texts = setReport(LINES);
    const source = await aSource();
    const outcome = await source.import();
    expect(outcome).toMatchObject({ outcome: "imported", report: { rowsLoaded: LINES.length } });
    expect(await source.total()).toBe(exactSum(texts, "CostInBillingCurrency"));
    return outcome;
  }
});

describe("what cannot be had whole is not published", () => {
  test.each<[string, Parameters<AzureSimulator["fault"]>, string, RegExp]>([
    [
      "a blob that is longer",
      ["blobs", faults.wrongLength(7)],
      "FileError",
      /has \d+ bytes, not \d+ as its report says/,
    ],
    [
      "a blob whose host sends elsewhere",
      ["blobs", faults.answered(302, { headers: { location: "http://127.0.0.1:1/" } })],
      "ApiError",
      /302/,
    ],
    [
      "a report that Azure refuses",
      ["cost-details", faults.answered(400, { message: "Too old" })],
      "ApiRefusalError",
      /Too old/,
    ],
  ])("%s", async (_name, [api, ...queue], errorName, says) => {
    setReport(LINES, 2);
    azure.fault(api, ...queue.map((each) => repeated(each, 20)));
    const source = await aSource();
    expect(await source.import({})).toMatchObject({
      outcome: "failed",
      errorName,
      error: expect.stringMatching(says) as string,
    });
    expect(await source.total()).toBe("0");
  });

  test("a place to look on another host is not followed", async () => {
    azure.costDetails.behave({ location: "another host" });
    setReport(LINES);
    const source = await aSource();
    expect(await source.import({})).toMatchObject({
      outcome: "failed",
      error: expect.stringContaining("where no token is sent to") as string,
    });
    expect(azure.requests("operations")).toHaveLength(0);
  });

  test("a report that is gone each time is asked for three times", async () => {
    setReport(LINES);
    azure.fault("operations", faults.answered(410, { times: 9 }));
    const source = await aSource();
    expect(await source.import()).toMatchObject({ outcome: "failed", errorName: "OverwrittenError" });
    expect(azure.costDetails.asked).toHaveLength(3);
  });

  test("no failure knows a secret, whatever hangs on it", async () => {
    setReport(LINES);
    const { settings } = await aSource();
    const extractor = openExtractor(settings, process.env);
    const store = openStore(settings, process.env);
    const begun = await extractor.begin(anExtraction());
    if (begun.kind !== "pending") throw new RangeError("There is nothing to look at");
    const looked = await extractor.look(anExtraction(), begun);
    const state = looked.kind === "pending" ? await extractor.look(anExtraction(), looked) : looked;
    if (state.kind !== "ready") throw new RangeError("There is no run");
    expect(JSON.stringify([begun, looked, state])).not.toMatch(SIMULATED_SECRET);
    const [part] = state.run.parts;
    if (part === undefined) throw new RangeError("There is no part");
    const echo = "https://x?sig=SIG-SECRET-1 Bearer TOKEN-SECRET-1";
    const failing: [Parameters<AzureSimulator["fault"]>, () => Promise<unknown>][] = [
      [["blobs", faults.answered(403, { times: 2, message: echo })], () => store.open(part)],
      [["blobs", faults.answered(400, { message: echo })], () => store.open(part)],
      [["blobs", faults.cut(0.5)], () => store.open(part)],
      [["operations", faults.answered(400, { message: echo })], () => extractor.look(anExtraction(), begun)],
      [["operations", faults.text(echo, "text/html", 400)], () => extractor.look(anExtraction(), begun)],
      [["operations", faults.unauthorized(2)], () => extractor.look(anExtraction(), begun)],
      [["cost-details", faults.answered(400, { message: echo })], () => extractor.begin(anExtraction())],
    ];
    for (const [[api, ...queue], act] of failing) {
      azure.fault(api, ...queue);
      const failure: unknown = await act().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(inspect(failure, { depth: 20, showHidden: true })).not.toMatch(SIMULATED_SECRET);
    }
  });

  test("who stops waiting for a blob has stopped it at once", async () => {
    setReport(LINES);
    azure.costDetails.behave({ outcome: "completed at once" });
    const { settings } = await aSource();
    const state = await openExtractor(settings, process.env).begin(anExtraction());
    if (state.kind !== "ready" || state.run.parts[0] === undefined) throw new RangeError("There is no run");
    azure.fault("blobs", faults.held());
    const stop = new AbortController();
    const opening = openStore(settings, process.env).open(state.run.parts[0], stop.signal);
    await vi.waitUntil(() => azure.requests("blobs").length > 0, { timeout: 20_000 });
    stop.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
  });

  test("who is to wait for longer than a warehouse does is told so, and does not wait in a load", async () => {
    setReport(LINES);
    azure.costDetails.behave({ outcome: "completed at once" });
    const { settings } = await aSource();
    const state = await openExtractor(settings, process.env).begin(anExtraction());
    if (state.kind !== "ready" || state.run.parts[0] === undefined) throw new RangeError("There is no run");
    azure.fault("blobs", faults.throttled(1, { any: 25 }));
    const opening = openStore(settings, process.env).open(state.run.parts[0]);
    await expect(opening).rejects.toMatchObject({ name: "ThrottledError", retryAfterSeconds: 25 });
    expect(azure.requests("blobs")).toHaveLength(1);
  });

  test("the quotas are kept where nothing else is said", async () => {
    vi.stubEnv("BILLHOUSE_API_QUOTAS", undefined);
    const { settings } = await aSource({ scope: `${SCOPE}/billingProfiles/QUOTA` });
    const extractor = openExtractor(settings, process.env);
    for (const _time of [1, 2]) await extractor.begin(anExtraction());
    await expect(extractor.begin(anExtraction())).rejects.toMatchObject({ name: "ThrottledError" });
    expect(azure.requests("cost-details")).toHaveLength(2);
  });
});

/** Puts a report of the month there, and gives the texts of its blobs. */
function setReport(
  lines: readonly Line[],
  blobs = 1,
  metric: "ActualCost" | "AmortizedCost" = "ActualCost",
): readonly string[] {
  const { texts } = aRun({
    dataset: metric === "ActualCost" ? "actual" : "amortized",
    lines,
    month: MONTH,
    parts: blobs,
  });
  azure.costDetails.setReport({ metric, month: MONTH, blobs: texts });
  return texts;
}

function repeated(queue: readonly Fault[], times: number): Fault[] {
  return Array.from({ length: times }, () => queue).flat();
}

/** A source of its own, imported as by a host that waits for nothing. */
async function aSource(changes: Partial<CostDetailsSource> = {}) {
  const settings: CostDetailsSource = {
    ...SOURCE_DEFAULTS,
    ...EXTRACTION_DEFAULTS,
    name: `reports-${++sources}`,
    kind: "cost-details",
    cloud: "public",
    endpoint: azure.managementUrl,
    identity: { kind: "managed", clientId: null },
    scope: SCOPE,
    by: "month",
    datasets: ["actual"],
    ...changes,
  };
  await saveSource(warehouse, settings);
  const { signal } = new AbortController();
  const activities = createActivities({
    warehouse,
    openStore: (found) => openStore(found, process.env),
    openExtractor: (found) => openExtractor(found, process.env),
    signal,
    onProgress: () => undefined,
  });
  const host: ImportHost = {
    activities,
    importRun: (input) => importRun(activities, input),
    gate: () => Promise.resolve(),
    sleep: () => Promise.resolve(),
  };
  const select = async (expression: string, rest: string): Promise<string[]> => {
    const rows = await warehouse.rows(`SELECT toString(${expression}) AS value FROM ${rest}`, {
      source: settings.name,
    });
    return z
      .array(z.object({ value: z.string() }))
      .parse(rows)
      .map(({ value }) => value);
  };
  const importMonth = async (options: Partial<ImportSourceInput> = {}) => {
    const asked = { billingPeriod: daysOfMonth(MONTH), overwrite: true, ...options };
    const report = await importSource(host, { source: settings.name, ...asked });
    expect(JSON.stringify(report)).not.toMatch(SIMULATED_SECRET);
    return report.runs;
  };
  return {
    settings,
    importAll: importMonth,
    /** What came of the month. */
    async import(options?: Partial<ImportSourceInput>): Promise<RunOutcome> {
      const [outcome, ...others] = await importMonth(options);
      if (outcome === undefined || others.length > 0) throw new RangeError("There is not one run");
      return outcome;
    },
    /** The exact sum over the published rows. */
    async total(): Promise<string> {
      const [sum = ""] = await select("sum(cost_in_billing_currency)", `cost_entries WHERE ${PUBLISHED}`);
      return new Big(sum).toFixed();
    },
    loads: () => select("tuple(part, state)", "loads FINAL WHERE source = {source:String} ORDER BY part"),
    exports: () => select("export", "runs FINAL WHERE source = {source:String} ORDER BY export"),
  };
}

const PUBLISHED = "source = {source:String} AND load_id IN (SELECT load_id FROM current_loads)";

/** Every row of every table, as text. */
async function everythingWritten(): Promise<string> {
  const tables = await warehouse.rows(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  );
  const names = z.array(z.object({ name: z.string() })).parse(tables);
  const rows = await Promise.all(
    names.map(({ name }) => warehouse.rows(`SELECT toString(tuple(*)) AS text FROM ${name}`)),
  );
  return JSON.stringify(rows);
}

function aText(): string {
  return aRun({ dataset: "actual", lines: LINES, month: MONTH }).texts.join("");
}

function anExtraction(month: Month = MONTH) {
  return { dataset: "actual" as const, month, days: daysOfMonth(month) };
}
