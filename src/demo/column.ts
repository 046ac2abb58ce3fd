import { addDays, type Day, isDay, lastDayOf, monthOf } from "../domain/month.ts";
import type { Charge } from "./charge.ts";

/** One column of a file: its name in the header, and how a charge fills it. */
export type Column = { readonly name: string; readonly value: (charge: Charge) => string };

/** How the columns of a family of files are filled, by their names in any of its versions: a charge's field or a value. */
export type ColumnValues = Readonly<Record<string, keyof Charge | Column["value"]>>;

/** The columns of a file with this header. Names are compared without case; throws RangeError for one without a value. */
export function columnsOf(headers: readonly string[], values: ColumnValues): readonly Column[] {
  const byName = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
  return headers.map((name) => {
    const value = byName.get(name.toLowerCase());
    if (value === undefined) throw new RangeError(`${name}: say how a charge fills this column`);
    return { name, value: typeof value === "function" ? value : (charge) => charge[value] };
  });
}

/** A day as Azure's own cost files write it, 05/31/2026; anything that is no day stays as it is. */
export function usDay(text: string): string {
  return ISO_DAY.test(text) ? `${text.slice(5, 7)}/${text.slice(8)}/${text.slice(0, 4)}` : text;
}

/** The first day of the charge's month, 2026-05-01; anything that is no day stays as it is. */
export function firstOfMonth(date: string): string {
  return ISO_DAY.test(date) ? `${date.slice(0, 8)}01` : date;
}

/** The last day of the charge's month, 2026-05-31; anything that is no day stays as it is. */
export const lastOfMonth = forDays((day) => lastDayOf(monthOf(day)));

/** The next day; anything that is no day stays as it is. */
export const dayAfter = forDays((day) => addDays(day, 1));

/** The members of a JSON object with its braces; text that has them, or is empty, stays as it is. */
export function braced(members: string): string {
  return members === "" || members.startsWith("{") ? members : `{${members}}`;
}

const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

// Millions of rows have the same few days: each is worked out once.
function forDays(change: (day: Day) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const changed = isDay(text) ? change(text) : text;
    known.set(text, changed);
    return changed;
  };
}
