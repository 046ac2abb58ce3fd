import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { FORMAT_NAMES } from "../../src/http/formats.ts";
import type { FormatName } from "../../src/http/formats.ts";
import { recordsOf } from "../support/exports.ts";
import { DEVELOPMENT, importHttpData, PRODUCTION } from "../support/http-data.ts";
import type { DataLine, HttpData } from "../support/http-data.ts";
import { bodyOf, READERS, requireStatus } from "../support/http-rows.ts";
import type { AnsweredRow } from "../support/http-rows.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let data: HttpData;
let service: TestService;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  data = await importHttpData(warehouse);
  service = await createTestService(warehouse);
});

afterAll(async () => {
  await service.close();
  await data.remove();
  await engine.close();
});

type Amount = (line: DataLine) => string | null;

/** A question, and what a plain sum over the delivered lines answers to it. */
type Asked = {
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** The filter of the parameters as a tree. */
  readonly tree?: object;
  readonly where?: (line: DataLine) => boolean;
  readonly key?: (line: DataLine) => Readonly<Record<string, string>>;
  readonly amounts?: Readonly<Record<string, Amount>>;
  /** Whether amounts of currencies are apart. */
  readonly isUsd?: boolean;
};

const actual: Amount = (line) => (line.isCounted ? line.charge.cost : null);
const amortized: Amount = (line) => (line.run.delivery.dataset === "amortized" ? line.charge.cost : null);
const inUsd: Amount = (line) =>
  recordOf(line)["costInUsd"] ?? (line.charge.currency === "USD" ? line.charge.cost : null);
const usd: Amount = (line) => (line.isCounted ? inUsd(line) : null);
const isIn = (first: string, end: string) => (line: DataLine) => line.charge.date >= first && line.charge.date < end;
const category = (line: DataLine) => ({ meter_category: line.charge.meterCategory });
const env = (line: DataLine) => line.tags["env"] ?? "";
const only = (filter: string, tree: object, where: (line: DataLine) => boolean): Asked => ({
  parameters: { filter },
  tree,
  where,
});
const condition = (dimension: string, op: string, ...values: readonly string[]) =>
  values.length === 0 ? { dimension, op } : { dimension, op, values };

