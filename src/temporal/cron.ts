import { InvalidRequestError } from "../domain/errors.ts";

/** When a schedule starts: the expression as it was written, and the values of each field, ascending. */
export type Cron = { readonly text: string } & { readonly [field in FieldName]: readonly number[] };

type FieldName = "minute" | "hour" | "dayOfMonth" | "month" | "dayOfWeek";
type Field = {
  readonly name: FieldName;
  readonly title: string;
  readonly least: number;
  readonly greatest: number;
  readonly names?: readonly string[];
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: readonly Field[] = [
  { name: "minute", title: "minute", least: 0, greatest: 59 },
  { name: "hour", title: "hour", least: 0, greatest: 23 },
  { name: "dayOfMonth", title: "day of the month", least: 1, greatest: 31 },
  { name: "month", title: "month", least: 1, greatest: 12, names: MONTHS },
  { name: "dayOfWeek", title: "day of the week", least: 0, greatest: 7, names: DAYS }, // 0 and 7 are Sunday
];

const SHORTHANDS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
};

const EXAMPLE = "such as '0 */4 * * *' (every four hours) or '30 6 * * mon-fri'";
const PIECE = /^(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/;

/**
 * Reads a cron expression of five fields (minute, hour, day of the month, month, day of the week), or @hourly, @daily,
 * @weekly, @monthly, @yearly: what Temporal and every cron understand. Throws InvalidRequestError that names the field.
 */
export function parseCron(text: string): Cron {
  const words = text.trim().toLowerCase().split(/\s+/);
  const fields = words.length === 1 ? SHORTHANDS[words[0] ?? ""]?.split(" ") : words;
  if (fields?.length !== FIELDS.length) {
    const count = words[0] === "" ? "nothing" : `${JSON.stringify(text)} with ${words.length}`;
    throw new InvalidRequestError(
      `expected the five fields minute, hour, day of the month, month and day of the week, ${EXAMPLE}; got ${count}`,
    );
  }
  const read = (name: FieldName): number[] => {
    const index = FIELDS.findIndex((field) => field.name === name);
    const field = FIELDS[index];
    return field === undefined ? [] : valuesOf(field, fields[index] ?? "");
  };
  return {
    text: words.join(" "),
    minute: read("minute"),
    hour: read("hour"),
    dayOfMonth: read("dayOfMonth"),
    month: read("month"),
    dayOfWeek: ascending(read("dayOfWeek").map((day) => day % 7)),
  };
}

function valuesOf(field: Field, text: string): number[] {
  return ascending(text.split(",").flatMap((piece) => spread(field, piece, text)));
}

function spread(field: Field, piece: string, text: string): number[] {
  const { least, greatest } = field;
  const found = PIECE.exec(piece);
  if (found === null) throw refuse(field, text);
  const [, from, to, every] = found;
  const step = every === undefined ? 1 : Number(every);
  const first = from === undefined ? least : valueOf(field, from, text);
  const last = lastOf(field, { from, to, every }, text);
  if (step < 1 || last < first) throw refuse(field, text);
  const end = Math.min(last, field.name === "dayOfWeek" && from === undefined ? 6 : greatest);
  return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, index) => first + index * step);
}

/** "5" is that one, "5/10" goes on to the end. */
function lastOf(
  field: Field,
  { from, to, every }: { from: string | undefined; to: string | undefined; every: string | undefined },
  text: string,
): number {
  if (to !== undefined) return valueOf(field, to, text);
  return from === undefined || every !== undefined ? field.greatest : valueOf(field, from, text);
}

function valueOf(field: Field, text: string, whole: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : valueOfName(field, text);
  if (!(value >= field.least && value <= field.greatest)) throw refuse(field, whole);
  return value;
}

function valueOfName({ names, least }: Field, text: string): number {
  const index = names?.indexOf(text) ?? -1;
  return index < 0 ? Number.NaN : index + least;
}

function refuse({ title, least, greatest, names }: Field, text: string): InvalidRequestError {
  const named = names === undefined ? "" : `, or ${names[0]} to ${names.at(-1)}`;
  return new InvalidRequestError(
    `${title}: expected *, numbers from ${least} to ${greatest}${named}, ranges like 1-5, lists like 1,3 or steps like ` +
      `*/2, got ${JSON.stringify(text)}`,
  );
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
