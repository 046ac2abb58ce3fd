import type { ColumnKind } from "../src/domain/columns.ts";
import type { HeaderMapping, MappedColumn } from "../src/domain/header.ts";

/** Kinds that keep any text; the others refuse whatever is not plain ASCII anyway. */
const TEXT_KINDS: readonly ColumnKind[] = ["keyword", "text", "json", "identifier", "subscription", "tags"];

/** A date that cannot have the month first. */
const DAY_FIRST = "^(1[3-9]|2[0-9]|3[01])/(0?[1-9]|1[0-2])/[0-9]{2,4}";
/** Ends the reason of a row whose date has the day first: all dates of that column are in doubt then. */
export const DAY_FIRST_NOTE = ": the day stands before the month";

/**
 * What is read of a field's text once, for its value and for its checks: the day or number `v<index>`, null where the text
 * is none. An expression that stands in a statement twice is also planned twice.
 */
export function readingsOf({ index, kind }: MappedColumn): string[] {
  switch (kind) {
    case "date":
    case "day":
    case "day-before":
      return [`${dayOf(`c${index}`)} AS v${index}`];
    case "cost":
    case "decimal":
      return [`toDecimal256OrNull(c${index}, 30) AS v${index}`];
    default:
      return [];
  }
}

/**
 * Columns of `cost_landing` that a column of a file fills, and the expressions that do; field `c<index>` is its text, and
 * `v<index>` what was read of it.
 */
export function valuesOf({ index, canonical, kind }: MappedColumn): (readonly [string, string])[] {
  const field = `c${index}`;
  const value = `v${index}`;
  switch (kind) {
    case "date":
      return [[canonical, `ifNull(${value}, toDate(0))`]];
    case "day":
    case "decimal":
      return [[canonical, value]];
    case "day-before":
      return [[canonical, `${value} - 1`]];
    case "cost":
      return [[canonical, `ifNull(${value}, toDecimal256(0, 30))`]];
    case "flag":
      return [
        [canonical, `multiIf(lower(${field}) IN ('true', '1'), true, lower(${field}) IN ('false', '0'), false, NULL)`],
      ];
    case "identifier":
      return [[canonical, `lower(${field})`]];
    case "subscription":
      return [[canonical, `replaceRegexpOne(lower(${field}), '^/subscriptions/', '')`]];
    case "billing-account":
      return [
        [canonical, replaced(`lower(${field})`, "^/providers/microsoft[.]billing/billingaccounts/([^/]+).*$", "\\1")],
      ];
    case "tags":
      return [
        [canonical, `JSONExtract(${replaced(field, "(?s)^\\s*([^{\\s].*)$", "{\\1}")}, 'Map(String, String)')`],
        [`${canonical}_text`, field],
      ];
    case "keyword":
    case "text":
    case "json":
      return [[canonical, field]];
  }
}

/** What can be wrong with a field: pairs of condition and reason, for `multiIf`. */
export function checksOf({ index, header, kind }: MappedColumn): string[] {
  const field = `c${index}`;
  const value = `v${index}`;
  const reason = (problem: string) => reasonOf(header, field, problem);
  const day = "a day from 2010 to 2099, such as 2026-05-31 or 05/31/2026";
  const dayReason = `concat(${reason(day)}, if(match(${field}, '${DAY_FIRST}'), ${quoted(DAY_FIRST_NOTE)}, ''))`;
  const number = "a number of at most 46 digits before and 30 after the point";
  switch (kind) {
    case "date":
      return [`isNull(${value})`, dayReason];
    case "day":
    case "day-before":
      return [`${field} != '' AND isNull(${value})`, dayReason];
    case "cost":
      return [`NOT ${isExactNumber(field, value)}`, reason(number)];
    case "decimal":
      return [`${field} != '' AND NOT ${isExactNumber(field, value)}`, reason(number)];
    case "flag":
      return [`lower(${field}) NOT IN ('', 'true', 'false', '1', '0')`, reason("true or false")];
    default:
      return [];
  }
}

