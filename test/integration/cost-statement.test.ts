import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { renderCosts } from "../../clickhouse/cost-statement.ts";
import { SET_MOVED } from "../../clickhouse/visible-set.ts";
import type { CostFilter } from "../../src/domain/cost-filter.ts";
import type { CostQuestion } from "../../src/domain/cost-question.ts";
import { parseBounds } from "../../src/domain/cost-window.ts";
import {
  aQuestion,
  ask,
  bringCosts,
  bringOverlap,
  by,
  currentSet,
  exactTotal,
  LAKE,
  setOf,
  SHOP,
  type CostRow,
  type Way,
} from "../support/cost-scene.ts";
import { createScenes, type Scene } from "../support/scene.ts";
import { lastMoment } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
const scenes = createScenes(() => engine);
/** Costs of which nothing is silent, and the same with a source that delivers some of them again. */
let plain: Warehouse;
let overlapping: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  plain = await bring(bringCosts);
  overlapping = await bring(bringCosts, bringOverlap);
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

const APRIL = parseBounds("2026-04-01", "2026-05-01");
const MAY = parseBounds("2026-05-01", "2026-06-01");
const SPRING = parseBounds("2026-04-01", "2026-07-01");
const EVERYTHING = [
  "actual",
  "amortized",
  "actual_usd",
  "amortized_usd",
  "actual_not_in_usd",
  "amortized_not_in_usd",
  "entries",
] as const;

/** Conditions that hold for every row, and can only be asked of the relation. */
const ONLY: Readonly<Record<string, CostFilter>> = {
  summary: { or: [{ dimension: "source", op: "exists" }] },
  monthly: always("resource_group"),
  location: { and: [always("resource_group"), always("resource_location")] },
  resource: always("resource_id"),
  daily: { dimension: "date", op: "exists" },
  lines: always("meter_name"),
};
const READ: Readonly<Record<string, readonly string[]>> = {
  summary: ["summary_costs", "costs_summary"],
  monthly: ["monthly_costs", "costs_monthly"],
  location: ["location_costs", "costs_by_location"],
  resource: ["resource_month_costs", "costs_by_resource_month"],
  daily: ["daily_costs", "costs_daily"],
  lines: ["cost_entries", "costs"],
};

describe("whatever a question is read from", () => {
  const question: Partial<CostQuestion> = {
    groupBy: by("billing_month", "subscription_id", "meter_category", "charge_type", "dataset"),
    measures: EVERYTHING,
  };

  test.each(["plain", "overlapping"])("all relations and ways answer alike: %s", async (name) => {
    const warehouse = name === "plain" ? plain : overlapping;
    const expected = await byHand(warehouse);
    expect(expected.length).toBeGreaterThan(10);
    const ways: readonly Way[] = name === "plain" ? ["table", "view", "as of"] : ["view", "as of"];
    for (const way of ways) {
      const set = await setOf(warehouse, way);
      for (const [relation, filter] of Object.entries(ONLY)) {
        const asked = { ...question, filter };
        const { sql } = renderCosts(aQuestion(asked), set);
        const place = `${READ[relation]?.[way === "table" ? 0 : 1]}${way === "as of" ? "_as_of" : ""}`;
        expect(sql).toMatch(new RegExp(`FROM ${place}\\b`));
        expect(sorted(await ask(warehouse, asked, set)), `${relation}, ${way}`).toEqual(expected);
      }
    }
  });

  test("periods and windows are the same by day as by month", async () => {
    for (const granularity of ["month", "quarter", "year"] as const) {
      const asked = { time: SPRING, granularity, groupBy: by("meter_category"), measures: EVERYTHING };
      const answers = await Promise.all(Object.values(ONLY).map((filter) => ask(plain, { ...asked, filter })));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    }
  });

  test("of a set that is not the current one any more nothing is told", async () => {
    const scene = await scenes.scene();
    await bringCosts(scene);
    const before = [await setOf(scene.warehouse, "table"), await setOf(scene.warehouse, "view")];
    const asOf = await setOf(scene.warehouse, "as of");
    const answer = await ask(scene.warehouse, question, asOf);
    await bringOverlap(scene);
    for (const set of before) await expect(ask(scene.warehouse, question, set)).rejects.toThrow(SET_MOVED);
    expect(await ask(scene.warehouse, question, asOf)).toEqual(answer);
  });

  test("an old moment is asked for in the question itself", async () => {
    const asOf = await lastMoment(plain);
    expect(await ask(plain, { ...question, asOf })).toEqual(await ask(plain, question));
    expect(await ask(plain, { ...question, asOf: "2020-01-01 00:00:00.000000" })).toEqual([]);
  });
});

