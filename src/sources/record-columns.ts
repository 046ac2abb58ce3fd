import { CANONICAL_COLUMNS, nameOf } from "../domain/columns.ts";
import type { CanonicalColumn } from "../domain/columns.ts";
import { COLUMN_SETS } from "../domain/column-sets.ts";

/** A column of the CSV that is made of an API's items. */
export type RecordColumn = {
  readonly header: string;
  /** The fields of an item that may fill it, in lower case; where an item has several of them, the first wins. */
  readonly fields: readonly string[];
};

const FOCUS_NAMES = namesOfSets((family) => family === "FOCUS");
const COST_NAMES = namesOfSets((family) => family !== "FOCUS");

const KNOWN_NAMES = new Set(
  CANONICAL_COLUMNS.flatMap(({ spellings }) => spellings.map((spelling) => nameOf(spelling).toLowerCase())),
);

/**
 * The columns of cost files under one name each, whatever a kind of item calls them: items of different agreements come
 * in one stream, and a header names every column once. Spellings that only FOCUS has are left out: they mean other things.
 */
export const RECORD_COLUMNS: readonly RecordColumn[] = CANONICAL_COLUMNS.flatMap((column) => {
  const fields = fieldsOf(column);
  return fields[0] === undefined ? [] : [{ header: fields[0], fields: fields.map((name) => name.toLowerCase()) }];
});

const READ_NAMES = new Set(RECORD_COLUMNS.flatMap(({ fields }) => fields));

/** Whether a name is known, but not as a field of such items: as a header it would mean something else. */
export function isForeignName(name: string): boolean {
  return KNOWN_NAMES.has(name.toLowerCase()) && !READ_NAMES.has(name.toLowerCase());
}

/** The spellings of a column that read its text as the first of them does. */
function fieldsOf({ kind, spellings, files }: CanonicalColumn): string[] {
  if (files === "focus") return [];
  const known = spellings
    .map((spelling) => (typeof spelling === "string" ? { name: spelling, kind } : spelling))
    .filter(({ name }) => COST_NAMES.has(name.toLowerCase()) || !FOCUS_NAMES.has(name.toLowerCase()));
  return known.filter((spelling) => spelling.kind === known[0]?.kind).map(({ name }) => name);
}

function namesOfSets(isWanted: (family: string) => boolean): ReadonlySet<string> {
  const sets = Object.values(COLUMN_SETS).filter(({ family }) => isWanted(family));
  return new Set(sets.flatMap(({ headers }) => headers.map((name) => name.toLowerCase())));
}
