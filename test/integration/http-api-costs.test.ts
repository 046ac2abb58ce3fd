import fc from "fast-check";
import { summaryStatement, withAmountObjects } from "../../clickhouse/api-sums.ts";
import { createVisibleSets } from "../../clickhouse/visible-set.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { DEVELOPMENT, importHttpData, PRODUCTION, sumOf } from "../support/http-data.ts";
import type { DataLine, HttpData } from "../support/http-data.ts";
import { entryId, exactJson, followPages, notConvertible, summaryOf, textOf } from "../support/http-reference.ts";
import type { SummaryRow } from "../support/http-reference.ts";
import { createTestService, type TestService } from "../support/http-service.ts";
import { totalsOf, withdrawRun } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let data: HttpData;
let service: TestService;
let counted: readonly DataLine[];

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  data = await importHttpData(warehouse);
  service = await createTestService(warehouse);
  counted = data.lines.filter(({ isCounted }) => isCounted);
});

afterAll(async () => {
  await service.close();
  await data.remove();
  await engine.close();
});

const get = async (path: string) => exactJson(await service.get(path));
const refusal = async (path: string) => {
  const { statusCode, body } = await service.get(path);
  return [statusCode, JSON.parse(body) as unknown];
};

const subscription = {
  subscription_id: ({ charge }: DataLine) => charge.subscriptionId,
  subscription_name: ({ charge }: DataLine) => charge.subscriptionName,
};
const resourceGroup = ({ charge }: DataLine) => charge.resourceGroup.toLowerCase();
const location = ({ charge }: DataLine) => charge.resourceLocation;
const category = ({ charge }: DataLine) => charge.meterCategory;
const on =
  (...days: readonly string[]) =>
  (line: DataLine) =>
    days.includes(line.charge.date);

const NORTHWIND = { name: "northwind", reason: "no snapshot" };
const EVERYTHING = { date: null, sources_queried: "4", sources_included: "3", sources_missing: [NORTHWIND] };

test("the lines that are said to count are those that the views show", async () => {
  for (const currency of ["EUR", "USD"]) {
    const expected = sumOf(counted, ({ charge }) => (charge.currency === currency ? charge.cost : null));
    expect((await totalsOf(warehouse, "costs", `billing_currency = '${currency}'`)).actual).toBe(expected);
  }
  expect(await warehouse.rows("SELECT 1 AS one FROM costs WHERE isNotNull(cost_in_billing_currency)")).toHaveLength(
    counted.length,
  );
});

