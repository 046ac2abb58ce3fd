import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { COLUMN_SETS, type ColumnSetName } from "../../src/demo/column-set.ts";
import { CANONICAL_COLUMNS, type ColumnKind } from "../../src/domain/columns.ts";
import { COLUMN_SET_NAMES } from "../../src/domain/column-sets.ts";
import { mapHeader } from "../../src/domain/header.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { aRun, exactSum, type Line, recordsOf, type RenderedRun } from "../support/exports.ts";
import { aFile, anInbox, outcomeOf } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

/** Text that a careless reader changes: quoting, line breaks, blanks, marks for NULL, bytes beyond ASCII. */
const TEXTS = [
  "a, b",
  'a "quoted" b',
  '"',
  "line\nbreak",
  "line\r\nbreak\n",
  "carriage\rreturn",
  "it's 'single'",
  "  blanks  ",
  "\ttab\t",
  "Größe – 大小 😀 e\u0301",
  "\\N",
  "NULL",
  "back\\slash\\n",
  "{not json",
  "=1+1",
  "",
  "a\u0000b",
];

const AMOUNTS = [
  "0",
  "-0.5",
  "0.1",
  "0.2",
  "-0",
  "007.50",
  "1e-7",
  "5.64902E-05",
  "-2.5e+3",
  "0.032256000000000014",
  "0.0000496065685939103754949709",
  "0.123456789012345678901234567891",
  "-98765432109876543210.123456789012345678901234567891",
  "0.10000000000000000000000000000000000000000000",
  "1234567890123456789012345678901234567890.5",
];

const FORMATS = [
  { gzip: true, bom: false, eol: "\n" },
  { gzip: false, bom: true, eol: "\r\n" },
  { gzip: true, bom: true, eol: "\r\n" },
  { gzip: false, bom: false, eol: "\n" },
] as const;

/** One of each family in every format; the others, whose columns are the same ones, in one. */
const IN_EVERY_FORMAT: readonly ColumnSetName[] = [
  "ea-2024-08-01",
  "ea-portal",
  "mca-2023-12-01-preview",
  "mosp-2019-11-01",
  "focus-1.0r2",
];

describe.each(COLUMN_SET_NAMES)("%s", (columns) => {
  test.each(COLUMN_SETS[columns].datasets)("arrives exactly as %s", async (dataset) => {
    const inbox = await anInbox(warehouse);
    const formats = IN_EVERY_FORMAT.includes(columns) ? FORMATS : FORMATS.slice(0, 1);
    const runs = formats.map((format, at) =>
      aRun({ columns, dataset, ...format, exportName: `export-${at}`, parts: 1 + (at % 2), lines: someLines(columns) }),
    );
    const report = await inbox.deliver(...runs);
    expect(report.runs.filter((run) => run.outcome !== "imported")).toEqual([]);
    expect(report.runs).toHaveLength(runs.length);

    const { costColumns, currencyColumn } = COLUMN_SETS[columns];
    const texts = runs.flatMap((run) => run.texts);
    for (const [at, column] of costColumns.entries()) {
      const canonical =
        dataset === "amortized" || at === 1 ? "amortized_cost_in_billing_currency" : "cost_in_billing_currency";
      for (const currency of currencyColumn === "" ? [""] : ["USD", "EUR"]) {
        const where = currencyColumn === "" ? {} : { [currencyColumn]: currency };
        expect(await inbox.sum(canonical, currency)).toBe(exactSum(texts, column, where));
      }
    }
    for (const run of runs) await expectEveryField(run, dataset, inbox.source.name);
  });
});