/**
 * Whether a text is in another encoding: condition and reason, for `multiIf`. Such bytes would be kept, but could not
 * be written as JSON, and would not be the text that somebody meant. One condition for all columns, since it is almost
 * never true: it takes 1 % of a load's processor time.
 */
export function encodingCheckOf({ mapped, extra }: HeaderMapping): string[] {
  const texts = [...mapped.filter(({ kind }) => TEXT_KINDS.includes(kind)), ...extra];
  if (texts.length === 0) return [];
  const isValid = ({ index }: { index: number }) => `isValidUTF8(c${index})`;
  const reasons = texts.flatMap((column) => [
    `NOT ${isValid(column)}`,
    reasonWith(column.header, shown(`c${column.index}`), "UTF-8 text"),
  ]);
  return [`NOT (${texts.map(isValid).join(" AND ")})`, `multiIf(${reasons.join(", ")}, '')`];
}

/** The cost of a row that is refused, by the column that is its cost; null where it cannot be read. */
export function rejectedCostOf({ mapped }: HeaderMapping): string {
  const cost = mapped.find(({ kind }) => kind === "cost");
  if (cost === undefined) return "NULL";
  const value = `v${cost.index}`;
  return `if(reject = '' OR NOT ${isExactNumber(`c${cost.index}`, value)}, NULL, ${value})`;
}

/** `Column: "text" is not …`, with the text cut at 80 characters. */
function reasonOf(header: string, field: string, problem: string): string {
  return reasonWith(header, `if(${field} = '', 'blank', ${shown(field)})`, problem);
}

function reasonWith(header: string, text: string, problem: string): string {
  return `concat(${quoted(`${cut(header)}: `)}, ${text}, ${quoted(` is not ${problem}`)})`;
}

function shown(field: string): string {
  return `concat('"', toValidUTF8(substringUTF8(${field}, 1, 80)), '"')`;
}

function cut(header: string): string {
  return Array.from(header).slice(0, 80).join("");
}

/**
 * A day as Azure writes it: `2026-05-01` or, month first, `05/01/2026`, `5/1/2026`, `5/1/26`, each with or without a
 * time of day in UTC. Null for everything else, for years outside of 2010 to 2099 (Azure is not older, and no
 * commitment that long), and for days that do not exist: `toDate` would carry 31 February over into March. Every step
 * has one column only, so that it runs once for each distinct value.
 */
function dayOf(field: string): string {
  const steps: readonly (readonly [string, string])[] = [
    ["[T ][0-2]?[0-9]:[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+]00:00)?$", ""],
    ["^([0-9])/", "0\\1/"],
    ["/([0-9])/", "/0\\1/"],
    ["/([0-9]{2})$", "/20\\1"],
    ["^([0-9]{2})/([0-9]{2})/([0-9]{4})$", "\\3-\\1-\\2"],
  ];
  const iso = steps.reduce((text, [pattern, replacement]) => replaced(text, pattern, replacement), field);
  return `toDate(parseDateTimeOrNull(extract(${iso}, '^20[1-9][0-9]-[0-9]{2}-[0-9]{2}$'), '%Y-%m-%d', 'UTC'))`;
}

/**
 * Whether the text is one number of which Decimal(76, 30) holds every digit: the engine's own parser takes `1.2.3` for
 * 1.23, `-` for 0, and cuts what it cannot hold behind the point.
 */
function isExactNumber(field: string, value: string): string {
  const isNumber = `match(${field}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$')`;
  const fraction = `length(trimRight(extract(${field}, '[.]([0-9]*)'), '0'))`;
  const exponent = `toInt32OrZero(extract(${field}, '[eE]([+-]?[0-9]+)$'))`;
  const mayBeCut = `length(${field}) > 31 OR position(${field}, 'e') > 0 OR position(${field}, 'E') > 0`;
  const keepsAll = `if(${mayBeCut}, ${fraction} - ${exponent} <= 30, true)`;
  return `(${isNumber} AND isNotNull(${value}) AND ${keepsAll})`;
}

function replaced(text: string, pattern: string, replacement: string): string {
  return `replaceRegexpOne(${text}, ${quoted(pattern)}, ${quoted(replacement)})`;
}

/** The text as a literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