describe("summaries", () => {
  test.each([
    ["subscription-summary", subscription, () => true],
    ["virtual-machines-summary", subscription, (line: DataLine) => category(line) === "Virtual Machines"],
    ["resource-group-summary", { resource_group: resourceGroup }, () => true],
    ["meter-category-summary", { meter_category: category }, () => true],
    ["region-summary", { location }, () => true],
  ])("%s adds up what counts now, and every digit of it", async (name, groups, isAsked) => {
    for (const [parameters, head, isOfDay] of [
      ["", EVERYTHING, () => true],
      ["?date=2026-05-03", { ...EVERYTHING, date: "2026-05-03" }, on("2026-05-03")],
      ["?date_from=2026-05-01&date_to=2026-05-31", EVERYTHING, (line: DataLine) => line.charge.date >= "2026-05"],
    ] as const) {
      const lines = counted.filter((line) => isAsked(line) && isOfDay(line));
      const left = notConvertible(lines);
      expect(await get(`/api/costs/${name}/${parameters}`)).toEqual({
        ...head,
        data: summaryOf(lines, groups),
        ...(left.length === 0 ? {} : { not_convertible: left }),
      });
    }
  });

  test("one of them, written down by hand", async () => {
    expect((await service.get("/api/costs/subscription-summary/?date=2026-05-03")).body).toBe(
      '{"date":"2026-05-03","sources_queried":4,"sources_included":3,' +
        '"sources_missing":[{"name":"northwind","reason":"no snapshot"}],"data":[' +
        `{"total_usd":28.89,"total_billing":26.75,"subscription_id":"${PRODUCTION}","subscription_name":"Production"},` +
        '{"total_usd":20.2,"total_billing":null,"subscription_id":"3dccc5a3-2b66-438e-8ab4-bce37d518c5d",' +
        '"subscription_name":"Data Platform","not_convertible":[{"billing_currency":"EUR","amount":5.5}]},' +
        '{"total_usd":4.4,"total_billing":4.4,"subscription_id":"4dddd5a3-2b66-438e-8ab4-bce37d518c5d","subscription_name":"Shop"},' +
        `{"total_usd":3.564,"total_billing":3.3,"subscription_id":"${DEVELOPMENT}","subscription_name":"Development"}],` +
        '"not_convertible":[{"billing_currency":"EUR","amount":5.5}]}',
    );
  });

  test("a subscription of an older and a newer snapshot counts once", async () => {
    const answer = await get(`/api/costs/subscription-summary/?date=2026-05-03&subscription_id=${PRODUCTION}`);
    expect(answer).toMatchObject({ data: [{ total_billing: "26.75" }] }); // 12.5 + 7.125 + 7.125, and not 12.25 with it
  });

  test("an earlier day of a month to date answers, and a day of which nothing is known says who is missing", async () => {
    expect(await get("/api/costs/meter-category-summary/?date=2026-05-05")).toEqual({
      date: "2026-05-05",
      sources_queried: "4",
      sources_included: "1",
      sources_missing: [
        { name: "fabrikam", reason: "no snapshot for date" },
        NORTHWIND,
        { name: "tailspin", reason: "no snapshot for date" },
      ],
      data: [{ total_usd: "108", total_billing: "100", meter_category: "" }],
    });
    expect(await get("/api/costs/region-summary/?date=2020-01-01")).toMatchObject({
      date: "2020-01-01",
      sources_included: "0",
      data: [],
    });
  });

  test("only the sources that are named are asked", async () => {
    expect(await get("/api/costs/region-summary?source_id=Fabrikam&source_id=nobody&date=2026-05-28")).toEqual({
      date: "2026-05-28",
      sources_queried: "2",
      sources_included: "1",
      sources_missing: [{ name: "nobody", reason: "no snapshot" }],
      data: [
        {
          total_usd: "1.000000000000000000000000000001",
          total_billing: "1.000000000000000000000000000001",
          location: "westeurope",
        },
      ],
    });
  });

  test("the resources of a group, the dearest first", async () => {
    const lines = counted.filter((line) => resourceGroup(line) === "rg-web");
    const resources = {
      resource_id: ({ charge }: DataLine) => charge.resourceId.toLowerCase(),
      resource_name: ({ charge }: DataLine) => charge.resourceName,
    };
    expect(await get("/api/costs/resource-group-totals/?resource_group=RG-WEB")).toEqual({
      resource_group: "RG-WEB",
      date: null,
      total_resources: "2",
      data: summaryOf(lines, resources),
    });
    expect(await get("/api/costs/resource-group-totals/?resource_group=rg-lake&date=2026-05-03")).toEqual({
      resource_group: "rg-lake",
      date: "2026-05-03",
      total_resources: "1",
      data: summaryOf(
        counted.filter((line) => resourceGroup(line) === "rg-lake" && on("2026-05-03")(line)),
        resources,
      ),
      not_convertible: [{ billing_currency: "EUR", amount: "5.5" }],
    });
    expect(await refusal("/api/costs/resource-group-totals/")).toEqual([
      400,
      { detail: "resource_group parameter required" },
    ]);
  });

  test("the days of a month that there are costs of", async () => {
    const days = ["01", "03", "04", "05", "15", "16", "20", "28"].map((day) => `2026-05-${day}`);
    expect(await get("/api/costs/available-report-dates/?month=2026-05")).toEqual({
      month: "2026-05",
      available_dates: days,
    });
    expect(await get("/api/costs/available-report-dates")).toEqual({ month: "2026-06", available_dates: [] });
    for (const month of ["2026-13", "May", "2026-5", ""]) {
      expect(await refusal(`/api/costs/available-report-dates/?month=${month}`)).toEqual([
        400,
        { detail: "invalid month" },
      ]);
    }
  });
});