test("an EA line means what it says", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(
    aRun({
      dataset: "actual",
      lines: [{ cost: "12.5", date: "2026-05-07", currency: "EUR", invoiceSectionName: "Platform" }],
    }),
  );
  expect(
    await inbox.select(
      "date",
      "cost_in_billing_currency",
      "amortized_cost_in_billing_currency",
      "billing_currency",
      "quantity",
      "effective_price",
      "unit_of_measure",
      "billing_account_id",
      "subscription_name",
      "resource_group",
      "meter_category",
      "product_name",
      "charge_type",
      "invoice_section_name",
      "billing_period_end_date",
      "is_azure_credit_eligible",
      "tags['env']",
      "resource_id",
      "cost_in_usd",
      "dataset",
      "billing_month",
      "line",
    ),
  ).toEqual([
    {
      date: "2026-05-07",
      cost_in_billing_currency: "12.5",
      amortized_cost_in_billing_currency: "0",
      billing_currency: "EUR",
      quantity: "10",
      effective_price: "0.1",
      unit_of_measure: "1 Hour",
      billing_account_id: "8611537",
      subscription_name: "Production",
      resource_group: "rg-web",
      meter_category: "Virtual Machines",
      product_name: "Virtual Machines Dsv5 Series - D2s v5 - EU West",
      charge_type: "Usage",
      invoice_section_name: "Platform",
      billing_period_end_date: "2026-05-31",
      is_azure_credit_eligible: "true",
      "tags['env']": "prod",
      resource_id:
        "/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d/resourcegroups/rg-web/providers/microsoft.compute/virtualmachines/web-01",
      cost_in_usd: null,
      dataset: "actual",
      billing_month: "2026-05-01",
      line: "1",
    },
  ]);
});

test("an MCA line of an open month has no billing period and no invoice, and brings USD along", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(
    aRun({
      dataset: "actual",
      columns: "mca-2023-12-01-preview",
      lines: [{ cost: "8", currency: "EUR", usdRate: "1.25", exchangeRate: "0.8", invoiceId: "" }],
    }),
  );
  expect(
    await inbox.select(
      "cost_in_billing_currency",
      "cost_in_usd",
      "cost_in_pricing_currency",
      "pricing_currency",
      "exchange_rate_pricing_to_billing",
      "exchange_rate_date",
      "invoice_id",
      "billing_period_start_date",
      "billing_period_end_date",
      "service_period_start_date",
      "resource_group",
      "location",
      "provider",
      "payg_price",
    ),
  ).toEqual([
    {
      cost_in_billing_currency: "8",
      cost_in_usd: "10",
      cost_in_pricing_currency: "10",
      pricing_currency: "USD",
      exchange_rate_pricing_to_billing: "0.8",
      exchange_rate_date: "2026-05-01",
      invoice_id: "",
      billing_period_start_date: null,
      billing_period_end_date: null,
      service_period_start_date: "2026-05-01",
      resource_group: "rg-web",
      location: "West Europe",
      provider: "Azure",
      payg_price: "0.1",
    },
  ]);
});

test("an amortized cost is not an actual one, also in USD", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(
    aRun({ dataset: "amortized", columns: "mca-2023-12-01-preview", lines: [{ cost: "3", usdRate: "2" }] }),
  );
  expect(
    await inbox.select(
      "cost_in_billing_currency",
      "amortized_cost_in_billing_currency",
      "cost_in_usd",
      "amortized_cost_in_usd",
    ),
  ).toEqual([
    {
      cost_in_billing_currency: "0",
      amortized_cost_in_billing_currency: "3",
      cost_in_usd: null,
      amortized_cost_in_usd: "6",
    },
  ]);
});

