import { InvalidRequestError } from "./errors.ts";
import { addDays, addMonths, firstDayOf, isDay, isMonth, lastDayOf, monthOf, parseDay } from "./month.ts";
import type { Day, Month } from "./month.ts";

/** Days from `from` on and before `to`; null where there is no bound. */
export type TimeWindow = { readonly from: Day | null; readonly to: Day | null };

/** The window that another is compared with, and how far its days and months lie before that. */
export type ComparedWindow = {
  readonly window: TimeWindow;
  /** Days from its first day to the first day of the other. */
  readonly days: number;
  /** Whole months between both; null where they are not whole months apart. */
  readonly months: number | null;
};

const MOST_DAYS = 3_660;
const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * Reads a window of time as callers write it, seen from a day: `7d` the last seven days with today, `month` and
 * `lastmonth` whole calendar months, `2026-05` such a month, `mtd` and `ytd` the month and the year up to and with today.
 * Throws InvalidRequestError on anything else.
 */
export function parseWindow(text: string, today: Day): TimeWindow {
  const tomorrow = addDays(today, 1);
  if (isMonth(text)) return wholeMonth(text);
  switch (text) {
    case "month":
      return wholeMonth(monthOf(today));
    case "lastmonth":
      return wholeMonth(addMonths(monthOf(today), -1));
    case "mtd":
      return { from: firstDayOf(monthOf(today)), to: tomorrow };
    case "ytd":
      return { from: parseDay(`${today.slice(0, 4)}-01-01`), to: tomorrow };
  }
  const days = Number(/^([1-9]\d{0,3})d$/.exec(text)?.[1]);
  if (days <= MOST_DAYS) return { from: addDays(tomorrow, -days), to: tomorrow };
  throw new InvalidRequestError(
    `${JSON.stringify(text.slice(0, 80))} is not a window of time. ` +
      `Use 7d (up to ${MOST_DAYS}d), month, lastmonth, mtd, ytd or a month like 2026-05.`,
  );
}

/** Reads the half-open bounds of a window, as days like 2026-05-01; throws InvalidRequestError where there is no day between. */
export function parseBounds(from: string | null, to: string | null): TimeWindow {
  const window = { from: from === null ? null : parseDay(from), to: to === null ? null : parseDay(to) };
  if (window.from !== null && window.to !== null && window.from >= window.to) {
    throw new InvalidRequestError(
      `There is no day from ${window.from} and before ${window.to}. The end of a window is not included: give a later day.`,
    );
  }
  return window;
}

/** Whether a window begins and ends with calendar months, where it begins and ends at all. */
export function isWholeMonths({ from, to }: TimeWindow): boolean {
  return (from === null || isFirst(from)) && (to === null || isFirst(to));
}

/**
 * The window that `time` is compared with: `year` is a year before; `previous` is as many whole months before for whole
 * months, the same days of the month before for a month up to some day, and as many days before for anything else.
 * Throws InvalidRequestError where `time` is open.
 */
export function comparedWindow(time: TimeWindow, compareTo: "previous" | "year"): ComparedWindow {
  const { from, to } = time;
  if (from === null || to === null) {
    throw new InvalidRequestError("A comparison needs a time with both ends: give from and to, or a window.");
  }
  const months = compareTo === "year" ? 12 : monthsOf(from, to);
  if (months === null) {
    const days = daysBetween(from, to);
    return { window: { from: addDays(from, -days), to: from }, days, months: null };
  }
  const before = shiftMonths(from, -months);
  return { window: { from: before, to: shiftEnd(to, -months) }, days: daysBetween(before, from), months };
}

/**
 * Reads a moment in ISO 8601, such as 2026-05-20T08:00:00Z, as ClickHouse takes one, to the microsecond; without a zone it
 * is UTC, and a day is its beginning. Throws InvalidRequestError on anything else.
 */
export function parseMoment(text: string): string {
  const found = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  const [, day = "", minute = "00:00", second = ":00", fraction = "", zone = "Z"] = found ?? [];
  const milliseconds = isDay(day) ? Date.parse(`${day}T${minute}${second}${zone}`) : Number.NaN;
  if (Number.isNaN(milliseconds)) {
    throw new InvalidRequestError(
      `${JSON.stringify(text.slice(0, 80))} is not a moment. Give one like 2026-05-20T08:00:00Z.`,
    );
  }
  const whole = new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
  return `${whole}.${fraction.padEnd(6, "0").slice(0, 6)}`;
}

function wholeMonth(month: Month): TimeWindow {
  return { from: firstDayOf(month), to: firstDayOf(addMonths(month, 1)) };
}

/** How many months before "the previous" is; null where it is counted in days. */
function monthsOf(from: Day, to: Day): number | null {
  if (!isFirst(from)) return null;
  if (monthOf(addDays(to, -1)) === monthOf(from)) return 1;
  if (!isFirst(to)) return null;
  const [fromYear, fromMonth, toYear, toMonth] = [
    from.slice(0, 4),
    from.slice(5, 7),
    to.slice(0, 4),
    to.slice(5, 7),
  ].map(Number) as [number, number, number, number];
  return (toYear - fromYear) * 12 + toMonth - fromMonth;
}

/** The same day of another month, or the last one where that month is shorter. */
function shiftMonths(day: Day, count: number): Day {
  const month = addMonths(monthOf(day), count);
  const shifted = `${month}-${day.slice(8)}`;
  return isDay(shifted) ? shifted : lastDayOf(month);
}

/** The same for the day behind the last one: where that month is shorter, the first of the next. */
function shiftEnd(day: Day, count: number): Day {
  const month = addMonths(monthOf(day), count);
  const shifted = `${month}-${day.slice(8)}`;
  return isDay(shifted) ? shifted : firstDayOf(addMonths(month, 1));
}

function daysBetween(first: Day, next: Day): number {
  return (Date.parse(next) - Date.parse(first)) / MILLISECONDS_PER_DAY;
}

function isFirst(day: Day): boolean {
  return day.endsWith("-01");
}