describe("sums", () => {
  test("by anything are those of the whole, to the last digit", async () => {
    const whole = await ask(plain, { measures: ["actual"] });
    expect(whole).toEqual([
      { billing_currency: "EUR", actual: "322.925" },
      { billing_currency: "USD", actual: "35.1250000000000000000000000001" },
    ]);
    const groupings = [
      "subscription_id",
      "tag:env",
      "tag:nothing",
      "resource_name",
      "date",
      "invoice_section_name",
      "term",
    ];
    for (const grouping of groupings) {
      const rows = await ask(plain, { groupBy: by(grouping), granularity: "week" });
      for (const { billing_currency, actual } of whole) {
        expect(
          exactTotal(
            rows.filter((row) => row["billing_currency"] === billing_currency),
            "actual",
          ),
        ).toBe(actual);
      }
    }
  });

  test("of two currencies are never one", async () => {
    const apart = await ask(plain, { time: MAY, groupBy: by("source"), measures: ["actual", "actual_usd"] });
    expect(apart).toMatchObject([
      { source: "contoso", billing_currency: "EUR", actual: "304.125", actual_usd: null },
      { source: "fabrikam", billing_currency: "EUR", actual: "13.3", actual_usd: "11" },
      { source: "contoso", billing_currency: "USD", actual: "20.3750000000000000000000000001" },
      { source: "globex", billing_currency: "USD", actual: "6.5", actual_usd: "6.5" },
    ]);
    const usd = await ask(plain, { time: MAY, groupBy: by("source"), measures: ["actual_usd"] });
    expect(usd).toEqual([
      { source: "contoso", actual_usd: "20.3750000000000000000000000001" },
      { source: "fabrikam", actual_usd: "11" },
      { source: "globex", actual_usd: "6.5" },
    ]);
    const nobody = isOf("source", "nobody");
    expect(await ask(plain, { measures: ["actual_usd", "entries"], filter: nobody })).toEqual([
      { actual_usd: null, entries: "0" },
    ]);
  });

  test("say how much of them has no figure in USD", async () => {
    const rows = await ask(plain, {
      time: MAY,
      groupBy: by("source"),
      measures: ["actual_not_in_usd", "amortized_not_in_usd"],
    });
    expect(rows).toMatchObject([
      { source: "contoso", billing_currency: "EUR", actual_not_in_usd: "304.125", amortized_not_in_usd: "311.895" },
      { source: "fabrikam", billing_currency: "EUR", actual_not_in_usd: "3.3", amortized_not_in_usd: null },
      { source: "contoso", billing_currency: "USD", actual_not_in_usd: "0", amortized_not_in_usd: "0" },
      { source: "globex", billing_currency: "USD", actual_not_in_usd: "0", amortized_not_in_usd: "0" },
    ]);
  });

  test("of one metric leave out lines that only carry the other", async () => {
    const asked = { time: MAY, groupBy: by("charge_type"), filter: isOf("source", "contoso") };
    const charges = async (measure: "actual" | "amortized") =>
      (await ask(plain, { ...asked, measures: [measure, "entries"] })).map((row) => [
        row["charge_type"],
        row["entries"],
      ]);
    expect(await charges("actual")).toEqual([
      ["Usage", "2"],
      ["Usage", "2"],
      ["Refund", "1"],
    ]);
    expect(await charges("amortized")).toEqual([
      ["Usage", "2"],
      ["UnusedReservation", "1"],
      ["Usage", "2"],
      ["Refund", "1"],
    ]);
  });

  test("of quantities are by unit, and of one metric's lines", async () => {
    const rows = await ask(plain, { time: MAY, measures: ["quantity"], filter: isOf("source", "contoso") });
    expect(rows).toEqual([
      { unit_of_measure: "1 Hour", quantity: "30" },
      { unit_of_measure: "1 GB", quantity: "20" },
    ]);
  });
});

