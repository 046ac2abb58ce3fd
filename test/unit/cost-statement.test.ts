import { describe, expect, test } from "vitest";
import { renderCostEntries } from "../../clickhouse/cost-entries-statement.ts";
import { renderCosts } from "../../clickhouse/cost-statement.ts";
import { ANY_TRACKING } from "../../clickhouse/tracking-set.ts";
import type { TrackingSet } from "../../clickhouse/tracking-set.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { COST_DIMENSIONS, groupingText, parseGrouping } from "../../src/domain/cost-dimensions.ts";
import { columnsOf, COST_QUESTION, MEASURES, type CostQuestion } from "../../src/domain/cost-question.ts";
import { parseBounds } from "../../src/domain/cost-window.ts";

const SET: VisibleSet = {
  id: "7-20260601",
  seen: "7",
  moment: "2026-06-01T00:00:00.000000Z",
  hasSilence: false,
  datesFollowMonths: true,
  currency: null,
  loadIds: null,
};
const MAY = parseBounds("2026-05-01", "2026-06-01");
const DAYS = parseBounds("2026-05-02", "2026-05-09");

test("a plain question is a plain statement", () => {
  const { sql, parameters } = renderCosts(
    { ...COST_QUESTION, time: MAY, groupBy: by("meter_category"), measures: ["actual_usd"], limit: 10 },
    SET,
  );
  expect(sql).toMatchInlineSnapshot(`
    "WITH (SELECT (throwIf(max(seen) != {v0:UInt64}, 'publications moved'), argMax(load_ids, visible_loads.seen)) FROM visible_loads) AS visible
    SELECT
        c.meter_category AS meter_category,
        sum(if(c.billing_currency = 'USD', ifNull(c.cost_in_usd, 0) + c.cost_without_usd, c.cost_in_usd)) AS actual_usd
    FROM summary_costs AS c
    WHERE c.load_id IN (visible.2)
        AND c.billing_month >= {v1:Date}
        AND c.billing_month < {v2:Date}
        AND c.dataset != 'amortized'
    GROUP BY 1
    ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST
    LIMIT {v3:UInt64}"
  `);
  expect(parameters).toEqual({ v0: "7", v1: "2026-05-01", v2: "2026-06-01", v3: "10" });
});

test("a statement that speaks of targets joins each row with the rule of its resource, once, and no other does", () => {
  const { sql, parameters } = renderCosts(
    {
      ...COST_QUESTION,
      groupBy: by("tracking:owner"),
      filter: { dimension: "tracking:it's", op: "exists" },
      order: [{ by: "tracking:owner", descending: false }],
    },
    { ...SET, loadIds: ["1"], isCheckedAfter: true },
    ANY_TRACKING,
  );
  expect(sql).toMatchInlineSnapshot(`
    "SELECT
        transform(t.number, (SELECT arraySort(groupArray((number, targets[{v2:String}]))) FROM tracking_evaluation_rules WHERE evaluation_id = {v1:UUID} AND targets[{v2:String}] != '').1, (SELECT arraySort(groupArray((number, targets[{v2:String}]))) FROM tracking_evaluation_rules WHERE evaluation_id = {v1:UUID} AND targets[{v2:String}] != '').2, '') AS {v3:Identifier},
        c.billing_currency AS billing_currency,
        sum(c.cost_in_billing_currency) AS actual
    FROM resource_month_costs AS c
    LEFT ANY JOIN
    (
        SELECT reinterpretAsUInt128(murmurHash3_128(resource_id)) AS resource, rule[1] AS number
        FROM tracking_assignments
        WHERE evaluation_id = {v1:UUID} AND NOT removed AND arrayMax(rule) > 0
    ) AS t ON t.resource = reinterpretAsUInt128(murmurHash3_128(c.resource_id))
    WHERE c.load_id IN ({v0:Array(UUID)})
        AND c.dataset != 'amortized'
        AND transform(t.number, (SELECT arraySort(groupArray((number, targets[{v4:String}]))) FROM tracking_evaluation_rules WHERE evaluation_id = {v1:UUID} AND targets[{v4:String}] != '').1, (SELECT arraySort(groupArray((number, targets[{v4:String}]))) FROM tracking_evaluation_rules WHERE evaluation_id = {v1:UUID} AND targets[{v4:String}] != '').2, '') != ''
    GROUP BY 1, 2
    ORDER BY 1 NULLS LAST, 2 NULLS LAST"
  `);
  expect(parameters).toMatchObject({ v1: ANY_TRACKING.evaluationId, v2: "owner" });
  const grown = { ...ANY_TRACKING, hasGrown: true, hasPeriods: true };
  const { sql: ofPeriods } = renderCosts({ ...COST_QUESTION, groupBy: by("tracking:owner") }, SET, grown);
  expect(ofPeriods).toContain("FROM tracking_assignments FINAL\n");
  expect(ofPeriods).toContain("t.numbers[arrayCount(first_day -> first_day <= c.billing_month, t.first_days)]");
  const plain = renderCosts({ ...COST_QUESTION, groupBy: by("tag:owner") }, SET, ANY_TRACKING);
  expect(plain).toEqual(renderCosts({ ...COST_QUESTION, groupBy: by("tag:owner") }, SET));
});

