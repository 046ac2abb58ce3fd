import type { Atom } from "./tracking-compile.ts";

/** How an atom is looked for: beside all others of its column, way and batch, in one pass over the resources. */
export type Search = {
  readonly number: number;
  /** Column of what resources show; `tag` for every tag. */
  readonly column: string;
  /** Key of the tag; empty for what is no tag. */
  readonly key: string;
  readonly way: SearchWay;
  /** Whole text, literal or pattern, as it was written. */
  readonly text: string;
  /** Where a literal has to stand. */
  readonly anchor: "start" | "end" | "anywhere";
  readonly batch: number;
};

/** Whole texts are joined, literals are found all at once, the others are regular expressions. */
export type SearchWay = "equals" | "literal" | "wildcard" | "regex";

type Found = Pick<Search, "way" | "text" | "anchor">;

/**
 * How many are looked for at once. Literals cost next to nothing together. To compile a regular expression takes a
 * millisecond or two; where many have repetitions each takes twice as long when there are twice as many.
 */
const BATCH_SIZE: Readonly<Record<SearchWay, number>> = {
  equals: Infinity,
  literal: 10_000,
  wildcard: 500,
  regex: 100,
};

/** How each atom is looked for, and in which batch. */
export function planSearches(atoms: readonly Atom[]): Search[] {
  const counts = new Map<string, number>();
  return atoms.map((atom) => {
    const { column, key } = placeOf(atom.field);
    const found = searchOf(atom);
    const group = `${column} ${found.way}`;
    const index = counts.get(group) ?? 0;
    counts.set(group, index + 1);
    return { number: atom.number, column, key, ...found, batch: Math.floor(index / BATCH_SIZE[found.way]) };
  });
}

function placeOf(field: Atom["field"]): Pick<Search, "column" | "key"> {
  return field.startsWith("tag:") ? { column: "tag", key: field.slice("tag:".length) } : { column: field, key: "" };
}

function searchOf({ operator, value }: Atom): Found {
  switch (operator) {
    case "equals":
      return whole(value);
    case "contains":
      return literal(value, "anywhere");
    case "prefix":
      return literal(value, "start");
    case "suffix":
      return literal(value, "end");
    case "wildcard":
      return searchOfWildcard(value);
    case "regex":
      return { way: "regex", text: value, anchor: "anywhere" };
  }
}

/** What a wildcard comes to: most are a literal at one end. */
function searchOfWildcard(value: string): Found {
  const pieces = value.split(/\*+/);
  const [first = "", ...others] = pieces;
  const last = others.at(-1);
  if (last === undefined) return whole(first);
  const middle = others.slice(0, -1);
  if (middle.length === 0 && last === "") return literal(first, "start");
  if (middle.length === 0 && first === "") return literal(last, "end");
  if (middle.length === 1 && first === "" && last === "") return literal(middle[0] ?? "", "anywhere");
  return { way: "wildcard", text: `^${pieces.map(escapePattern).join(".*")}\\z`, anchor: "anywhere" };
}

function whole(text: string): Found {
  return { way: "equals", text, anchor: "anywhere" };
}

function literal(text: string, anchor: Search["anchor"]): Found {
  return { way: "literal", text, anchor };
}

/** The same text for RE2 and vectorscan, which take every character but these as it is. */
function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
