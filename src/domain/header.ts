import { CANONICAL_COLUMNS, nameOf } from "./columns.ts";
import type { CanonicalColumn, ColumnKind } from "./columns.ts";
import { HeaderError } from "./errors.ts";
import type { Dataset } from "./run.ts";

/** A column of a file, and the canonical column that it fills. */
export type MappedColumn = {
  /** Position in the file, from 0. */
  readonly index: number;
  /** The name as the file spells it. */
  readonly header: string;
  readonly canonical: string;
  readonly kind: ColumnKind;
};

/** What each column of a file means. Together the two lists hold every column of the file; few fill two columns. */
export type HeaderMapping = {
  readonly mapped: readonly MappedColumn[];
  /** Columns that nobody knows, or of which a better spelling is in the file; kept by name in `extra`. */
  readonly extra: readonly { readonly index: number; readonly header: string }[];
};

/** In an amortized export the cost columns carry the amortized figures under the names of the actual ones. */
const AMORTIZED_NAMES: Readonly<Record<string, string>> = {
  cost_in_billing_currency: "amortized_cost_in_billing_currency",
  cost_in_usd: "amortized_cost_in_usd",
  cost_in_pricing_currency: "amortized_cost_in_pricing_currency",
};

/** By their costs, the column sets can be told apart. */
const FOCUS_COSTS = ["billedcost", "effectivecost"];
const COSTS = ["costinbillingcurrency", "cost", "pretaxcost", "extendedcost"];

/** The columns that a file of each dataset cannot be without. */
const REQUIRED: Readonly<Record<Dataset, readonly string[]>> = {
  actual: ["date", "cost_in_billing_currency"],
  usage: ["date", "cost_in_billing_currency"],
  amortized: ["date", "amortized_cost_in_billing_currency"],
  focus: ["date", "cost_in_billing_currency", "amortized_cost_in_billing_currency"],
};

/**
 * Decides what each column of a file fills. Compares names without case, accepts localised headers that carry the
 * English name in their last parentheses. Throws HeaderError, with `place` in front, when a name comes twice, when a
 * required column is missing, and when the columns are those of another kind of dataset.
 */
export function mapHeader(header: readonly string[], dataset: Dataset, place: string): HeaderMapping {
  const positions = new Map<string, number>();
  for (const [index, name] of header.entries()) {
    const key = comparableName(name);
    const earlier = positions.get(key);
    if (earlier !== undefined) {
      throw new HeaderError(
        `${place} Column ${JSON.stringify(cut(name))} stands twice in the header (${earlier + 1} and ${index + 1}). ` +
          "Deliver the export again, or remove one of the two.",
      );
    }
    positions.set(key, index);
  }
  requireDatasetOf(positions, dataset, place);

  const mapped: MappedColumn[] = [];
  for (const column of CANONICAL_COLUMNS) {
    if (column.files === "focus" && dataset !== "focus") continue;
    const found = findSpelling(column, positions);
    if (found === undefined) continue;
    const canonical = dataset === "amortized" ? (AMORTIZED_NAMES[column.name] ?? column.name) : column.name;
    mapped.push({ index: found.index, header: header[found.index] ?? "", canonical, kind: found.kind });
  }
  requireColumns(mapped, header, dataset, place);

  const used = new Set(mapped.map((column) => column.index));
  const extra = header.map((name, index) => ({ index, header: name })).filter(({ index }) => !used.has(index));
  return { mapped, extra };
}

function findSpelling(
  column: CanonicalColumn,
  positions: ReadonlyMap<string, number>,
): { index: number; kind: ColumnKind } | undefined {
  for (const spelling of column.spellings) {
    const { name, kind } = typeof spelling === "string" ? { name: spelling, kind: column.kind } : spelling;
    const index = positions.get(name.toLowerCase());
    if (index !== undefined) return { index, kind };
  }
  return undefined;
}

function comparableName(header: string): string {
  const localised = /\(([^()]+)\)\s*$/.exec(header);
  return (localised?.[1] ?? header).trim().toLowerCase();
}

/** A header that is neither a FOCUS nor a cost export's is left to `requireColumns`, which says what is missing. */
function requireDatasetOf(positions: ReadonlyMap<string, number>, dataset: Dataset, place: string): void {
  const isFocus = FOCUS_COSTS.every((name) => positions.has(name));
  const isCost = !isFocus && COSTS.some((name) => positions.has(name));
  if (dataset === "focus" ? !isCost : !isFocus) return;
  throw new HeaderError(
    `${place} The columns are those of ${isFocus ? "a FOCUS" : "a cost"} export, but the run is announced as ` +
      `"${dataset}". Check the type of the export that the manifest names.`,
  );
}

function requireColumns(
  mapped: readonly MappedColumn[],
  header: readonly string[],
  dataset: Dataset,
  place: string,
): void {
  const present = new Set(mapped.map((column) => column.canonical));
  const missing = REQUIRED[dataset].filter((name) => !present.has(name));
  if (missing.length === 0) return;
  const expected = missing.map((name) => `${name} (${spellingsFor(name, dataset).join(", ")})`).join("; ");
  throw new HeaderError(
    `${place} The header lacks what every ${dataset} export has: ${expected}. ` +
      `Found ${header.length} columns: ${listed(header)}. Check that this is a cost export.`,
  );
}

function spellingsFor(canonical: string, dataset: Dataset): string[] {
  const names = dataset === "amortized" ? Object.entries(AMORTIZED_NAMES) : [];
  const name = names.find(([, amortized]) => amortized === canonical)?.[0] ?? canonical;
  const column = CANONICAL_COLUMNS.find((candidate) => candidate.name === name);
  return (column?.spellings ?? []).map(nameOf);
}

/** As many of the names as a message can bear; the widest export has about a hundred. */
function listed(header: readonly string[]): string {
  const shown = header.slice(0, 120).map(cut).join(", ");
  return header.length > 120 ? `${shown}, …` : shown;
}

function cut(name: string): string {
  return Array.from(name).slice(0, 80).join("");
}
