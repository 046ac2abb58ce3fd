import type { MappedColumn } from "../src/domain/header.ts";

/** Columns of `cost_landing` that a column of a file fills, and the expressions that do; field `c<index>` is its text. */
export function valuesOf({ index, canonical, kind }: MappedColumn): (readonly [string, string])[] {
  const field = `c${index}`;
  switch (kind) {
    case "date":
      return [[canonical, `ifNull(${dayOf(field)}, toDate(0))`]];
    case "day":
      return [[canonical, dayOf(field)]];
    case "day-before":
      return [[canonical, `${dayOf(field)} - 1`]];
    case "cost":
      return [[canonical, `ifNull(toDecimal256OrNull(${field}, 30), toDecimal256(0, 30))`]];
    case "decimal":
      return [[canonical, `toDecimal256OrNull(${field}, 30)`]];
    case "flag":
      return [
        [canonical, `multiIf(lower(${field}) IN ('true', '1'), true, lower(${field}) IN ('false', '0'), false, NULL)`],
      ];
    case "identifier":
      return [[canonical, `lower(${field})`]];
    case "subscription":
      return [[canonical, `replaceRegexpOne(lower(${field}), '^/subscriptions/', '')`]];
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
  const text = `if(${field} = '', 'blank', concat('"', substringUTF8(${field}, 1, 80), '"'))`;
  const reason = (problem: string) => `concat(${quoted(`${header}: `)}, ${text}, ${quoted(` is not ${problem}`)})`;
  const day = "a day such as 2026-05-31 or 05/31/2026";
  const number = "a number of at most 46 digits before and 30 after the point";
  switch (kind) {
    case "date":
      return [`isNull(${dayOf(field)})`, reason(day)];
    case "day":
    case "day-before":
      return [`${field} != '' AND isNull(${dayOf(field)})`, reason(day)];
    case "cost":
      return [`NOT ${isExactNumber(field)}`, reason(number)];
    case "decimal":
      return [`${field} != '' AND NOT ${isExactNumber(field)}`, reason(number)];
    case "flag":
      return [`lower(${field}) NOT IN ('', 'true', 'false', '1', '0')`, reason("true or false")];
    default:
      return [];
  }
}

/**
 * A day as Azure writes it: `2026-05-01` or, month first, `05/01/2026`, `5/1/2026`, `5/1/26`, each with or without a
 * time of day in UTC. Null for everything else, and for days that do not exist: `toDate` would carry 31 February over
 * into March. Every step has one column only, so that it runs once for each distinct value.
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
  return `toDate(parseDateTimeOrNull(${iso}, '%Y-%m-%d', 'UTC'))`;
}

/**
 * Whether the text is one number of which Decimal(76, 30) holds every digit: the engine's own parser takes `1.2.3` for
 * 1.23, `-` for 0, and cuts what it cannot hold behind the point.
 */
function isExactNumber(field: string): string {
  const isNumber = `match(${field}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$')`;
  const fraction = `length(trimRight(extract(${field}, '[.]([0-9]*)'), '0'))`;
  const exponent = `toInt32OrZero(extract(${field}, '[eE]([+-]?[0-9]+)$'))`;
  const mayBeCut = `length(${field}) > 31 OR position(${field}, 'e') > 0 OR position(${field}, 'E') > 0`;
  const keepsAll = `if(${mayBeCut}, ${fraction} - ${exponent} <= 30, true)`;
  return `(${isNumber} AND isNotNull(toDecimal256OrNull(${field}, 30)) AND ${keepsAll})`;
}

function replaced(text: string, pattern: string, replacement: string): string {
  return `replaceRegexpOne(${text}, ${quoted(pattern)}, ${quoted(replacement)})`;
}

/** The text as a literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