describe("days that are silent", () => {
  test("count for the one who answers", async () => {
    const rows = await ask(overlapping, {
      time: MAY,
      groupBy: by("source", "date"),
      filter: isOf("meter_category", "virtual machines"),
    });
    expect(rows.filter((row) => row["source"] === "spare")).toMatchObject([{ date: "2026-05-25", actual: "50000" }]);
    expect((await currentSet(overlapping)).hasSilence).toBe(true);
    expect((await currentSet(plain)).hasSilence).toBe(false);
  });
});

describe("conditions", () => {
  const count = async (filter: CostFilter, measures: CostQuestion["measures"] = ["entries"]) =>
    (await ask(plain, { time: MAY, measures, filter }))[0]?.["entries"] ?? "0";

  test("compare text without case, and tags by names without case", async () => {
    expect(await count(isOf("resource_group", "Rg-SHOP"))).toBe("6");
    expect(await count({ dimension: "meter_category", op: "prefix", values: ["sto", "nothing"] })).toBe("4");
    expect(await count({ dimension: "meter_category", op: "contains", values: ["AL mach"] })).toBe("11");
    expect(await count({ dimension: "meter_category", op: "regex", values: ["^virtual"] })).toBe("0");
    expect(await count({ dimension: "meter_category", op: "regex", values: ["(?i)^virtual .a"] })).toBe("11");
    expect(await count(isOf("tag:env", "DEV"))).toBe("2");
    expect(await count(isOf("tag:ENV", "dev", "prod"))).toBe("11");
    expect(await count({ dimension: "tag:Cost Center", op: "exists" })).toBe("2");
    expect(await count({ dimension: "tag:env", op: "missing" })).toBe("4");
    expect(await count(isOf("subscription_id", SHOP.toUpperCase()))).toBe("6");
    expect(await count({ dimension: "subscription_id", op: "prefix", values: [SHOP.slice(0, 9).toUpperCase()] })).toBe(
      "6",
    );
  });

  test("are joined as they are nested", async () => {
    const virtual = isOf("meter_category", "Virtual Machines");
    const refund = isOf("charge_type", "Refund");
    expect(await count({ or: [virtual, refund] })).toBe("13");
    expect(await count({ and: [virtual, { not: isOf("billing_currency", "EUR") }] })).toBe("6");
    expect(await count({ not: { or: [virtual, refund] } })).toBe("2");
  });

  test("speak of days and months", async () => {
    expect(await count(isOf("date", "2026-05-28"))).toBe("4");
    expect(await ask(plain, { filter: isOf("billing_month", "2026-04-01") })).toEqual([
      { billing_currency: "EUR", actual: "1" },
      { billing_currency: "USD", actual: "1.5" },
    ]);
  });

  test("speak of a line's cost in USD", async () => {
    expect(await count({ usdPerLine: { min: "8" } }, ["actual", "entries"])).toBe("1");
    const rows = await ask(plain, {
      time: MAY,
      groupBy: by("source"),
      filter: { usdPerLine: { min: "8", max: "20" } },
    });
    expect(rows.map((row) => [row["source"], row["actual"]])).toEqual([
      ["fabrikam", "10"],
      ["globex", "8"],
    ]);
  });
});

