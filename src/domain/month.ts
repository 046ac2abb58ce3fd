import { InvalidRequestError } from "./errors.ts";

declare const monthBrand: unique symbol;
declare const dayBrand: unique symbol;

/** A billing month, such as "2026-09": the unit Azure restates and the unit we publish. */
export type Month = string & { readonly [monthBrand]: true };

/** A UTC calendar day, such as "2026-09-03". Compares correctly as text. */
export type Day = string & { readonly [dayBrand]: true };

/** The days from `first` to `last`, both included. */
export type DayRange = { readonly first: Day; readonly last: Day };

/** The days that a warehouse can hold: ClickHouse's type Date. */
export const ALL_DAYS = { first: "1970-01-01" as Day, last: "2149-06-05" as Day } satisfies DayRange;

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MILLISECONDS_PER_DAY = 86_400_000;

/** Whether `text` is a month like 2026-09. */
export function isMonth(text: string): text is Month {
  return MONTH.test(text);
}

/** Whether `text` is a day that exists, like 2026-02-28. */
export function isDay(text: string): text is Day {
  return DAY.test(text) && dayFrom(Date.parse(`${text}T00:00:00Z`)) === text;
}

/** Reads a month like 2026-09; throws InvalidRequestError on anything else. */
export function parseMonth(text: string): Month {
  if (!isMonth(text)) throw new InvalidRequestError(`Expected a month like 2026-09, got ${JSON.stringify(text)}`);
  return text;
}

/** Reads a day like 2026-09-03; throws InvalidRequestError on anything else and on days that do not exist. */
export function parseDay(text: string): Day {
  if (!isDay(text)) throw new InvalidRequestError(`Expected a day like 2026-09-03, got ${JSON.stringify(text)}`);
  return text;
}

/** The month a day belongs to. */
export function monthOf(day: Day): Month {
  return day.slice(0, 7) as Month;
}

/** The first day of a month. */
export function firstDayOf(month: Month): Day {
  return `${month}-01` as Day;
}

/** The last day of a month. */
export function lastDayOf(month: Month): Day {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return dayFrom(Date.UTC(year, number, 0));
}

/** All days of a month. */
export function daysOfMonth(month: Month): DayRange {
  return { first: firstDayOf(month), last: lastDayOf(month) };
}

/** The month `count` months after `month` (before it when negative). */
export function addMonths(month: Month, count: number): Month {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7) as Month;
}

/** The day `count` days after `day` (before it when negative). */
export function addDays(day: Day, count: number): Day {
  return dayFrom(Date.parse(`${day}T00:00:00Z`) + count * MILLISECONDS_PER_DAY);
}

/** Every day of the range, in order; none when `last` is before `first`. */
export function listDays(range: DayRange): Day[] {
  const days: Day[] = [];
  for (let day = range.first; day <= range.last; day = addDays(day, 1)) days.push(day);
  return days;
}

/**
 * Reads a billing period as users and Azure's folders write it: a month (`2026-05`) or a span of days
 * (`20260501-20260531`). Throws InvalidRequestError on anything else.
 */
export function parseBillingPeriod(text: string): DayRange {
  if (isMonth(text)) return daysOfMonth(text);
  const span = /^(\d{4})(\d{2})(\d{2})-(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (span !== null) {
    const first = `${span[1]}-${span[2]}-${span[3]}`;
    const last = `${span[4]}-${span[5]}-${span[6]}`;
    if (isDay(first) && isDay(last) && first <= last) return { first, last };
  }
  throw new InvalidRequestError(
    `Expected a billing period like 2026-05 or 20260501-20260531, got ${JSON.stringify(text)}`,
  );
}

function dayFrom(milliseconds: number): Day {
  return (Number.isNaN(milliseconds) ? "" : new Date(milliseconds).toISOString().slice(0, 10)) as Day;
}