describe("the fewest rows that hold what is asked for are read:", () => {
  test.each<[string, string, Partial<CostQuestion>, Partial<VisibleSet>?]>([
    ["a year of groups", "monthly_costs", { groupBy: by("resource_group"), granularity: "year" }],
    ["whole months of days", "summary_costs", { time: MAY, measures: ["actual_usd", "actual_not_in_usd", "entries"] }],
    ["locations", "location_costs", { time: MAY, groupBy: by("resource_location", "resource_group") }],
    ["a filter by location", "summary_costs", { filter: { not: { dimension: "resource_location", op: "missing" } } }],
    ["resources", "resource_month_costs", { time: MAY, groupBy: by("resource_id", "resource_location") }],
    ["some days of a resource", "cost_entries", { time: DAYS, groupBy: by("resource_id") }],
    ["days", "daily_costs", { time: MAY, granularity: "day" }],
    ["weeks", "daily_costs", { time: MAY, granularity: "week" }],
    ["some days", "daily_costs", { time: DAYS }],
    ["some days, a year before", "daily_costs", { time: DAYS, compareTo: "year" }],
    ["a month, the month before", "summary_costs", { time: MAY, compareTo: "previous" }],
    ["dates that are in other months", "daily_costs", { time: MAY }, { datesFollowMonths: false }],
    ["billing months of such dates", "summary_costs", { groupBy: by("billing_month") }, { datesFollowMonths: false }],
    ["some days of groups", "cost_entries", { time: DAYS, groupBy: by("resource_group") }],
    ["a tag", "cost_entries", { time: MAY, groupBy: by("tag:env") }],
    ["a filter by tag", "cost_entries", { filter: { or: [{ dimension: "tag:env", op: "exists" }] } }],
    ["quantities", "cost_entries", { time: MAY, measures: ["quantity"] }],
    ["list prices", "cost_entries", { time: MAY, measures: ["list"] }],
    ["what a line costs", "cost_entries", { filter: { usdPerLine: { min: "1" } } }],
    ["where days are silent", "costs_summary", { time: MAY }, { hasSilence: true }],
  ])("%s: %s", (_, relation, asked, set = {}) => {
    const { sql } = renderCosts({ ...COST_QUESTION, ...asked }, { ...SET, ...set });
    expect([...sql.matchAll(/FROM (\w+) AS c/g)].map(([, name]) => name)).toContain(relation);
    expect([...sql.matchAll(/FROM (\w+) AS c/g)].every(([, name]) => name === relation)).toBe(true);
  });

  test.each<[string, string, Partial<CostQuestion>, Partial<TrackingSet>, Partial<VisibleSet>?]>([
    ["a month", "resource_month_costs", { time: MAY }, {}],
    ["some days", "cost_entries", { time: DAYS }, {}],
    ["days of a month", "cost_entries", { time: MAY, granularity: "day" }, {}],
    ["a month by tag", "cost_entries", { time: MAY, groupBy: by("tracking:owner", "tag:env") }, {}],
    ["rules that begin with a month", "resource_month_costs", { time: MAY }, { hasPeriods: true }],
    ["rules that begin within one", "cost_entries", { time: MAY }, { hasPeriods: true, changesWithinMonths: true }],
    ["rules that begin, and such dates", "cost_entries", {}, { hasPeriods: true }, { datesFollowMonths: false }],
    ["rules for ever, and such dates", "resource_month_costs", {}, {}, { datesFollowMonths: false }],
    ["rules that begin, as of a moment", "costs_as_of", { asOf: "2026-05-20T08:00:00Z" }, { hasPeriods: true }],
    ["rules for ever, as of a moment", "costs_by_resource_month_as_of", { asOf: "2026-05-20T08:00:00Z" }, {}],
  ])("whose costs are, %s: %s", (_, relation, asked, rules, set = {}) => {
    const question = { ...COST_QUESTION, groupBy: by("tracking:owner"), ...asked };
    const { sql } = renderCosts(question, { ...SET, ...set }, { ...ANY_TRACKING, ...rules });
    expect(/FROM (\w+)(?:\(.*\))? AS c/.exec(sql)?.[1]).toBe(relation);
    const day = relation.startsWith("resource") ? "c.billing_month" : "c.date";
    expect(sql.includes(`first_day <= ${day}, t.first_days`)).toBe(rules.hasPeriods === true);
  });

  test("and those of a moment through the views of moments", () => {
    const asOf = "2026-05-20T08:00:00Z";
    const { sql, parameters } = renderCosts({ ...COST_QUESTION, time: MAY, asOf }, SET);
    expect(sql).toContain("FROM costs_daily_as_of(moment = {v0:DateTime64(6, 'UTC')}) AS c");
    expect(parameters["v0"]).toBe("2026-05-20 08:00:00.000000");
    expect(renderCosts({ ...COST_QUESTION, time: MAY }, { asOf })).toEqual({ sql, parameters });
  });
});

