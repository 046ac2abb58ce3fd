import { describe, expect, test } from "vitest";
import { planExtractions } from "../../src/domain/extraction.ts";
import type { ExtractionOptions } from "../../src/domain/extraction.ts";
import { daysOfMonth, parseDay, parseMonth } from "../../src/domain/month.ts";

const NOW = new Date("2026-05-20T08:00:00Z");
const ACTUAL: ExtractionOptions = {
  datasets: ["actual"],
  monthsBack: 1,
  monthsKept: 13,
  refreshHours: 4,
  overwrite: false,
};

describe("what an API is asked for", () => {
  test("nothing is known yet: the present month up to today, and the one before it", () => {
    expect(planned([], {})).toEqual(["actual 2026-05 2026-05-01..2026-05-20", "actual 2026-04 2026-04-01..2026-04-30"]);
  });

  test("each dataset is a question of its own", () => {
    expect(planned([], { datasets: ["actual", "amortized"], monthsBack: 0 })).toEqual([
      "actual 2026-05 2026-05-01..2026-05-20",
      "amortized 2026-05 2026-05-01..2026-05-20",
    ]);
  });

  test("an open month is asked for again when its figures are old enough", () => {
    expect(planned([["2026-05", "2026-05-20T05:00:00.0000000Z"]], { monthsBack: 0 })).toEqual([]);
    expect(planned([["2026-05", "2026-05-20T04:00:00.0000000Z"]], { monthsBack: 0 })).toHaveLength(1);
  });

  test("a closed month is asked for until five days after its end, and then no more", () => {
    expect(planned([["2026-04", "2026-05-05T23:59:59.0000000Z"]], {})).toContain(
      "actual 2026-04 2026-04-01..2026-04-30",
    );
    expect(planned([["2026-04", "2026-05-06T00:00:00.0000000Z"]], {})).toEqual([
      "actual 2026-05 2026-05-01..2026-05-20",
    ]);
  });

  test("an older month that was not asked for since it was closed is asked for once more", () => {
    const known = (hour: string): [string, string] => ["2026-02", `2026-03-0${hour}:00:00.0000000Z`];
    expect(planned([known("5T23")], { monthsBack: 0 })).toContain("actual 2026-02 2026-02-01..2026-02-28");
    expect(planned([known("5T23")], { monthsBack: 0, overwrite: true })).toHaveLength(2);
    expect(planned([known("6T01")], { monthsBack: 0 })).toEqual(["actual 2026-05 2026-05-01..2026-05-20"]);
    expect(planned([known("5T23")], { monthsBack: 0, monthsKept: 2 })).toHaveLength(1);
  });

  test("the newest figures of a month count, and those of another dataset do not", () => {
    const known = [
      { dataset: "actual", month: parseMonth("2026-05"), submittedAt: "2026-05-19T00:00:00.0000000Z" },
      { dataset: "actual", month: parseMonth("2026-05"), submittedAt: "2026-05-20T07:00:00.0000000Z" },
    ] as const;
    const options: ExtractionOptions = { ...ACTUAL, datasets: ["actual", "amortized"], monthsBack: 0 };
    expect(planExtractions(known, options, NOW).map(({ dataset }) => dataset)).toEqual(["amortized"]);
  });

  test("overwriting asks for everything again", () => {
    expect(planned([["2026-05", "2026-05-20T07:59:00.0000000Z"]], { monthsBack: 0, overwrite: true })).toHaveLength(1);
  });

  test("a long period is split into months, none older than the API keeps, and none of the future", () => {
    const billingPeriod = { first: parseDay("2024-01-15"), last: parseDay("2027-01-31") };
    const months = planned([], { billingPeriod }).map((text) => text.split(" ")[1]);
    expect(months).toHaveLength(14);
    expect([months[0], months.at(-1)]).toEqual(["2026-05", "2025-04"]);
  });

  test.each([
    ["2026-03-01T00:00:00Z", ["actual 2026-03 2026-03-01..2026-03-01", "actual 2026-02 2026-02-01..2026-02-28"]],
    ["2026-01-31T23:59:59.999Z", ["actual 2026-01 2026-01-01..2026-01-31", "actual 2025-12 2025-12-01..2025-12-31"]],
    ["2028-02-29T12:00:00Z", ["actual 2028-02 2028-02-01..2028-02-29", "actual 2028-01 2028-01-01..2028-01-31"]],
    ["2026-05-01T01:30:00+02:00", ["actual 2026-04 2026-04-01..2026-04-30", "actual 2026-03 2026-03-01..2026-03-31"]],
  ])("days are those of UTC: %s", (now, months) => {
    expect(planned([], {}, new Date(now))).toEqual(months);
  });

  test("a period of a few days asks for the whole of their months: a run is a full snapshot of one", () => {
    const billingPeriod = { first: parseDay("2026-03-31"), last: parseDay("2026-04-01") };
    expect(planned([], { billingPeriod })).toEqual([
      "actual 2026-04 2026-04-01..2026-04-30",
      "actual 2026-03 2026-03-01..2026-03-31",
    ]);
  });

  test("nothing is asked for of a period that lies before all that the API keeps, or in the future", () => {
    for (const month of ["2025-03", "2026-06"]) {
      expect(planned([], { billingPeriod: daysOfMonth(parseMonth(month)) })).toEqual([]);
    }
  });
});

function planned(known: readonly [string, string][], options: Partial<ExtractionOptions>, now = NOW): string[] {
  const runs = known.map(([month, submittedAt]) => ({
    dataset: "actual" as const,
    month: parseMonth(month),
    submittedAt,
  }));
  return planExtractions(runs, { ...ACTUAL, ...options }, now).map(
    ({ dataset, month, days }) => `${dataset} ${month} ${days.first}..${days.last}`,
  );
}