describe("comparisons", () => {
  test("stand beside the figures of the window before, with the exact change", async () => {
    const asked: Partial<CostQuestion> = { groupBy: by("meter_category", "source"), measures: ["actual", "entries"] };
    const [now, before, both] = await Promise.all([
      ask(plain, { ...asked, time: MAY }),
      ask(plain, { ...asked, time: APRIL }),
      ask(plain, { ...asked, time: MAY, compareTo: "previous" }),
    ]);
    const find = (rows: CostRow[], { meter_category, source, billing_currency }: CostRow) =>
      rows.find(
        (row) =>
          row["meter_category"] === meter_category &&
          row["source"] === source &&
          row["billing_currency"] === billing_currency,
      );
    expect(both.length).toBeGreaterThan(4);
    for (const row of both) {
      expect(row["actual"]).toBe(find(now, row)?.["actual"] ?? null);
      expect(row["actual_before"]).toBe(find(before, row)?.["actual"] ?? null);
      expect(row["actual_change"]).toBe(
        new Big(String(row["actual"] ?? 0)).minus(String(row["actual_before"] ?? 0)).toFixed(),
      );
      expect(row["entries_before"]).toBe(find(before, row)?.["entries"] ?? "0");
    }
    expect(exactTotal(both, "actual_before")).toBe(exactTotal(before, "actual"));
  });

  test("put each period beside its like", async () => {
    const days = await ask(plain, {
      time: parseBounds("2026-06-01", "2026-06-21"),
      granularity: "day",
      compareTo: "previous",
      filter: isOf("source", "contoso"),
    });
    expect(days.map((row) => [row["period"], row["billing_currency"], row["actual"], row["actual_before"]])).toEqual([
      ["2026-06-01", "USD", "4.5", "21.2500000000000000000000000001"],
      ["2026-06-15", "EUR", "2.25", "300.125"],
    ]);
    const months = await ask(plain, {
      time: parseBounds("2026-05-01", "2026-07-01"),
      granularity: "month",
      compareTo: "previous",
      filter: { and: [isOf("source", "contoso"), isOf("billing_currency", "EUR")] },
    });
    expect(months.map((row) => [row["period"], row["actual"], row["actual_before"]])).toEqual([
      ["2026-05-01", "304.125", null],
      ["2026-06-01", "4.5", "1"],
    ]);
    expect(await ask(plain, { time: MAY, compareTo: "year", measures: ["actual_usd"] })).toEqual([
      {
        actual_usd: "37.8750000000000000000000000001",
        actual_usd_before: null,
        actual_usd_change: "37.8750000000000000000000000001",
      },
    ]);
  });
});

describe("the top", () => {
  test("and the rest are exactly the whole, apart for each currency", async () => {
    for (const asked of [{}, { granularity: "day" }, { time: MAY, compareTo: "previous" }] as const) {
      const question: Partial<CostQuestion> = {
        ...asked,
        groupBy: by("subscription_id", "meter_category"),
        measures: ["actual", "entries"],
      };
      const [all, top] = await Promise.all([ask(plain, question), ask(plain, { ...question, top: 1 })]);
      for (const currency of ["EUR", "USD"]) {
        const of = (rows: CostRow[]) => rows.filter((row) => row["billing_currency"] === currency);
        const shown = of(top).filter((row) => row["is_other"] === false);
        const other = of(top).filter((row) => row["is_other"] === true);
        expect(new Set(shown.map((row) => JSON.stringify([row["subscription_id"], row["meter_category"]]))).size).toBe(
          1,
        );
        expect(other.every((row) => row["subscription_id"] === "other" && row["meter_category"] === "other")).toBe(
          true,
        );
        expect(other.length).toBeGreaterThan(0);
        for (const column of ["actual", "entries", "compareTo" in asked ? "actual_before" : "actual"]) {
          const rest = new Big(exactTotal(of(all), column)).minus(exactTotal(shown, column));
          expect(exactTotal(other, column)).toBe(rest.toFixed());
        }
      }
    }
  });

  test("are the dearest over all periods, and leave no empty rest", async () => {
    const rows = await ask(plain, {
      granularity: "month",
      groupBy: by("subscription_id"),
      top: 1,
      filter: isOf("billing_currency", "EUR"),
    });
    const shown = rows.filter((row) => row["is_other"] === false);
    expect(shown.map((row) => [row["period"], row["subscription_id"]])).toEqual([
      ["2026-04-01", SHOP],
      ["2026-05-01", SHOP],
      ["2026-06-01", SHOP],
    ]);
    const all = await ask(plain, { groupBy: by("subscription_id"), top: 100 });
    expect(all.some((row) => row["is_other"])).toBe(false);
  });
});

