import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { LosslessNumber } from "lossless-json";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Extraction, ExtractionState } from "../../src/domain/extraction.ts";
import { daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { EaSource } from "../../src/domain/source.ts";
import { createEaExtractor, createEaStore } from "../../src/sources/ea.ts";
import { EA_ENROLLMENT } from "../support/azure/ea.ts";
import type { EaEnvelope } from "../support/azure/ea.ts";
import {
  answered,
  cut,
  dropped,
  failed,
  forbidden,
  none,
  repeatedAnswer,
  text as answeredText,
  throttled,
  unauthorized,
  wrongLength,
} from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";

const MAY: Extraction = { dataset: "actual", month: parseMonth("2026-05"), days: daysOfMonth(parseMonth("2026-05")) };

let azure: AzureSimulator;
beforeAll(async () => {
  azure = await startAzureSimulator();
});
afterAll(() => azure.stop());
beforeEach(() => {
  azure.ea.setUsage({ month: "2026-05", items: someItems(5) });
  azure.ea.setPageSize(2);
  azure.ea.setEnvelope({});
});

describe("asking the EA reporting API", () => {
  test.each<[string, Partial<EaSource>, string]>([
    ["v3", {}, "/v3/enrollments/100/billingPeriods/202605/usagedetails"],
    ["v2", { api: "v2" }, "/v2/enrollments/100/billingPeriods/202605/usagedetails"],
    [
      "v3 by days",
      { by: "month" },
      "/v3/enrollments/100/usagedetailsbycustomdate?startTime=2026-05-01&endTime=2026-05-31",
    ],
    ["usage-report", { api: "usage-report" }, "/rest/100/usage-report?month=2026-05&type=detail&fmt=Json"],
    [
      "the pages of usage-report",
      { api: "usage-report-v3" },
      "/rest/100/usage-report/paginatedV3?month=2026-05&pageindex=0&fmt=json",
    ],
  ])("%s gives every item of a month", async (_, settings, first) => {
    const earlier = azure.requests("ea").length;
    const rows = await readMonth(aSource(settings));
    expect(rows.map(({ Quantity }) => Quantity)).toEqual(["0", "1", "2", "3", "4"]);
    const asked = azure.requests("ea").slice(earlier);
    expect(asked[0]?.url).toBe(first);
    expect(asked.every(({ status }) => status === 200)).toBe(true); // the API's key was shown each time
  });

  test("the url of the rest family may be given with its /rest", async () => {
    expect(await readMonth(aSource({ url: `${azure.eaUrl}/rest`, api: "usage-report" }))).toHaveLength(5);
  });

  test("a month is a run of one part, named by the enrolment, that says when it was asked for", async () => {
    const { run } = await ready(aSource());
    expect(run).toMatchObject({
      export: `ea:${azure.eaUrl}/100`,
      exportName: "100",
      dataset: "actual",
      month: "2026-05",
      days: { first: "2026-05-01", last: "2026-05-31" },
      declaredRowCount: null,
      parts: [{ path: "20260501-20260531", byteCount: 0, etag: "" }],
    });
    expect(run.runId).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    expect(run.submittedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
    expect(JSON.stringify(run)).not.toMatch(SIMULATED_SECRET);
  });

  test.each(["empty", "csv"] as const)("a month without usage is no run: %s", async (answer) => {
    azure.ea.setNoData(answer);
    azure.ea.setUsage({ month: "2026-05", items: [] });
    for (const api of ["v3", "usage-report", "usage-report-v3"] as const) {
      expect(await begin(aSource({ api }))).toEqual({ kind: "no data" });
    }
  });

  test("a month that was there and is empty when it is read is a failure, and no empty month", async () => {
    const { run } = await ready(aSource());
    azure.ea.setUsage({ month: "2026-05", items: [] });
    await expect(read(aSource(), run.parts[0]?.path)).rejects.toThrow(
      /2026-05 had items when it was asked for, and has none/,
    );
  });

  test("the API's key is read from the variable, which a failure names without what it holds", () => {
    const problem = (key: string | undefined) => {
      try {
        createEaExtractor(aSource(), { SIMULATED_EA_KEY: key });
        return "none";
      } catch (error) {
        return error instanceof Error ? `${error.name}: ${error.message}` : "";
      }
    };
    expect(problem(undefined)).toMatch(/^ConfigurationError: .*SIMULATED_EA_KEY is not set: put an API key into it/);
    expect(problem("  ")).toMatch(/SIMULATED_EA_KEY is not set/);
    expect(problem("KEY-SECRET-1\r\nx-evil: 1")).toMatch(/SIMULATED_EA_KEY holds no API key/);
    expect(problem("KEY-SECRET-1\r\nx-evil: 1")).not.toMatch(SIMULATED_SECRET);
  });

  test("a key that is refused is told with what to do", async () => {
    azure.fault("ea", unauthorized());
    await expect(begin(aSource())).rejects.toMatchObject({
      name: "AuthenticationError",
      message: expect.stringMatching(/API key in SIMULATED_EA_KEY is wrong or has expired.*six months/) as string,
    });
    azure.fault("ea", forbidden());
    await expect(begin(aSource())).rejects.toMatchObject({
      name: "PermissionError",
      message: expect.stringMatching(/put a key of enrolment 100 .* into SIMULATED_EA_KEY/) as string,
    });
  });

  test("an enrolment that is not there is a failure, and no empty month", async () => {
    azure.fault("ea", answered(404));
    await expect(begin(aSource())).rejects.toMatchObject({ name: "ApiRefusalError" });
  });

  test("what the API does not have is not asked for", async () => {
    const extractor = createEaExtractor(aSource(), azure.environment);
    await expect(extractor.begin({ ...MAY, dataset: "amortized" })).rejects.toThrow(/knows no amortized costs/);
    await expect(extractor.begin({ ...MAY, invoice: "G1" })).rejects.toThrow(/no costs by invoice/);
  });

  test("nothing can be listed", () => {
    expect(() => createEaStore(aSource(), azure.environment).list()).toThrow(/billhouse import --source ea/);
  });
});

describe("the rows of the EA reporting API", () => {
  test.each<[string, Partial<EaEnvelope>]>([
    ["data and nextLink", { items: "data", next: "nextLink" }],
    ["value and @odata.nextLink", { items: "value", next: "@odata.nextLink", last: "absent" }],
    ["content and nextPageLink", { items: "content", next: "nextPageLink", last: "null" }],
    ["data and hasMoreData with an index", { items: "data", next: "hasMoreData" }],
    ["a bare list", { items: null }],
    ["any of them behind a byte order mark", { items: "content", next: "hasMoreData", hasBom: true }],
  ])("are the same in every envelope: %s", async (_, envelope) => {
    const expected = await readMonth(aSource());
    azure.ea.setEnvelope(envelope);
    for (const api of ["v3", "usage-report", "usage-report-v3"] as const) {
      expect(await readMonth(aSource({ api }))).toEqual(expected);
    }
  });

  test("keep every digit, and have the enrolment, the currency and the cost with tax", async () => {
    azure.ea.setUsage({
      month: "2026-05",
      items: [
        anItem({ cost: new LosslessNumber("0.0000496065685939103754949709") }),
        anItem({ cost: new LosslessNumber("-1E2") }),
      ],
    });
    const rows = await readMonth(aSource({ currency: "CNY", taxFactor: "1.06" }));
    expect(rows).toMatchObject([
      {
        CostInBillingCurrency: "0.0000496065685939103754949709",
        CostWithTax: "0.000052582962709544998024669154",
        BillingAccountId: "100",
        BillingCurrency: "CNY",
      },
      { CostInBillingCurrency: "-1E2", CostWithTax: "-106" },
    ]);
  });

  test("have neither where the source says nothing of them", async () => {
    expect((await readMonth(aSource()))[0]).toMatchObject({
      BillingCurrency: "",
      CostWithTax: "",
      BillingAccountId: "100",
    });
  });

  test("keep what the API does say", async () => {
    const items = [
      anItem({ CurrencyCode: "x", Currency: "USD", billingAccountId: "7" }),
      anItem({ currency: null, billingAccountId: "" }),
    ];
    azure.ea.setUsage({ month: "2026-05", items });
    const rows = await readMonth(aSource({ currency: "CNY" }));
    expect(rows).toMatchObject([
      { BillingCurrency: "USD", BillingAccountId: "7", CurrencyCode: "x" },
      { BillingCurrency: "CNY", BillingAccountId: "100" },
    ]);
  });

  test("are the same in either case, also of one month, and with the names of v2", async () => {
    const item = anItem({ cost: new LosslessNumber("3.25") });
    const { cost, ...others } = item;
    const pascal = Object.fromEntries(
      Object.entries({ ...others, extendedCost: cost, day: 2 }).map(([name, value]) => [
        name.charAt(0).toUpperCase() + name.slice(1),
        value,
      ]),
    );
    azure.ea.setUsage({ month: "2026-05", items: [item, { ...pascal, Date: "05/02/2026" }] });
    azure.ea.setPageSize(1);
    const [first, second] = await readMonth(aSource({ taxFactor: "2" }));
    expect(second).toEqual({ ...first, Date: "05/02/2026", AdditionalProperties: '{"Day":2}' });
    expect(first).toMatchObject({
      CostInBillingCurrency: "3.25",
      CostWithTax: "6.5",
      ResourceId: item["instanceId"],
      EffectivePrice: "0.5",
    });
  });

  test.each([
    ["a date of another month", "2026-06-01T00:00:00"],
    ["the month first", "6/1/2026"],
  ])("of another month than the one that was asked for are refused: %s", async (_, date) => {
    azure.ea.setUsage({ month: "2026-05", items: [anItem({}), anItem({ date })] });
    await expect(readMonth(aSource())).rejects.toMatchObject({
      name: "FileError",
      message: expect.stringMatching(
        /1 of 2 items are not of 2026-05, .* but of 2026-06\. Nothing was published/,
      ) as string,
    });
  });
});

describe("a page of the EA reporting API that fails", () => {
  test.each([
    ["a burst of failures", failed(503, 2, { "retry-after": "0" })],
    ["being asked to wait", throttled(1)],
    ["a connection that breaks off", dropped(0.5)],
    ["fewer bytes than were announced", wrongLength()],
    ["half of the text", cut(0.9)],
    ["an error page under status 200", answeredText("<html>oops</html>")],
    ["an error under status 200", answered(200)],
  ])("is asked for again: %s", async (_, fault) => {
    const expected = await readMonth(aSource());
    const { run } = await ready(aSource());
    azure.fault("ea", none(2), fault); // the last page of three
    expect(await read(aSource(), run.parts[0]?.path)).toEqual(expected);
  });

  test.each([
    ["is cut off", [...cut(0.9), ...cut(0.9), ...cut(0.9)]],
    ["is no JSON", [1, 2, 3].flatMap(() => answeredText("<html>"))],
  ])("fails the whole month in the end when it %s each time", async (_, faults) => {
    const { run } = await ready(aSource());
    azure.fault("ea", none(2), faults);
    await expect(read(aSource(), run.parts[0]?.path)).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/page 3: the answer .*try again/) as string,
    });
    expect(azure.faultsLeft("ea")).toBe(0);
  });

  test("fails the whole month when more data is announced and the same page comes again", async () => {
    azure.ea.setEnvelope({ next: "hasMoreData" });
    const { run } = await ready(aSource());
    azure.fault("ea", none(1), repeatedAnswer());
    await expect(read(aSource(), run.parts[0]?.path)).rejects.toThrow(
      /page 2: the answer holds the items of an earlier page/,
    );
  });

  test.each([
    ["to a page that was read before", (next: string) => next, /one that was read before/],
    ["to another host", () => "https://evil.example/v3/page2", /sends to evil\.example/],
    ["to the same host by plain text", () => "ftp://127.0.0.1/next", /sends to 127\.0\.0\.1/],
  ])("fails the whole month when it leads %s, where no key is sent", async (_, leadTo, says) => {
    const { run } = await ready(aSource());
    const url = `${azure.eaUrl}/v3/enrollments/100/billingPeriods/202605/usagedetails`;
    const page = JSON.stringify({ data: [anItem({})], nextLink: leadTo(url) });
    azure.fault("ea", answeredText(page, "application/json"));
    await expect(read(aSource(), run.parts[0]?.path)).rejects.toThrow(says);
  });
});

