import { COLUMN_SET_NAMES, COLUMN_SETS, type ColumnFamily, type ColumnSet } from "../src/domain/column-sets.ts";
import { DERIVED_COLUMNS, type DerivedColumn } from "../src/domain/derived-columns.ts";
import { CANONICAL_COLUMNS, type CanonicalColumn, type ColumnKind } from "../src/domain/columns.ts";
import { mapHeader } from "../src/domain/header.ts";

const SETS: readonly ColumnSet[] = COLUMN_SET_NAMES.map((name) => COLUMN_SETS[name]);
const FAMILIES: readonly ColumnFamily[] = ["EA", "MCA, MPA and CSP", "Pay-as-you-go", "FOCUS"];
/** What Azure delivers today: a spelling that stands there needs no version. */
const NEWEST: readonly ColumnSet[] = [
  COLUMN_SETS["ea-2024-08-01"],
  COLUMN_SETS["mca-2023-12-01-preview"],
  COLUMN_SETS["mpa-2023-12-01-preview"],
  COLUMN_SETS["mosp-2019-11-01"],
  COLUMN_SETS["focus-1.2"],
];
const NEWEST_FIRST = [...NEWEST, ...SETS.filter((set) => !NEWEST.includes(set)).toReversed()];
const TYPES: Readonly<Record<ColumnKind, string>> = {
  date: "day",
  day: "day or null",
  "day-before": "day or null",
  cost: "decimal",
  decimal: "decimal or null",
  flag: "true, false or null",
  keyword: "text",
  text: "text",
  json: "text",
  identifier: "text in lower case",
  subscription: "text in lower case",
  "billing-account": "text in lower case",
  tags: "map",
};

const DERIVED_TYPES: Readonly<Record<DerivedColumn["kind"], string>> = {
  text: "text or null",
  number: "number or null",
  words: "text",
  map: "map",
};

/** The text of docs/columns.md: every canonical column with its spellings, every column set with what it keeps aside. */
export function columnsDocument(): string {
  return `# Columns

Made by \`npm run docs\` from [columns.ts](../src/domain/columns.ts) and [column-sets.ts](../src/domain/column-sets.ts).

Columns are recognised one by one, whatever their order and case, so a file need not be one of the sets below. A localised
header such as \`Abonnement-GUID (SubscriptionGuid)\` counts by the name in its last parentheses. A column that has no
place here is kept in the map \`extra\`, under the name that the file gives it: \`extra['x_ChargeId']\`. Where a file has
two spellings of one column, the first of them counts and the other is kept in \`extra\`. In an amortized export the cost
columns fill the amortized ones.

A decimal is \`Decimal(76, 30)\`. A version in parentheses is one that has another spelling than the newest.

${table(
  ["column", "type", "meaning", ...FAMILIES],
  CANONICAL_COLUMNS.map((column) => [
    `\`${column.name}\``,
    TYPES[column.kind],
    column.comment,
    ...FAMILIES.map((family) => spellingsIn(column, family)),
  ]),
)}
The load adds \`load_id\`, \`source\`, \`dataset\`, \`billing_month\`, \`line\` (record number in the file), \`tags_text\` (the
tags as delivered) and \`extra\`.

## What is derived of a line

The load tells more out of the texts of a line, by expressions of the table's own, whichever way the line came. Each is
null where it does not apply. Lines that were loaded before these columns were there have them as well: they are told
when they are read. Only \`resource_name\` and \`resource_type\` of such lines stay as they were delivered.

${table(
  ["column", "type", "meaning"],
  DERIVED_COLUMNS.map(({ name, kind, comment }) => [`\`${name}\``, DERIVED_TYPES[kind], comment]),
)}
A size comes from \`ServiceType\` in \`additional_info\`, else from the meter, of which \`Low Priority\`, \`Spot\` and
\`Expired\` are left out. Of a meter with two sizes, such as \`D2 v3/D2s v3\`, it is the first one, unless the product
names one alone. The letters that tell the sizes of one series apart are not in \`vm_series\`.

Tags and additional info are JSON, in some exports without the outer braces. Where they cannot be read as an object,
the line counts all the same: its map is empty, its text is kept in \`tags_text\` or \`additional_info\`, and
\`malformed_json\` names the column. How many lines that were is in the summary of \`import\`, in \`rowsMalformed\` of
\`/v1/runs\` and in \`rows_malformed\` of the table \`loads\`. A value that is no text is kept as its JSON text, null as
an empty one. \`tags\` has the names as delivered; \`tags_lower\` has them in lower case.

## Column sets

The Cost Details API answers with the columns of EA or MCA 2023-12-01-preview. FOCUS 1.3 and 1.4 are those of the
specification; Azure exports 1.2 at most.

${table(["set", "columns", "kept in extra"], SETS.map(rowOf))}`;
}

function rowOf(set: ColumnSet): string[] {
  const [dataset] = set.datasets;
  const { extra } = mapHeader(set.headers, dataset, set.title);
  return [set.title, String(set.headers.length), extra.map(({ header }) => `\`${header}\``).join(", ")];
}

/** The names that fill the column in files of that family; with their versions where the newest has another one. */
function spellingsIn(column: CanonicalColumn, family: ColumnFamily): string {
  const versions = new Map<string, { readonly header: string; readonly sets: ColumnSet[] }>();
  for (const set of NEWEST_FIRST.filter((candidate) => candidate.family === family)) {
    for (const header of headersFor(column, set)) {
      const known = versions.get(header.toLowerCase());
      if (known === undefined) versions.set(header.toLowerCase(), { header, sets: [set] });
      else known.sets.push(set);
    }
  }
  return [...versions.values()].map(({ header, sets }) => `\`${header}\`${noteOf(sets)}`).join(", ");
}

function noteOf(sets: readonly ColumnSet[]): string {
  if (sets.some((set) => NEWEST.includes(set))) return "";
  const versions = sets.map(({ title }) => title.replace(/^(EA|FOCUS) /, "")).toReversed();
  return ` (${versions.join(", ")})`;
}

function headersFor(column: CanonicalColumn, set: ColumnSet): string[] {
  const headers = set.datasets.flatMap((dataset) =>
    mapHeader(set.headers, dataset, set.title).mapped.flatMap(({ canonical, header }) =>
      canonical === column.name ? [header] : [],
    ),
  );
  return [...new Set(headers)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}