describe("a question is refused that asks for", () => {
  test.each<[string, Partial<CostQuestion>, string]>([
    ["nothing", { measures: [] }, "No measure"],
    ["a grouping twice", { groupBy: by("source", "source") }, '"source" is asked for twice'],
    ["a target that is not there", { groupBy: by("tracking:team") }, 'There is no tracking target "team"'],
    ["days beside other days", { time: MAY, compareTo: "previous", groupBy: by("date") }, "With compareTo, date"],
    ["a comparison of all time", { compareTo: "previous" }, "needs a time with both ends"],
    ["the top of one", { top: 3 }, "top needs something"],
    ["the top of units", { top: 3, measures: ["quantity"], groupBy: by("unit_of_measure") }, "top needs something"],
    [
      "an order of one row",
      { measures: ["entries"], order: [{ by: "actual", descending: true }] },
      'no column "actual"',
    ],
    ["an order by what it has not", { order: [{ by: "meter_name", descending: false }] }, 'no column "meter_name"'],
  ])("%s", (_, asked, message) => {
    expect(() => renderCosts({ ...COST_QUESTION, ...asked }, SET)).toThrow(message);
  });

  test("lines of columns that there are not", () => {
    const lines = { ...COST_QUESTION, metric: null };
    expect(() => renderCostEntries({ ...lines, columns: ["own_partition"] }, SET)).toThrow('no column "own_partition"');
    expect(() =>
      renderCostEntries({ ...lines, columns: ["date"], order: [{ by: "cost", descending: true }] }, SET),
    ).toThrow('no column "cost"');
  });
});

test("the columns of an answer are told without asking", () => {
  const question: CostQuestion = {
    ...COST_QUESTION,
    granularity: "month",
    groupBy: by("tag:env"),
    measures: ["quantity", "entries", "actual"],
    top: 5,
    compareTo: "year",
  };
  expect(columnsOf(question).join(" ")).toBe(
    "period tag:env billing_currency unit_of_measure is_other quantity entries actual " +
      "quantity_before quantity_change entries_before entries_change actual_before actual_change",
  );
  expect(columnsOf({ ...COST_QUESTION, measures: ["actual_usd"] })).toEqual(["actual_usd"]);
  expect(columnsOf({ ...COST_QUESTION, groupBy: by("billing_currency") })).toEqual(["billing_currency", "actual"]);
});

test("no dimension is called like a measure, and each is found by its text", () => {
  const names = COST_DIMENSIONS.map(({ name }) => name);
  expect(new Set([...names, ...MEASURES, "period", "is_other"]).size).toBe(names.length + MEASURES.length + 2);
  for (const name of [...names, "tag:env", "tag:a:b", "tracking:team"]) {
    expect(groupingText(parseGrouping(name))).toBe(name);
  }
});

function by(...texts: readonly string[]) {
  return texts.map(parseGrouping);
}