/** Filters of summaries, and the lines that they let through. */
const FILTERS: readonly (readonly [string, (line: DataLine) => boolean])[] = [
  [`subscription_id=${PRODUCTION.toUpperCase()}`, ({ charge }) => charge.subscriptionId === PRODUCTION],
  [
    "subscription_name=production&subscription_name=SHOP",
    ({ charge }) => ["Production", "Shop"].includes(charge.subscriptionName),
  ],
  ["resource_group=RG-wEb", (line) => resourceGroup(line) === "rg-web"],
  ["resource_group=rg-web&resource_group=RG-DEV", (line) => ["rg-web", "rg-dev"].includes(resourceGroup(line))],
  ["resource_group=", (line) => resourceGroup(line) === ""],
  ["location=NorthEurope", (line) => location(line) === "northeurope"],
  ["meter_category=storage", (line) => category(line) === "Storage"],
  ["meter_subcategory=blob%20storage", ({ charge }) => charge.meterSubCategory === "Blob Storage"],
  ["service_family=databases", ({ charge }) => charge.serviceFamily === "Databases"],
  ["pricing_model=spot", ({ charge }) => charge.pricingModel === "Spot"],
  ["publisher_name=DATADOG", ({ charge }) => charge.publisherName === "Datadog"],
  ["resource_name=WEB-01", ({ charge }) => charge.resourceName === "web-01"],
  ["charge_type=refund", ({ charge }) => charge.chargeType === "Refund"],
  ["cost_center=cc-2000", ({ charge }) => charge.costCenter === "CC-2000"],
  ["source_id=tailspin", ({ source }) => source === "tailspin"],
  ["min_cost=13.5", ({ usd }) => usd !== null && Number(usd) >= 13.5],
  ["max_cost=-0.5", ({ usd }) => usd !== null && Number(usd) <= -0.5],
  ["min_cost=1&max_cost=13.5", ({ usd }) => usd !== null && Number(usd) >= 1 && Number(usd) <= 13.5],
  ["tag_key=Owner", ({ tags }) => "Owner" in tags],
  ["tag_key=OWNER", ({ tags }) => "Owner" in tags],
  ["tag_key=env&tag_value=DEV", ({ tags }) => tags["env"] === "dev"],
  ["tag_key=env&tag_value=dev&tag_value=prod", ({ tags }) => "env" in tags],
  [`tag_key=team&tag_value=${encodeURIComponent("GRÖSSE & SÖHNE")}`, () => false], // ß in lower case is itself
  [`tag_key=team&tag_value=${encodeURIComponent("GRÖße & söhne")}`, ({ tags }) => tags["team"] === "Größe & Söhne"],
  ["date=2026-05-03&date=2026-05-16", on("2026-05-03", "2026-05-16")],
  ["date_from=2026-05-16", ({ charge }) => charge.date >= "2026-05-16"],
  ["date_to=2026-05-03", ({ charge }) => charge.date <= "2026-05-03"],
  ["date=2026-05-16&date_from=2026-05-04&date_to=2026-05-20", on("2026-05-16")],
  [
    "meter_category=virtual%20machines&resource_group=rg-web&min_cost=10",
    (line) => category(line) === "Virtual Machines" && resourceGroup(line) === "rg-web" && Number(line.usd) >= 10,
  ],
];

describe("aggregate", () => {
  test("adds up by whatever is asked, in several groups at once", async () => {
    const groups = { meter_category: category, location, subscription_id: subscription.subscription_id };
    const asked = Object.keys(groups).map((name) => `group_by=${name}`);
    expect(await get(`/api/cost-entries/aggregate/?${asked.join("&")}`)).toEqual(
      summaryOf(counted, groups, ["total_cost", "total_usd", "total_billing"]),
    );
  });

  test.each(FILTERS)("honours %s, and so does every summary", async (parameters, isAsked) => {
    const lines = counted.filter(isAsked);
    expect(await get(`/api/cost-entries/aggregate/?group_by=resource_group&${parameters}`)).toEqual(
      summaryOf(lines, { resource_group: resourceGroup }, ["total_cost", "total_usd", "total_billing"]),
    );
    expect(await get(`/api/costs/meter-category-summary/?${parameters}`)).toMatchObject({
      data: summaryOf(lines, { meter_category: category }),
    });
  });

  test("needs groups that there are", async () => {
    expect(await refusal("/api/cost-entries/aggregate/")).toEqual([400, { detail: "group_by parameter required" }]);
    for (const names of ["group_by=nonsense", "group_by=location&group_by=constructor", "group_by=", "group_by=tags"]) {
      expect(await refusal(`/api/cost-entries/aggregate/?${names}`)).toEqual([
        400,
        { detail: "invalid group_by fields" },
      ]);
    }
  });

  test("comes in pages that fit each other", async () => {
    const whole = await get("/api/cost-entries/aggregate?group_by=resource_id&group_by=date");
    const path = "/api/cost-entries/aggregate?group_by=resource_id&group_by=date&page_size=4";
    const pages = (await followPages(service.get, path)).flat();
    expect(pages).toEqual(whole);
    expect(pages.length).toBeGreaterThan(8);
  });
});