const ASKED: Readonly<Record<string, Asked>> = {
  "nothing in particular": { parameters: {} },
  "from and to": { parameters: { from: "2026-05-03", to: "2026-05-04" }, where: isIn("2026-05-03", "2026-05-04") },
  "from alone": { parameters: { from: "2026-05-16" }, where: isIn("2026-05-16", "9") },
  "to alone": { parameters: { to: "2026-05-01" }, where: isIn("0", "2026-05-01") },
  "a window of days": { parameters: { window: "31d" }, where: isIn("2026-05-16", "2026-06-16") },
  "a window of a month": { parameters: { window: "2026-04" }, where: isIn("2026-04-01", "2026-05-01") },
  "the last month": { parameters: { window: "lastmonth" }, where: isIn("2026-05-01", "2026-06-01") },
  "the year to date": { parameters: { window: "ytd" } },
  "by day": { parameters: { granularity: "day" }, key: ({ charge }) => ({ period: charge.date }) },
  "by week": { parameters: { granularity: "week" }, key: ({ charge }) => ({ period: mondayOf(charge.date) }) },
  "by month": {
    parameters: { granularity: "month" },
    key: ({ charge }) => ({ period: `${charge.date.slice(0, 7)}-01` }),
  },
  "by quarter": { parameters: { granularity: "quarter" }, key: () => ({ period: "2026-04-01" }) },
  "by year": { parameters: { granularity: "year" }, key: () => ({ period: "2026-01-01" }) },
  amortized: { parameters: { metric: "amortized" }, amounts: { amortized } },
  "actual and amortized": { parameters: { metric: ["actual", "amortized"] }, amounts: { actual, amortized } },
  "list prices": {
    parameters: { metric: "list" },
    amounts: { list: (line) => (line.isCounted ? (recordOf(line)["paygCostInBillingCurrency"] ?? null) : null) },
  },
  quantities: {
    parameters: { metric: "quantity" },
    key: ({ charge }) => ({ unit_of_measure: charge.unitOfMeasure }),
    amounts: { quantity: (line) => (line.isCounted ? line.charge.quantity : null) },
    isUsd: true,
  },
  "in USD": { parameters: { currency: "usd" }, amounts: { actual_usd: usd }, isUsd: true },
  "by a dimension": { parameters: { groupBy: "meter_category" }, key: category },
  "by dimensions and a tag": {
    parameters: { groupBy: ["subscription_id", "tag:env", "resource_group"] },
    key: (line) => ({
      subscription_id: line.charge.subscriptionId,
      "tag:env": env(line),
      resource_group: line.charge.resourceGroup.toLowerCase(),
    }),
  },
  "by a tag with letters of any kind": {
    parameters: { groupBy: "tag:Owner" },
    key: (line) => ({ "tag:Owner": line.tags["Owner"] ?? "" }),
  },
  "one value": only("meter_category = 'sTORAGE'", condition("meter_category", "eq", "sTORAGE"), isStorage),
  "one of some": only(
    "meter_category in ('Storage', 'SQL Database')",
    condition("meter_category", "in", "Storage", "SQL Database"),
    (line) => isStorage(line) || line.charge.meterCategory === "SQL Database",
  ),
  "a beginning": only("resource_group prefix 'RG-D'", condition("resource_group", "prefix", "RG-D"), (line) =>
    line.charge.resourceGroup.toLowerCase().startsWith("rg-d"),
  ),
  "a part": only("tag:team contains 'GRÖSSE'", condition("tag:team", "contains", "GRÖSSE"), () => false),
  "a part with an umlaut": only("tag:team contains 'ÖßE'", condition("tag:team", "contains", "ÖßE"), (line) =>
    (line.tags["team"] ?? "").includes("öße"),
  ),
  "a pattern": only("meter_name regex '^D2s v[0-9]$'", condition("meter_name", "regex", "^D2s v[0-9]$"), (line) =>
    /^D2s v[0-9]$/.test(line.charge.meterName),
  ),
  "a tag that is there": only("tag:team exists", condition("tag:team", "exists"), (line) => "team" in line.tags),
  "a tag that is missing": only("tag:env missing", condition("tag:env", "missing"), (line) => !("env" in line.tags)),
  "all of it": only(
    `not (subscription_id = '${PRODUCTION}' or meter_category = 'Storage') and charge_type != 'Refund'`,
    {
      and: [
        { not: { or: [condition("subscription_id", "eq", PRODUCTION), condition("meter_category", "eq", "Storage")] } },
        { not: condition("charge_type", "eq", "Refund") },
      ],
    },
    (line) => line.charge.subscriptionId !== PRODUCTION && !isStorage(line) && line.charge.chargeType !== "Refund",
  ),
  "everything at once": {
    parameters: {
      window: "2026-05",
      granularity: "month",
      groupBy: ["meter_category", "tag:env"],
      metric: ["actual", "amortized"],
      currency: "usd",
      filter: "not meter_category = ''",
    },
    tree: { not: condition("meter_category", "eq", "") },
    where: (line) => isIn("2026-05-01", "2026-06-01")(line) && line.charge.meterCategory !== "",
    key: (line) => ({ period: "2026-05-01", ...category(line), "tag:env": env(line) }),
    amounts: { actual_usd: usd, amortized_usd: (line) => (amortized(line) === null ? null : inUsd(line)) },
    isUsd: true,
  },
};

describe.each(FORMAT_NAMES)("costs as %s", (format) => {
  test.each(Object.keys(ASKED))("%s: as a plain sum over the delivered lines", async (name) => {
    const asked = ASKED[name] ?? { parameters: {} };
    const answer = await service.get(urlOf("/v1/costs", { ...asked.parameters, format }));
    requireStatus(answer, 200);
    const rows = await READERS[format](bodyOf(answer));
    const expected = expectedRows(asked, format);
    expect(sorted(rows)).toEqual(sorted(expected));
    const count = format === "json" ? answer.json<{ rows: number }>().rows : answer.headers["billhouse-rows"];
    expect(Number(count)).toBe(expected.length);
  });

  test("the same by its Accept header, compressed when the caller wants it", async () => {
    const types = {
      json: "application/json",
      ndjson: "application/x-ndjson",
      csv: "text/csv",
      parquet: "application/vnd.apache.parquet",
      arrow: "application/vnd.apache.arrow.stream",
    };
    const url = "/v1/costs?groupBy=meter_category";
    const plain = await service.get(`${url}&format=${format}`);
    const packed = await service.get(url, { accept: types[format], "accept-encoding": "gzip" });
    expect(packed.headers["content-type"]).toContain(types[format]);
    expect(await READERS[format](bodyOf(packed))).toEqual(await READERS[format](bodyOf(plain)));
    const vary = String(packed.headers["vary"]).toLowerCase();
    expect(vary).toContain("accept-encoding");
  });
});