test("a FOCUS line fills both costs, a bare subscription, and the included end of its period", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aRun({ dataset: "focus", lines: [{ cost: "0", effectiveCost: "0.25", date: "2026-05-31" }] }));
  expect(
    await inbox.select(
      "date",
      "cost_in_billing_currency",
      "amortized_cost_in_billing_currency",
      "subscription_id",
      "billing_period_end_date",
      "charge_period_end_date",
      "billing_account_id",
      "focus_billing_account_id",
      "focus_billing_account_name",
      "resource_type",
      "resource_type_name",
      "toJSONString(extra)",
    ),
  ).toEqual([
    {
      date: "2026-05-31",
      cost_in_billing_currency: "0",
      amortized_cost_in_billing_currency: "0.25",
      subscription_id: "1caaa5a3-2b66-438e-8ab4-bce37d518c5d",
      billing_period_end_date: "2026-05-31",
      charge_period_end_date: "2026-06-01",
      billing_account_id: "8611537",
      focus_billing_account_id: "/providers/Microsoft.Billing/billingAccounts/8611537",
      focus_billing_account_name: "Contoso",
      resource_type: "microsoft.compute/virtualmachines",
      resource_type_name: "Virtual Machines",
      "toJSONString(extra)": "{}",
    },
  ]);
});

test("dates are read in every form that Azure writes", async () => {
  const forms: readonly (readonly [string, string])[] = [
    ["05/31/2026", "2026-05-31"],
    ["5/1/2026", "2026-05-01"],
    ["9/22/2026", "2026-09-22"],
    ["11/2/2026", "2026-11-02"],
    ["3/1/21", "2021-03-01"],
    ["12/31/21", "2021-12-31"],
    ["2026-05-31", "2026-05-31"],
    ["2026-05-31 00:00:00", "2026-05-31"],
    ["2026-05-31T00:00:00", "2026-05-31"],
    ["2026-05-31T00:00Z", "2026-05-31"],
    ["2026-05-31T23:59:59Z", "2026-05-31"],
    ["2026-05-31T00:00:00.0000000Z", "2026-05-31"],
    ["2026-05-31T00:00:00+00:00", "2026-05-31"],
    ["05/31/2026 00:00:00", "2026-05-31"],
    ["2024-02-29", "2024-02-29"],
    ["02/29/2024", "2024-02-29"],
  ];
  const inbox = await anInbox(warehouse);
  const rows = forms.map(([text]) => `${text},1,${text},${text}`);
  await inbox.deliver(aFile(["Date,Cost,BillingPeriodEndDate,BillingPeriodEnd", ...rows].join("\n")));
  const found = await inbox.select("date", "billing_period_end_date", "extra['BillingPeriodEnd']");
  expect(found.map((row) => Object.values(row))).toEqual(forms.map(([text, day]) => [day, day, text]));
});

test("tags are a map with or without braces; what is no JSON keeps its line and its text", async () => {
  const forms: readonly (readonly [string, Record<string, string>])[] = [
    ['"env": "prod","team": "web"', { env: "prod", team: "web" }],
    ['{"env": "prod"}', { env: "prod" }],
    [' {"env": "prod"}', { env: "prod" }],
    [' "env": "prod" , "team": "web" ', { env: "prod", team: "web" }],
    ['\n"env": "prod"\n', { env: "prod" }],
    ['{"k": "1", "k": "2"}', { k: "2" }],
    ['{"owner": {"name": "x"}, "list": [1, "a"]}', { owner: '{"name":"x"}', list: '[1,"a"]' }],
    [
      '"quote": "12\\" rack", "path": "C:\\\\temp", "": "no key"',
      { quote: '12" rack', path: "C:\\temp", "": "no key" },
    ],
    ['"open": "x",', {}],
    ['{" key": "leading blank", "Key": "", "key": "ü"}', { " key": "leading blank", Key: "", key: "ü" }],
    ['"a": "say \\"hi\\", {you}"', { a: 'say "hi", {you}' }],
    ['{"count": 2, "flag": true, "none": null}', { count: "2", flag: "true", none: "" }],
    ["", {}],
    ["{}", {}],
    ['{"env": "pr', {}],
    ["env: prod", {}],
    ["{", {}],
    ["[1]", {}],
    ["None", {}],
  ];
  const inbox = await anInbox(warehouse);
  const lines = forms.map(([tags]) => ({ Tags: tags, AdditionalInfo: tags }));
  const run = aRun({ dataset: "actual", lines });
  expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({
    outcome: "imported",
    report: { rowsLoaded: forms.length },
  });
  const found = await inbox.select("toJSONString(tags)", "tags_text", "additional_info");
  expect(
    found.map((row) => [
      JSON.parse(row["toJSONString(tags)"] ?? "") as unknown,
      row["tags_text"],
      row["additional_info"],
    ]),
  ).toEqual(forms.map(([text, tags]) => [tags, text, text]));
});