test("pages of an answer put together are the answer, in any order", async () => {
  const orders: CostQuestion["order"][] = [
    [],
    [{ by: "actual", descending: true }],
    [
      { by: "meter_category", descending: true },
      { by: "entries", descending: false },
    ],
  ];
  for (const order of orders) {
    const question: Partial<CostQuestion> = {
      groupBy: by("date", "meter_category"),
      measures: ["actual", "entries"],
      order,
    };
    const whole = await ask(plain, question);
    const pages: CostRow[] = [];
    for (let offset = 0; offset < whole.length; offset += 3) {
      pages.push(...(await ask(plain, { ...question, limit: 3, offset })));
    }
    expect(pages).toEqual(whole);
  }
});

test("columns carry the names that a route gives them", async () => {
  const aliases = { resource_location: "location", actual_usd: "total_usd" };
  const rows = await ask(plain, {
    groupBy: by("resource_location"),
    measures: ["actual_usd"],
    filter: isOf("subscription_id", LAKE),
    aliases,
  });
  expect(rows).toEqual([{ location: "westeurope", total_usd: "11" }]);
});

async function bring(...steps: readonly ((scene: Scene) => Promise<void>)[]): Promise<Warehouse> {
  const scene = await scenes.scene();
  for (const step of steps) await step(scene);
  return scene.warehouse;
}

function always(dimension: string): CostFilter {
  return {
    or: [
      { dimension, op: "exists" },
      { dimension, op: "missing" },
    ],
  };
}

function isOf(dimension: string, ...values: readonly string[]): CostFilter {
  return { dimension, op: "in", values };
}

/** The same sums in plain SQL over the lines that readers see. */
async function byHand(warehouse: Warehouse): Promise<string[]> {
  const usd = (cost: string, figure: string) =>
    `sum(coalesce(v.${figure}, if(v.billing_currency = 'USD', v.${cost}, NULL)))`;
  const notInUsd = (cost: string, figure: string) =>
    `sum(if(v.${cost} IS NULL, NULL, if(v.${figure} IS NULL AND v.billing_currency != 'USD', v.${cost}, 0)))`;
  const rows = await warehouse.rows(`
    SELECT billing_month, subscription_id, meter_category, charge_type, dataset, billing_currency,
      sum(v.cost_in_billing_currency) AS actual, sum(v.amortized_cost_in_billing_currency) AS amortized,
      ${usd("cost_in_billing_currency", "cost_in_usd")} AS actual_usd,
      ${usd("amortized_cost_in_billing_currency", "amortized_cost_in_usd")} AS amortized_usd,
      ${notInUsd("cost_in_billing_currency", "cost_in_usd")} AS actual_not_in_usd,
      ${notInUsd("amortized_cost_in_billing_currency", "amortized_cost_in_usd")} AS amortized_not_in_usd,
      count() AS entries
    FROM costs AS v GROUP BY ALL`);
  return sorted(rows);
}

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
