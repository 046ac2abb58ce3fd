import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addDays,
  addMonths,
  daysOfMonth,
  isDay,
  isMonth,
  lastDayOf,
  listDays,
  monthOf,
  parseBillingPeriod,
  parseDay,
  parseMonth,
} from "../../src/domain/month.ts";

const years = fc.integer({ min: 1970, max: 2105 });
const months = fc
  .tuple(years, fc.integer({ min: 1, max: 12 }))
  .map(([year, number]) => parseMonth(`${year}-${String(number).padStart(2, "0")}`));
const days = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2105-12-31"), noInvalidDate: true })
  .map((date) => parseDay(date.toISOString().slice(0, 10)));

test("a month is four digits, a dash and a number from 01 to 12", () => {
  expect(isMonth("2026-05")).toBe(true);
  for (const text of ["2026-13", "2026-00", "2026-5", "202605", "26-05", "2026-05-01", " 2026-05", ""]) {
    expect(isMonth(text)).toBe(false);
  }
  expect(() => parseMonth("May 2026")).toThrow('Expected a month like 2026-09, got "May 2026"');
});

test("a day exists in the calendar", () => {
  expect(["2026-02-28", "2024-02-29", "2000-02-29"].every(isDay)).toBe(true);
  expect(["2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-1-1", "31/12/2026", ""].some(isDay)).toBe(
    false,
  );
  expect(() => parseDay("2026-02-31")).toThrow('Expected a day like 2026-09-03, got "2026-02-31"');
});

test("the last day of a month knows of leap years", () => {
  expect(["2026-02", "2024-02", "2000-02", "2026-04", "2026-12"].map((month) => lastDayOf(parseMonth(month)))).toEqual([
    "2026-02-28",
    "2024-02-29",
    "2000-02-29",
    "2026-04-30",
    "2026-12-31",
  ]);
});

test("the days of a month are listed once each, in order, and belong to it", () => {
  fc.assert(
    fc.property(months, (month) => {
      const listed = listDays(daysOfMonth(month));
      expect(listed.every((day) => monthOf(day) === month)).toBe(true);
      expect(listed).toEqual([...new Set(listed)].toSorted());
      expect(monthOf(addDays(lastDayOf(month), 1))).toBe(addMonths(month, 1));
    }),
  );
});

test("adding months or days and taking them away again changes nothing", () => {
  fc.assert(
    fc.property(months, days, fc.integer({ min: -500, max: 500 }), (month, day, count) => {
      expect(addMonths(addMonths(month, count), -count)).toBe(month);
      expect(addDays(addDays(day, count), -count)).toBe(day);
      expect(addDays(day, 1) > day).toBe(true);
    }),
  );
});

test("a billing period is a month or a span of days as Azure's folders write it", () => {
  expect(parseBillingPeriod("2026-05")).toEqual({ first: "2026-05-01", last: "2026-05-31" });
  expect(parseBillingPeriod("20260501-20260605")).toEqual({ first: "2026-05-01", last: "2026-06-05" });
  expect(parseBillingPeriod("20260501-20260501")).toEqual({ first: "2026-05-01", last: "2026-05-01" });
});

test.each(["20260532-20260601", "20260601-20260531", "2026", "May", "20260501", "2026-05-01"])(
  "%s is no billing period",
  (text) => {
    expect(() => parseBillingPeriod(text)).toThrow(
      `Expected a billing period like 2026-05 or 20260501-20260531, got "${text}"`,
    );
  },
);