function aSource(settings: Partial<EaSource> = {}): EaSource {
  return {
    ...SOURCE_DEFAULTS,
    ...EXTRACTION_DEFAULTS,
    kind: "ea",
    name: "ea",
    datasets: ["actual"],
    url: azure.eaUrl,
    enrollment: EA_ENROLLMENT,
    credential: { env: "SIMULATED_EA_KEY" },
    api: "v3",
    by: "billing-period",
    currency: null,
    taxFactor: null,
    ...settings,
  };
}

function anItem(fields: Record<string, unknown>): Record<string, unknown> {
  return {
    cost: new LosslessNumber("1.5"),
    subscriptionId: 0,
    subscriptionGuid: "1caaa5a3-2b66-438e-8ab4-bce37d518c5d",
    date: "2026-05-02T00:00:00",
    meterCategory: "Storage",
    consumedQuantity: 1,
    resourceRate: new LosslessNumber("0.5"),
    instanceId: "/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d/resourceGroups/rg/providers/x/y/z",
    tags: '{"env":"prod"}',
    ...fields,
  };
}

function someItems(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => anItem({ consumedQuantity: index }));
}

function begin(source: EaSource): Promise<ExtractionState> {
  return createEaExtractor(source, azure.environment).begin(MAY);
}

async function ready(source: EaSource): Promise<Extract<ExtractionState, { kind: "ready" }>> {
  const state = await begin(source);
  if (state.kind !== "ready") throw new RangeError(`The extraction is ${state.kind}`);
  return state;
}

async function readMonth(source: EaSource): Promise<Record<string, string>[]> {
  const { run } = await ready(source);
  return read(source, run.parts[0]?.path);
}

async function read(source: EaSource, path = ""): Promise<Record<string, string>[]> {
  const stream = await createEaStore(source, azure.environment).open({ path, byteCount: 0, etag: "" });
  return parse<Record<string, string>>(await text(stream), { columns: true });
}