test.each(Object.keys(ASKED))("POST answers %s as GET does", async (name) => {
  const { parameters, tree } = ASKED[name] ?? { parameters: {} };
  const { filter: _, ...others } = parameters;
  const got = await service.get(urlOf("/v1/costs", parameters));
  const posted = await service.send({
    method: "POST",
    url: "/v1/costs",
    payload: tree === undefined ? others : { ...others, filter: tree },
  });
  requireStatus(posted, 200);
  expect(posted.json()).toEqual(got.json());
});

test.each(["csv", "arrow", "ndjson"] as const)("%s for one who reads gzip is packed by ClickHouse", async (format) => {
  const answer = await service.get(`/v1/cost-entries?format=${format}`, { "accept-encoding": "gzip, br" });
  expect(answer.headers["content-encoding"]).toBe("gzip");
  expect(await READERS[format](bodyOf(answer))).toHaveLength(counted().length);
});

test("what is not wanted packed, or packed as the warehouse cannot, is not packed", async () => {
  for (const encoding of ["identity", "br", "gzip;q=0", "zstd"]) {
    const answer = await service.get("/v1/costs?format=csv", { "accept-encoding": encoding });
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(await READERS.csv(answer.rawPayload)).toHaveLength(2);
  }
});

test("a comparison tells the figures before and the change, to the last digit", async () => {
  const answer = await service.get("/v1/costs?groupBy=subscription_id&window=2026-05&compareTo=previous");
  const before = sum(counted().filter(isIn("2026-04-01", "2026-05-01")).filter(isDevelopment), actual);
  const now = sum(counted().filter(isIn("2026-05-01", "2026-06-01")).filter(isDevelopment), actual);
  expect(answer.json<{ data: object[] }>().data).toContainEqual({
    subscription_id: DEVELOPMENT,
    billing_currency: "EUR",
    actual: now,
    actual_before: before,
    actual_change: new Big(now).minus(before).toFixed(),
  });
});

test("the dearest groups are told, and the rest is added up as other", async () => {
  const answer = await service.get("/v1/costs?groupBy=meter_category&top=2&filter=billing_currency%20=%20'EUR'");
  const eur = counted().filter(({ charge }) => charge.currency === "EUR");
  const rows = groups({ parameters: {}, key: category }, eur).toSorted((one, other) =>
    new Big(other["actual"] ?? 0).cmp(one["actual"] ?? 0),
  );
  const rest = rows.slice(2).reduce((total, row) => total.plus(row["actual"] ?? 0), new Big(0));
  expect(answer.json<{ data: object[] }>().data).toEqual([
    ...rows.slice(0, 2).map((row) => ({ ...row, is_other: false })),
    { meter_category: "other", billing_currency: "EUR", is_other: true, actual: rest.toFixed() },
  ]);
});

test("the order is the asked one", async () => {
  const down = await service.get("/v1/costs?groupBy=date&order=-date&order=actual&filter=billing_currency%20=%20'EUR'");
  const days = down.json<{ data: { date: string }[] }>().data.map(({ date }) => date);
  expect(days).toEqual(days.toSorted().toReversed());
  expect(new Set(days).size).toBe(days.length);
});

test("an answer in JSON says its currencies, set, moment, and what a reader has to know", async () => {
  const answer = await service.get("/v1/costs?currency=usd&window=2026-05");
  const { data: _, ...facts } = answer.json<Record<string, unknown> & { data: unknown }>();
  const set = await service.dependencies.visibleSets.current();
  expect(facts).toEqual({
    rows: 1,
    currency: "USD",
    currencies: ["USD"],
    publications: set.id,
    asOf: set.moment,
    from: "2026-05-01",
    to: "2026-06-01",
    warnings: [
      expect.objectContaining({ code: "source_missing", source: "northwind" }),
      expect.objectContaining({
        code: "overlapping_scopes",
        source: "contoso",
        answered_by_export: "production-actual",
      }),
      expect.objectContaining({ code: "not_convertible", currency: "EUR", metric: "actual", amount: "5.5" }),
    ],
    next: null,
  });
});