test.each([
  "/api/costs/region-summary/?",
  "/api/cost-entries/aggregate/?group_by=location&",
  "/api/costs/resource-group-totals/?resource_group=rg-web&",
])("%s refuses what it does not know or cannot read, by name", async (path) => {
  expect(await refusal(`${path}date=yesterday`)).toEqual([400, { detail: "invalid date" }]);
  expect(await refusal(`${path}date=2026-02-30`)).toEqual([400, { detail: "invalid date" }]);
  for (const [parameters, name] of [
    ["nonsense=1", "nonsense"],
    ["min_cost=ten", "min_cost"],
    ["max_cost=1e3", "max_cost"],
    ["min_cost=1&min_cost=2", "min_cost"],
    ["max_cost=NaN", "max_cost"],
    ["date_from=2026-5-1", "date_from"],
    ["date_from=2026-05-02&date_to=2026-05-01", "date_to"],
    ["tag_value=prod", "tag_value"],
    ["tag_key=", "tag_key"],
    ...(path.includes("/cost-entries/") ? [] : [["resourceGroupName=rg-web", "resourceGroupName"]]),
  ] as const) {
    const { statusCode, body } = await service.get(`${path}${parameters}`);
    expect([parameters, statusCode, Object.keys(JSON.parse(body) as object)]).toEqual([parameters, 400, [name]]);
  }
});

test("sums of cost entries take the names of their fields as well", async () => {
  const sums = "/api/cost-entries/aggregate/?group_by=resource_group";
  expect(await get(`${sums}&meterCategory=storage`)).toEqual(await get(`${sums}&meter_category=storage`));
  expect(await get(`${sums}&tags=${encodeURIComponent('{"env":"dev"}')}`)).toEqual(
    await get(`${sums}&tag_key=env&tag_value=dev`),
  );
});

test("whatever a caller sends is a value and nothing else", async () => {
  const names = [
    "subscription_id",
    "resource_group",
    "location",
    "meter_category",
    "resource_name",
    "source_id",
    "tag_key",
  ];
  const hostile = [
    "'",
    "\\",
    "\\'",
    "') OR 1=1 --",
    "{v0:String}",
    "%",
    "_",
    "\0",
    "\t\n",
    "`",
    '"',
    "𝕏",
    "(?i)",
    "a".repeat(3000),
  ];
  const everything = [
    "/api/cost-entries/aggregate/?group_by=billing_currency&",
    "/api/costs/region-summary/?",
    "/api/cost-entries/?",
  ];
  const value = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary", minLength: 1, maxLength: 20 }));
  const isTooLong = (name: string, text: string) => name === "tag_key" && text.length > 512; // no tag of Azure's has one
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...everything), fc.constantFrom(...names), value, async (path, name, text) => {
      fc.pre(!isTooLong(name, text));
      const { statusCode, body } = await service.get(`${path}${name}=${encodeURIComponent(text)}`);
      const rows = JSON.parse(body) as { data?: unknown[] } | unknown[];
      expect([statusCode, Array.isArray(rows) ? rows : rows.data]).toEqual([200, []]);
    }),
    { numRuns: 60 },
  );
  for (const text of hostile) {
    const asked = encodeURIComponent(text);
    for (const [parameters, status] of [
      [`group_by=${asked}`, 400],
      [`group_by=location&${asked}=1`, 400],
      [`group_by=location&min_cost=${asked}`, 400],
      [`group_by=location&date_from=${asked}`, 400],
      [`group_by=location&cursor=${asked}`, 400],
    ] as const) {
      expect([text, (await service.get(`/api/cost-entries/aggregate/?${parameters}`)).statusCode]).toEqual([
        text,
        status,
      ]);
    }
    for (const name of ["resources", "cost-entries"]) {
      const found = await service.get(`/api/${name}/?search=${asked}&ordering=${asked}`);
      expect([text, found.statusCode]).toEqual([text, 400]);
      expect((await service.get(`/api/${name}/?search=${asked}`)).statusCode).toBe(200);
      expect((await service.get(`/api/${name}/${asked}`)).statusCode).toBe(404);
    }
  }
});

