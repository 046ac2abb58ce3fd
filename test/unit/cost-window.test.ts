import { describe, expect, test } from "vitest";
import { comparedWindow, parseBounds, parseMoment, parseWindow } from "../../src/domain/cost-window.ts";
import { InvalidRequestError } from "../../src/domain/errors.ts";
import { parseDay } from "../../src/domain/month.ts";

const TODAY = parseDay("2026-03-15");

describe("a window by name", () => {
  test.each([
    ["1d", "2026-03-15", "2026-03-16"],
    ["7d", "2026-03-09", "2026-03-16"],
    ["month", "2026-03-01", "2026-04-01"],
    ["lastmonth", "2026-02-01", "2026-03-01"],
    ["mtd", "2026-03-01", "2026-03-16"],
    ["ytd", "2026-01-01", "2026-03-16"],
    ["2025-12", "2025-12-01", "2026-01-01"],
  ])("%s is the days from %s and before %s", (text, from, to) => {
    expect(parseWindow(text, TODAY)).toEqual({ from, to });
  });

  test.each(["", "0d", "-1d", "7", "d", "9999d", "2026", "2026-13", "MTD", "month ", "7d'"])("%j is none", (text) => {
    expect(() => parseWindow(text, TODAY)).toThrow(InvalidRequestError);
  });
});

describe("bounds", () => {
  test("are days, and may be open", () => {
    expect(parseBounds("2026-05-01", null)).toEqual({ from: "2026-05-01", to: null });
    expect(parseBounds(null, null)).toEqual({ from: null, to: null });
  });

  test.each([
    ["2026-05-01", "2026-05-01", "no day from 2026-05-01"],
    ["2026-05-02", "2026-05-01", "no day from"],
    ["2026-02-30", null, "2026-02-30"],
  ])("from %s to %s is refused", (from, to, message) => {
    expect(() => parseBounds(from, to)).toThrow(message);
  });
});

describe("the window that another is compared with", () => {
  test.each([
    ["a month", "2026-03-01", "2026-04-01", "previous", "2026-02-01", "2026-03-01", 1],
    ["a quarter", "2026-01-01", "2026-04-01", "previous", "2025-10-01", "2026-01-01", 3],
    ["a month so far", "2026-03-01", "2026-03-16", "previous", "2026-02-01", "2026-02-16", 1],
    ["more days than the month before has", "2026-03-01", "2026-03-31", "previous", "2026-02-01", "2026-03-01", 1],
    ["the days up to the 30th", "2026-05-01", "2026-05-31", "previous", "2026-04-01", "2026-05-01", 1],
    [
      "days up to the end of a leap year's February",
      "2024-02-01",
      "2024-02-29",
      "year",
      "2023-02-01",
      "2023-03-01",
      12,
    ],
    ["some days", "2026-03-09", "2026-03-16", "previous", "2026-03-02", "2026-03-09", null],
    ["months and days", "2026-01-01", "2026-03-16", "previous", "2025-10-19", "2026-01-01", null],
    ["a month, a year before", "2026-03-01", "2026-04-01", "year", "2025-03-01", "2025-04-01", 12],
    ["days, a year before", "2024-02-29", "2024-03-02", "year", "2023-02-28", "2023-03-02", 12],
  ] as const)("of %s", (_, from, to, compareTo, firstBefore, endBefore, months) => {
    expect(comparedWindow(parseBounds(from, to), compareTo)).toMatchObject({
      window: { from: firstBefore, to: endBefore },
      months,
    });
  });

  test("tells how many days lie between", () => {
    expect(comparedWindow(parseBounds("2026-03-01", "2026-04-01"), "previous").days).toBe(28);
  });

  test("needs both ends", () => {
    expect(() => comparedWindow(parseBounds("2026-03-01", null), "previous")).toThrow("both ends");
  });
});

describe("a moment", () => {
  test.each([
    ["2026-05-20T08:00:00Z", "2026-05-20 08:00:00.000000"],
    ["2026-05-20T08:00:00.1234567Z", "2026-05-20 08:00:00.123456"],
    ["2026-05-20T08:00:00+02:00", "2026-05-20 06:00:00.000000"],
    ["2026-05-20 08:00:00.5", "2026-05-20 08:00:00.500000"],
    ["2026-05-20T08:00", "2026-05-20 08:00:00.000000"],
    ["2026-05-20", "2026-05-20 00:00:00.000000"],
  ])("%s is %s to ClickHouse", (text, moment) => {
    expect(parseMoment(text)).toBe(moment);
    expect(parseMoment(moment)).toBe(moment);
  });

  test.each(["", "now", "2026-02-30", "2026-05-20T25:00:00Z", "20260520", "2026-05-20T08:00:00Z; --"])(
    "%j is none",
    (text) => {
      expect(() => parseMoment(text)).toThrow(InvalidRequestError);
    },
  );
});