test("additional info is kept as it was delivered, whether it is JSON or not", async () => {
  const forms = [
    '{"UsageType":"ComputeHR","VCPUs":2,"ServiceType":null}',
    '{  "UsageType" : "ComputeHR" , "VCPUs": "0" }',
    '"UsageType": "ComputeHR", "VCPUs": 0',
    '{"ConsumptionMeter":"1","RINormalizationRatio":"www.vinsd',
    "{}",
    "null",
    "",
    "None",
  ];
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aRun({ dataset: "actual", lines: forms.map((AdditionalInfo) => ({ AdditionalInfo })) }));
  const found = await inbox.select("additional_info");
  expect(found.map((row) => row["additional_info"])).toEqual(forms);
});

test("ids that are compared without case are in lower case, everything else is as delivered", async () => {
  const identifiers = CANONICAL_COLUMNS.filter(({ kind, files }) => kind === "identifier" && files === "any");
  expect(identifiers.length).toBeGreaterThan(5);
  const spellings = identifiers.map(({ spellings: [first = ""] }) => (typeof first === "string" ? first : first.name));
  const id = "/Subscriptions/1CAAA5A3-2b66/resourceGROUPS/RG-Web";
  const header = ["Date", "Cost", ...spellings, "MeterCategory", "My ID"];
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aFile([header, ["2026-05-01", "1", ...header.slice(2).map(() => id)]].join("\n")));
  const [found] = await inbox.select(...identifiers.map(({ name }) => name), "meter_category", "extra['My ID']");
  expect(Object.values(found ?? {})).toEqual([...identifiers.map(() => id.toLowerCase()), id, id]);
});

test("numbers in every form are kept to their last digit", async () => {
  const forms: readonly (readonly [string, string])[] = [
    ["+1", "1"],
    [".5", "0.5"],
    ["-.5", "-0.5"],
    ["5.", "5"],
    ["-0.0", "0"],
    ["-0e5", "0"],
    ["000000000000000000000000000000000000000000000000000000000000000000000000000000000001.50", "1.5"],
    ["5.64902E-05", "0.0000564902"],
    ["1e45", `1${"0".repeat(45)}`],
    ["1E+003", "1000"],
    ["1e-30", `0.${"0".repeat(29)}1`],
    ["123456789.5e-29", `0.${"0".repeat(20)}1234567895`],
    [`0.${"0".repeat(29)}10`, `0.${"0".repeat(29)}1`],
    [`1.${"1234567890".repeat(3)}0000`, `1.${"1234567890".repeat(3)}`],
    [`-${"9".repeat(40)}.${"9".repeat(30)}`, `-${"9".repeat(40)}.${"9".repeat(30)}`],
    [`${"9".repeat(46)}.${"9".repeat(30)}`, `${"9".repeat(46)}.${"9".repeat(30)}`],
    ["0.0000496065685939103754949709", "0.0000496065685939103754949709"],
    ["0.032256000000000014", "0.032256000000000014"],
  ];
  const rows = forms.map(([text]) => `2026-05-01,${text},"${text}"`);
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aFile(["Date,Cost,Quantity", ...rows].join("\n")));
  const found = await inbox.select("cost_in_billing_currency", "quantity");
  expect(found.map((row) => Object.values(row))).toEqual(
    forms.map(([, amount]) => [amount, amount].map((each) => each.replace(/(\.\d*?)0+$/, "$1"))),
  );
});