test("an answer that was seen is not sent again until something is published", async () => {
  const first = await service.get("/api/costs/region-summary/");
  const etag = String(first.headers["etag"]);
  expect((await service.get("/api/costs/region-summary/", { "if-none-match": etag })).statusCode).toBe(304);
  expect((await service.get("/api/costs/region-summary/?date=2026-05-03", { "if-none-match": etag })).statusCode).toBe(
    200,
  );
});

test("where no day is silent the same sums are those of other rows", async () => {
  const older = data.runs.findIndex(({ delivery }) => delivery.exportName === "production-actual");
  const runId = data.runs[older]?.runId ?? "";
  await withdrawRun(warehouse, "contoso", runId);
  const shown = data.lines.filter(
    ({ run, isCounted, charge }) => run.runId !== runId && (isCounted || charge.cost === "12.25"),
  );
  expect(await get("/api/costs/subscription-summary/")).toMatchObject({ data: summaryOf(shown, subscription) });
  expect(await get("/api/costs/region-summary/?date=2026-05-03")).toMatchObject({
    data: summaryOf(shown.filter(on("2026-05-03")), { location }),
  });
  for (const [parameters, isAsked] of FILTERS) {
    expect(await get(`/api/cost-entries/aggregate/?group_by=resource_group&${parameters}`)).toEqual(
      summaryOf(shown.filter(isAsked), { resource_group: resourceGroup }, ["total_cost", "total_usd", "total_billing"]),
    );
  }
  const entries = (await get("/api/cost-entries/")) as readonly SummaryRow[];
  expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(shown.map(entryId)));
  for (const entry of entries) expect(await get(`/api/cost-entries/${textOf(entry, "id")}`)).toEqual(entry);
});

const ALL = { time: { from: null, to: null }, filter: null, asOf: null };

test("where everything is billed in one currency, summaries say the same as where there are several", async () => {
  const currencyOf = new Map(data.lines.map(({ source, run, charge }) => [`${source} ${run.runId}`, charge.currency]));
  const isInEuro = (source: string, runId: string) => currencyOf.get(`${source} ${runId}`) === "EUR";
  const silencing = data.runs.find(({ delivery }) => delivery.exportName === "production-actual")?.runId;
  for (;;) {
    const published = await warehouse.rows("SELECT source, run_id FROM current_publications");
    const other = (published as readonly { source: string; run_id: string }[]).find(
      ({ source, run_id }) => !isInEuro(source, run_id) || run_id === silencing,
    );
    if (other === undefined) break; // withdrawing one may bring an elder back
    await withdrawRun(warehouse, other.source, other.run_id);
  }
  const set = await createVisibleSets(warehouse).current();
  expect(set).toMatchObject({ currency: "EUR", hasSilence: false });
  for (const dimension of ["subscription_id", "resource_group", "resource_location"]) {
    const rowsIn = async (one: VisibleSet) => {
      const { sql, parameters } = summaryStatement(ALL, { name: "one", dimension }, one);
      const rows = (await warehouse.rows(sql, parameters)).map((row) => JSON.stringify(row));
      return rows.map(
        (row) => JSON.parse(one.currency === null ? row : withAmountObjects(row, one.currency)) as unknown,
      );
    };
    const several = await rowsIn({ ...set, currency: null });
    expect(several.length).toBeGreaterThan(1);
    expect(await rowsIn(set)).toEqual(several);
    expect(await rowsIn({ ...set, isCheckedAfter: true })).toEqual(several);
  }
});