test("a source without costs in the asked time is missing, whatever it has at other times", async () => {
  const missing = (url: string) =>
    service
      .get(url)
      .then((answer) => answer.json<{ warnings: { code: string; source: string }[] }>().warnings)
      .then((warnings) => warnings.filter(({ code }) => code === "source_missing").map(({ source }) => source));
  expect(await missing("/v1/costs?window=2026-04")).toEqual(["fabrikam", "northwind", "tailspin"]);
  expect(await missing("/v1/costs?from=2026-05-28")).toEqual(["contoso", "northwind", "tailspin"]);
});

test("other formats say the same in their headers, in ASCII", async () => {
  const json = await service.get("/v1/costs?currency=usd&window=2026-05");
  const { warnings, publications, asOf } = json.json<Record<string, unknown>>();
  const csv = await service.get("/v1/costs?currency=usd&window=2026-05&format=csv");
  expect(csv.headers).toMatchObject({
    "billhouse-rows": "1",
    "billhouse-currencies": "USD",
    "billhouse-publications": publications,
    "billhouse-as-of": asOf,
    "content-disposition": 'attachment; filename="costs-2026-05-01-2026-06-01.csv"',
  });
  expect(JSON.parse(String(csv.headers["billhouse-warnings"]))).toEqual(warnings);
  expect(String(csv.headers["billhouse-warnings"])).toMatch(/^[ -~]*$/);
});

test("typed formats tell how many amounts they cannot hold whole, and hold what they can", async () => {
  for (const format of ["parquet", "arrow"] as const) {
    const answer = await service.get(`/v1/costs?groupBy=meter_category&format=${format}`);
    const warnings = JSON.parse(String(answer.headers["billhouse-warnings"])) as object[];
    expect(warnings).toContainEqual(expect.objectContaining({ code: "cut_amounts", count: 2 }));
  }
  const whole = await service.get(
    "/v1/costs?groupBy=meter_category&format=parquet&filter=charge_type%20=%20'Purchase'",
  );
  expect(whole.headers["billhouse-warnings"]).not.toContain("cut_amounts");
});

test("the head of an answer has its facts and no rows", async () => {
  const head = await service.send({ method: "HEAD", url: "/v1/cost-entries?format=csv" });
  expect(head.headers["billhouse-rows"]).toBe(String(counted().length));
  expect(head.body).toBe("");
});

describe("what is wrong is named, with what is allowed", () => {
  test.each([
    ["/v1/costs?frm=2026-05-01", "frm", "Unknown"],
    ["/v1/costs?from=2026-02-30", "from", "2026-09-03"],
    ["/v1/costs?from=2026-05-02&to=2026-05-02", "to", "later day"],
    ["/v1/costs?window=fortnight", "window", "mtd"],
    ["/v1/costs?window=mtd&from=2026-05-01", "window", "Give either"],
    ["/v1/costs?granularity=hour", "granularity", "quarter"],
    ["/v1/costs?asOf=yesterday", "asOf", "2026-05-20T08:00:00Z"],
    ["/v1/costs?metric=cost", "metric", "actual, amortized, list, quantity"],
    ["/v1/costs?metric=actual&metric=actual", "metric", "once"],
    ["/v1/costs?currency=eur", "currency", "usd"],
    ["/v1/costs?groupBy=cost", "groupBy", "meter_category"],
    ["/v1/costs?groupBy=tag:", "groupBy", "tag:env"],
    ["/v1/costs?groupBy=source&groupBy=source", "groupBy", "once"],
    ["/v1/costs?groupBy=tracking:team", "groupBy", "tag:<key>"],
    ["/v1/costs?groupBy=source&top=0", "top", "1 to"],
    ["/v1/costs?top=3", "top", "groupBy"],
    ["/v1/costs?filter=nonsense", "filter", "in"],
    ["/v1/costs?filter=meter_name%20regex%20'('", "filter", "RE2"],
    ["/v1/costs?compareTo=next", "compareTo", "previous"],
    ["/v1/costs?compareTo=previous", "compareTo", "from and to"],
    ["/v1/costs?order=nothing", "order", "billing_currency, actual"],
    ["/v1/costs?limit=ten", "limit", "1 to"],
    ["/v1/costs?limit=10001", "limit", "10000"],
    ["/v1/costs?cursor=x", "cursor", "next"],
    ["/v1/costs?format=xml", "format", "parquet"],
    ["/v1/cost-entries?columns=own_partition", "columns", "meter_category"],
    ["/v1/cost-entries?columns=date&columns=date", "columns", "once"],
    ["/v1/cost-entries?metric=list", "metric", "amortized"],
    ["/v1/cost-entries?groupBy=date", "groupBy", "Unknown"],
    ["/v1/cost-entries?order=nothing", "order", "meter_category"],
    ["/v1/dimensions/date/values?search=05", "search", "from and to"],
    ["/v1/dimensions/source/values?order=value", "order", "Unknown"],
  ])("%s", async (url, parameter, allowed) => {
    const answer = await service.get(url);
    requireStatus(answer, 400);
    const { error } = answer.json<{ error: { message: string; details: { parameters: Record<string, string[]> } } }>();
    expect(Object.keys(error.details.parameters)).toEqual([parameter]);
    expect(error.details.parameters[parameter]?.join(" ")).toContain(allowed);
  });

  test("an Accept header that nothing fits", async () => {
    const answer = await service.get("/v1/costs", { accept: "image/png" });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain("text/csv");
  });

  test("a dimension in a path that there is not", async () => {
    const answer = await service.get("/v1/dimensions/nothing/values");
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain("meter_category");
  });
});

