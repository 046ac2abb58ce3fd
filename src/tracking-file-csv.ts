import type { RulePath } from "./domain/tracking-match.ts";
import { ruleAsJson } from "./domain/tracking-read.ts";
import { SHORT_TARGET } from "./domain/tracking-rule.ts";
import type { TrackingFallback, TrackingRule } from "./domain/tracking-rule.ts";
import { shortFormOf } from "./tracking-file-short.ts";
import { parsePlacedCsv } from "./placed-csv.ts";
import type { PlacedField } from "./placed-csv.ts";
import type { OpenRuleFile } from "./open-rule-file.ts";
import type { Mistake, Place } from "./yaml-file.ts";

const CONDITION = ["field", "operator", "value"];
const PLAIN = ["id", "priority", "name", SHORT_TARGET, "valid_from", "valid_to", "enabled"];
const COLUMNS = [...PLAIN, "match", ...CONDITION];
const TARGET = "target:";
const FALLBACK = /^# *fallback *: *(?<value>\S*) *\r?$/m;
const BEGINNING: Place = { line: 1, column: 1 };

type Row = ReadonlyMap<string, PlacedField>;

/**
 * Opens the text of a CSV file: a header, and a rule in each line. A match is JSON, or one condition in the columns field,
 * operator and value; each target has a column. Lines before the header that begin with # are comments, of which
 * `# fallback: last_segment` says what resources without a rule are given.
 */
export function openCsvRules(text: string): OpenRuleFile {
  const mistakes: Mistake[] = [];
  const report = (mistake: Mistake) => void mistakes.push(mistake);
  const comments = /^(?:#.*\n)*/.exec(text)?.[0] ?? "";
  const above = comments.split("\n").length - 1;
  const shift = <Placed extends Place>(place: Placed): Placed => ({ ...place, line: place.line + above });
  const [header = [], ...records] = parsePlacedCsv(text.slice(comments.length), (wrong) => report(shift(wrong))).map(
    (record) => record.map(shift),
  );
  const names = readHeader(header, report);
  const rows = records.map((record) => readRow(names, record, report));
  return {
    fallback: FALLBACK.exec(comments)?.groups?.["value"],
    fallbackPlace: { line: comments.split("\n").findIndex((line) => FALLBACK.test(line)) + 1, column: 1 },
    rules: rows.map((row) => ruleOf(row, report)),
    placeOf: (index, path) => placeOf(rows[index], path),
    placeInText(index, path, character) {
      const place = placeOf(rows[index], path);
      return path.length === 2 ? { ...place, column: place.column + character } : place; // else it stands in JSON
    },
    mistakes,
  };
}

/** The text of a CSV file that is opened as these rules. */
export function renderCsvRules(rules: readonly TrackingRule[], fallback: TrackingFallback): string {
  const records = rules.map((rule): Record<string, string> => {
    const { valid_from, valid_to, enabled, ...rest } = ruleAsJson(rule);
    const short = shortFormOf(rule);
    const { targets = {}, ...said } = short ?? { ...rest, match: JSON.stringify(rule.match) };
    const named = Object.entries(targets).map(([name, text]) => [`${TARGET}${name}`, text] as const);
    return Object.fromEntries(
      Object.entries({ ...said, id: rule.id, valid_from, valid_to, enabled, ...mapOf(named) }).map(([name, value]) => [
        name,
        String(value ?? ""),
      ]),
    );
  });
  const isSaid = (column: string) => records.some((record) => (record[column] ?? "") !== "");
  const targets = [...new Set(records.flatMap((record) => Object.keys(record)))].filter((name) =>
    name.startsWith(TARGET),
  );
  const header = [
    "id",
    "priority",
    "name",
    ...[SHORT_TARGET, "match"].filter(isSaid),
    "valid_from",
    "valid_to",
    "enabled",
    ...targets,
  ];
  const lines = records.map((record) => header.map((column) => record[column] ?? ""));
  const text = [header, ...lines].map((fields) => fields.map(quoted).join(","));
  return [`# fallback: ${fallback}`, ...text, ""].join("\n");
}

function readHeader(header: readonly PlacedField[], report: (mistake: Mistake) => void): string[] {
  const names = header.map(({ text }) => {
    const name = text.trim();
    return name.startsWith(TARGET) ? name : name.toLowerCase();
  });
  if (!names.includes("id")) {
    const place = header[0] ?? BEGINNING;
    const { line, column } = place;
    report({
      line,
      column,
      message: `expected a header with the column id and some of ${COLUMNS.join(", ")}, ${TARGET}<name>`,
    });
  }
  for (const [index, { line, column }] of header.entries()) {
    const name = names[index] ?? "";
    const isKnown = COLUMNS.includes(name) || (name.startsWith(TARGET) && name !== TARGET);
    if (!isKnown) {
      report({ line, column, message: `${name}: unknown column; there are ${COLUMNS.join(", ")} and ${TARGET}<name>` });
    } else if (names.indexOf(name) < index) report({ line, column, message: `${name}: is a column already` });
  }
  return names.map((name, index) => (names.indexOf(name) < index ? "" : name));
}

function readRow(names: readonly string[], record: readonly PlacedField[], report: (mistake: Mistake) => void): Row {
  const surplus = record[names.length];
  if (surplus !== undefined) {
    const { line, column } = surplus;
    report({ line, column, message: `expected ${names.length} fields as in the header, found ${record.length}` });
  }
  return new Map(record.slice(0, names.length).map((field, index) => [names[index] ?? "", field]));
}

function ruleOf(row: Row, report: (mistake: Mistake) => void): object {
  const filled = [...row].filter(([, { text }]) => text !== "");
  const plain = mapOf(filled.filter(([name]) => PLAIN.includes(name)).map(([name, { text }]) => [name, text] as const));
  const targets = mapOf(
    filled
      .filter(([name]) => name.startsWith(TARGET))
      .map(([name, { text }]) => [name.slice(TARGET.length), text] as const),
  );
  const hasCondition = filled.some(([name]) => CONDITION.includes(name));
  const match = row.get("match")?.text ?? "";
  const isShort = filled.some(([name]) => name === SHORT_TARGET);
  return {
    ...plain,
    ...(isShort && Object.keys(targets).length === 0 ? {} : { targets }),
    ...(match === "" ? {} : { match: parseJson(row.get("match"), report) }),
    ...(hasCondition && match === ""
      ? { match: mapOf(CONDITION.map((name) => [name, row.get(name)?.text ?? ""] as const)) }
      : {}),
  };
}

function mapOf(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries);
}

function parseJson(field: PlacedField | undefined, report: (mistake: Mistake) => void): unknown {
  try {
    return JSON.parse(field?.text ?? "");
  } catch (error) {
    const { line, column } = field ?? BEGINNING;
    report({
      line,
      column,
      message: `match: expected JSON: ${error instanceof Error ? error.message : String(error)}`,
    });
    return undefined;
  }
}

/** The field that a setting stands in; the line's first one where it has none. */
function placeOf(row: Row | undefined, path: RulePath): Place {
  const [name, inside] = path;
  const target = row?.get(`${TARGET}${String(inside)}`);
  const condition =
    row?.get("match")?.text === "" || row?.get("match") === undefined ? row?.get(String(inside)) : undefined;
  const own =
    name === "targets" ? target : name === "match" ? (condition ?? row?.get("match")) : row?.get(String(name));
  const { line, column } = own ?? row?.values().next().value ?? BEGINNING;
  return { line, column };
}

function quoted(text: string): string {
  return /[",;\r\n]|^\s|\s$|^#/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