test("flags are true, false or nothing", async () => {
  const inbox = await anInbox(warehouse);
  const flags = ["True", "FALSE", "true", "false", "1", "0", ""];
  await inbox.deliver(aRun({ dataset: "actual", lines: flags.map((flag) => ({ IsAzureCreditEligible: flag })) }));
  const found = await inbox.select("is_azure_credit_eligible");
  expect(found.map((row) => row["is_azure_credit_eligible"])).toEqual([
    "true",
    "false",
    "true",
    "false",
    "true",
    "false",
    null,
  ]);
});

test("a subscription is a bare id in lower case, whatever the file writes", async () => {
  const inbox = await anInbox(warehouse);
  const ids = ["1CAAA5A3-2B66-438E-8AB4-BCE37D518C5D", "/subscriptions/1caaa5a3", "/SUBSCRIPTIONS/1CAAA5A3", ""];
  await inbox.deliver(aFile(["Date,Cost,SubscriptionId", ...ids.map((id) => `05/01/2026,1,${id}`)].join("\n")));
  const found = await inbox.select("subscription_id");
  expect(found.map((row) => row["subscription_id"])).toEqual([
    "1caaa5a3-2b66-438e-8ab4-bce37d518c5d",
    "1caaa5a3",
    "1caaa5a3",
    "",
  ]);
});

test("columns that nobody knows are kept by name, whatever the name", async () => {
  const inbox = await anInbox(warehouse);
  const header = `Date,it's new,Cost,"comma, ""quote""",Größe\\`;
  await inbox.deliver(aFile(`${header}\n05/01/2026,"a, b",2,,😀\n05/02/2026,,3,x,\n`));
  const found = await inbox.select("toJSONString(extra)", "cost_in_billing_currency");
  expect(
    found.map((row) => [JSON.parse(row["toJSONString(extra)"] ?? "") as unknown, row["cost_in_billing_currency"]]),
  ).toEqual([
    [{ "it's new": "a, b", "Größe\\": "😀" }, "2"],
    [{ 'comma, "quote"': "x" }, "3"],
  ]);
});

test("a localised header in upper case and another order is understood", async () => {
  const inbox = await anInbox(warehouse);
  const header = "Kosten (PRETAXCOST),Abonnement-GUID (SubscriptionGuid),Datum (usagedatetime)";
  const run = aFile(`${header}\r\n0.30,ABC,2026-05-09\r\n`, { dataset: "usage" });
  await inbox.deliver(run);
  expect(await inbox.select("date", "cost_in_billing_currency", "subscription_id", "toJSONString(extra)")).toEqual([
    { date: "2026-05-09", cost_in_billing_currency: "0.3", subscription_id: "abc", "toJSONString(extra)": "{}" },
  ]);
});

test("whether a file is gzipped is seen in its bytes, not in its name", async () => {
  const inbox = await anInbox(warehouse);
  const [plain, zipped] = [false, true].map((gzip) => aRun({ dataset: "actual", gzip, lines: [{ cost: "1.5" }] }));
  const swapped = [
    aFile(bytesOf(plain), { gzip: true, exportName: "says-gzip" }),
    aFile(bytesOf(zipped), { gzip: false, exportName: "says-plain" }),
  ];
  expect((await inbox.deliver(...swapped)).runs.map((run) => run.outcome)).toEqual(["imported", "imported"]);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("3");
});

test("a file with nothing but a header is a run without rows", async () => {
  const inbox = await anInbox(warehouse);
  const run = aRun({ dataset: "actual", lines: [] });
  expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({
    outcome: "imported",
    report: { rowsLoaded: 0, rowsRejected: 0, totals: [], publication: { isCurrent: true } },
  });
  expect(outcomeOf(await inbox.deliver(), run)).toMatchObject({ outcome: "skipped", reason: "already imported" });
});