describe.each(FORMAT_NAMES)("cost entries as %s", (format) => {
  test("are the lines that count, with the asked columns in their order", async () => {
    const columns = ["date", "tag:env", "cost_in_billing_currency", "billing_currency", "actual_usd", "resource_name"];
    const answer = await service.get(urlOf("/v1/cost-entries", { columns, metric: "actual", format }));
    requireStatus(answer, 200);
    const rows = await READERS[format](bodyOf(answer));
    const expected = counted()
      .filter((line) => line.isCounted)
      .map((line) => ({
        date: line.charge.date,
        "tag:env": env(line),
        cost_in_billing_currency: written(line.charge.cost, format),
        billing_currency: line.charge.currency,
        actual_usd: writtenOrNull(inUsd(line), format),
        resource_name: line.charge.resourceName,
      }));
    expect(sorted(rows)).toEqual(sorted(expected));
    for (const row of rows) expect(Object.keys(row)).toEqual(columns);
  });

  test("with a filter and a time, and every column that there is", async () => {
    const filter = "meter_category = 'Storage'";
    const answer = await service.get(urlOf("/v1/cost-entries", { filter, from: "2026-05-01", format }));
    const rows = await READERS[format](bodyOf(answer));
    const lines = counted().filter(isStorage).filter(isIn("2026-05-01", "9"));
    expect(sorted(rows.map(({ date, cost_in_billing_currency: cost }) => ({ date, cost })))).toEqual(
      sorted(lines.map((line) => ({ date: line.charge.date, cost: written(line.charge.cost, format) }))),
    );
  });
});

test("every column of the lines can be asked for, in every format", async () => {
  const { ENTRY_COLUMNS } = await import("../../clickhouse/cost-entries-statement.ts");
  for (const format of FORMAT_NAMES) {
    const answer = await service.get(urlOf("/v1/cost-entries", { columns: ENTRY_COLUMNS.slice(0, 90), format }));
    const rest = await service.get(urlOf("/v1/cost-entries", { columns: ENTRY_COLUMNS.slice(90), format }));
    for (const page of [answer, rest]) requireStatus(page, 200);
    const [row] = await READERS[format](bodyOf(answer));
    expect(Object.keys(row ?? {})).toEqual(expect.arrayContaining(ENTRY_COLUMNS.slice(0, 90)));
    expect(row?.["load_id"]).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("amounts of lines come with their currency, asked for or not", async () => {
  const answer = await service.get("/v1/cost-entries?columns=cost_in_billing_currency&order=date&limit=1");
  const { data: rows, currency } = answer.json<{ data: object[]; currency: string }>();
  expect(rows).toEqual([{ cost_in_billing_currency: "10.5", billing_currency: "EUR" }]);
  expect(currency).toBe("EUR");
});

describe("dimensions", () => {
  test("are listed with what they mean", async () => {
    const answer = await service.get("/v1/dimensions");
    expect(answer.json<{ data: object[] }>().data).toContainEqual({
      name: "meter_category",
      label: "Meter category",
      description: "Service of the meter, such as Virtual Machines",
      kind: "text",
    });
  });

  test("have their values with the number of lines", async () => {
    const answer = await service.get("/v1/dimensions/meter_category/values?search=S&window=2026-05");
    const lines = counted().filter(isIn("2026-05-01", "2026-06-01"));
    const count = (name: string) => lines.filter(({ charge }) => charge.meterCategory === name).length;
    const values = ["SQL Database", "Storage", "Virtual Machines"];
    expect(answer.json<{ data: object[] }>().data).toEqual(values.map((value) => ({ value, entries: count(value) })));
  });

  test("tags have their keys, and each key its values", async () => {
    const keys = await service.get("/v1/dimensions/tag/values?search=e");
    expect(keys.json<{ data: { value: string }[] }>().data.map(({ value }) => value)).toEqual(["Owner", "env", "team"]);
    const values = await service.get(`/v1/dimensions/${encodeURIComponent("tag:env")}/values?search=PR`);
    const count = counted().filter((line) => env(line) === "prod").length;
    expect(values.json<{ data: object[] }>().data).toEqual([{ value: "prod", entries: count }]);
  });

  test("can be narrowed, cut into pages and read in other formats", async () => {
    const url = "/v1/dimensions/resource_name/values?filter=meter_category%20=%20'Storage'&limit=1";
    const first = await service.get(url);
    const { data: rows, next } = first.json<{ data: { value: string }[]; next: string }>();
    const second = await service.get(`${url}&cursor=${next}&format=csv`);
    const names = new Set(
      counted()
        .filter(isStorage)
        .map(({ charge }) => charge.resourceName),
    );
    const more = await READERS.csv(second.rawPayload);
    expect([rows[0]?.value, ...more.map(({ value }) => value)]).toEqual([...names].toSorted().slice(0, 2));
  });
});

/** The lines that carry a cost that counts now. */
function counted(): DataLine[] {
  return data.lines.filter((line) => line.isCounted || amortized(line) !== null);
}

function expectedRows(asked: Asked, format: FormatName): AnsweredRow[] {
  const lines = counted().filter(asked.where ?? (() => true));
  return groups(asked, lines).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        value !== null && name in (asked.amounts ?? { actual }) ? written(value, format) : value,
      ]),
    ),
  );
}

/** The reference: plain sums of text, of what carries an amount that is asked for. */
function groups(
  { key = () => ({}), amounts = { actual }, isUsd = false }: Asked,
  lines: readonly DataLine[],
): AnsweredRow[] {
  const found = new Map<string, DataLine[]>();
  for (const line of lines) {
    const carries = line.isCounted
      ? Object.keys(amounts).some((name) => !name.startsWith("amortized"))
      : Object.keys(amounts).some((name) => name.startsWith("amortized"));
    if (!carries) continue;
    const group = JSON.stringify({ ...key(line), ...(isUsd ? {} : { billing_currency: line.charge.currency }) });
    found.set(group, [...(found.get(group) ?? []), line]);
  }
  return [...found].map(([group, members]) => ({
    ...(JSON.parse(group) as AnsweredRow),
    ...Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, sumOrNull(members, amount)])),
  }));
}

function sumOrNull(lines: readonly DataLine[], amount: Amount): string | null {
  return lines.every((line) => amount(line) === null) ? null : sum(lines, amount);
}

function sum(lines: readonly DataLine[], amount: Amount): string {
  return lines.reduce((total, line) => total.plus(amount(line) ?? 0), new Big(0)).toFixed();
}

/** An amount as a format can write it: typed ones cut what is behind the 18th digit. */
function written(amount: string, format: FormatName): string {
  const isTyped = format === "parquet" || format === "arrow";
  return new Big(amount).round(isTyped ? 18 : 30, Big.roundDown).toFixed();
}

function writtenOrNull(amount: string | null, format: FormatName): string | null {
  return amount === null ? null : written(amount, format);
}

function recordOf({ run, line }: DataLine): Record<string, string> {
  return recordsOf(run.texts[0] ?? "")[line - 1] ?? {};
}

function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function isStorage({ charge }: DataLine): boolean {
  return charge.meterCategory === "Storage";
}

function isDevelopment({ charge }: DataLine): boolean {
  return charge.subscriptionId === DEVELOPMENT;
}

function sorted<T>(rows: readonly T[]): T[] {
  return rows.toSorted((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
}

function textOf(row: unknown): string {
  return JSON.stringify(Object.entries(row as object).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function urlOf(path: string, parameters: Readonly<Record<string, string | readonly string[]>>): string {
  const search = new URLSearchParams();
  for (const [name, values] of Object.entries(parameters)) {
    for (const value of [values].flat()) search.append(name, value);
  }
  return `${path}?${search.toString()}`;
}