/** As many lines as there are awkward texts and amounts, each of which stands in many columns. */
function someLines(columns: ColumnSetName): Line[] {
  const isPlain = !columns.startsWith("focus"); // there and in MCA, columns are worked out from amounts
  return AMOUNTS.map((amount, at) => ({
    cost: amount,
    effectiveCost: AMOUNTS[(at + 5) % AMOUNTS.length] ?? "0",
    currency: at % 3 === 0 ? "EUR" : "USD",
    date: `2026-05-${String(at + 1).padStart(2, "0")}`,
    productName: textAt(at),
    resourceName: textAt(at + 1),
    costCenter: textAt(at + 2),
    meterName: textAt(at + 3),
    additionalInfo: textAt(at + 4),
    serviceInfo2: textAt(at + 5),
    ...(isPlain ? { tags: textAt(at + 6), benefitName: textAt(at + 7) } : {}),
  }));
}

function textAt(at: number): string {
  return TEXTS[at % TEXTS.length] ?? "";
}

/** Holds every field of every record, as csv-parse reads it, against what the warehouse keeps of it. */
async function expectEveryField(run: RenderedRun, dataset: Dataset, source: string): Promise<void> {
  for (const [at, text] of run.texts.entries()) {
    const records = recordsOf(text);
    const header = Object.keys(
      recordsOf(`${text.split("\n", 1)[0] ?? ""}\n${",".repeat(columnCount(text) - 1)}`)[0] ?? {},
    );
    const { mapped, extra } = mapHeader(header, dataset, "part");
    const wanted = mapped.filter((column) => column.kind !== "tags");
    const rows = await warehouse.rows(
      `SELECT ${wanted.map(({ canonical }) => `toString(${canonical}) AS ${canonical}`).join(", ")}, tags_text, extra
      FROM cost_entries WHERE load_id = (SELECT load_id FROM loads FINAL WHERE source = {source:String} AND part = {part:String})
      ORDER BY line`,
      { source, part: run.partPaths[at] },
    );
    expect(rows).toEqual(
      records.map((record) => ({
        ...Object.fromEntries(
          wanted.map(({ canonical, kind, header: name }) => [
            canonical,
            completed(canonical, expectedOf(kind, record[name] ?? "")),
          ]),
        ),
        tags_text: record["Tags"] ?? record["tags"],
        extra: Object.fromEntries(
          extra.flatMap((column) => (record[column.header] === "" ? [] : [[column.header, record[column.header]]])),
        ),
      })),
    );
  }
}

/** What the id of every line here says: its type, and its end where no name is told. */
function completed(column: string, value: string | null): string | null {
  if (column === "resource_type") return "microsoft.compute/virtualmachines";
  return column === "resource_name" && value === "" ? "web-01" : value;
}

function columnCount(text: string): number {
  return (text.split("\n", 1)[0] ?? "").split(",").length;
}

function expectedOf(kind: ColumnKind, text: string): string | null {
  switch (kind) {
    case "cost":
    case "decimal":
      return text === "" ? null : new Big(text).toFixed();
    case "date":
    case "day":
      return text === "" ? null : dayOf(text);
    case "day-before":
      return new Date(Date.parse(dayOf(text)) - 86_400_000).toISOString().slice(0, 10);
    case "flag":
      return text.toLowerCase();
    case "identifier":
      return text.toLowerCase();
    case "billing-account":
      return text.toLowerCase().replace(/^\/providers\/microsoft.billing\/billingaccounts\/([^/]+).*$/, "$1");
    case "subscription":
      return text.toLowerCase().replace("/subscriptions/", "");
    default:
      return text;
  }
}

function dayOf(text: string): string {
  const [month, day, year] = text.split("/");
  return day === undefined ? text.slice(0, 10) : `${year}-${month}-${day}`;
}

function bytesOf(run: RenderedRun | undefined): Buffer {
  const bytes = run?.files.get(run.partPaths[0] ?? "");
  if (bytes === undefined) throw new RangeError("The run has no part");
  return bytes;
}
