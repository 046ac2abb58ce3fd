import { InvalidRequestError } from "./errors.ts";
import { daysOfMonth, isDay, isMonth, parseBillingPeriod } from "./month.ts";
import type { DayRange, Month } from "./month.ts";
import { KEPT_PUBLICATIONS } from "./retention.ts";
import { DATASETS, isDataset } from "./run.ts";
import type { Dataset } from "./run.ts";
import { SOURCE_NAME } from "./source.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads what one property of an input says; undefined where it is not given. */
type Reader<T> = (value: unknown, place: string) => T;

/**
 * Checks the input of a workflow, which anybody may have written by hand: every property is read by its reader, and
 * others are refused. Throws InvalidRequestError.
 */
function read<T extends object>(
  workflow: string,
  input: unknown,
  readers: { [Name in keyof T]-?: Reader<T[Name]> },
): T {
  if (!isFields(input)) throw wrong(workflow, "expected an object", input ?? null);
  const unknown = Object.keys(input).find((name) => !(name in readers));
  if (unknown !== undefined) {
    const known = Object.keys(readers).join(", ");
    throw new InvalidRequestError(`${workflow}: there is no ${JSON.stringify(unknown)}. Expected ${known}.`);
  }
  const names = Object.keys(readers) as (keyof T & string)[];
  const found = names.flatMap((name) => {
    const value = readers[name](input[name], `${workflow}: ${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found) as T;
}

/** Reads what to import of a source. */
export function readImportSource(input: unknown) {
  return read<{ source: string } & ImportOptions & ExtractionOptions>("importSource", input, {
    source: sourceName,
    ...IMPORT_OPTIONS,
    extract: optional(flag),
    invoice: optional(text),
  });
}

/** Demands a run and its source, which the import of the source gives: nobody writes those by hand. */
export function readImportRun<Input>(input: unknown): Input {
  const { source, run } = isFields(input) ? input : {};
  if (isFields(source) && isFields(run) && Array.isArray(run["parts"])) return input as Input;
  throw new InvalidRequestError("importRun: expected a source and a run. Start importSource with a runId instead.");
}

/** Reads which sources to import; nothing at all means every one. */
export function readImportAll(input: unknown) {
  return read<{ sources?: string[] } & ImportOptions>("importAll", input ?? {}, {
    sources: optional(listOf(sourceName)),
    ...IMPORT_OPTIONS,
  });
}

/** Reads which months of a source to import. `done` and `isPaused` come from the backfill itself, when it goes on. */
export function readBackfill<Result>(input: unknown) {
  const backfill = read<Backfill<Result>>("backfill", input, {
    source: sourceName,
    from: month,
    to: month,
    overwrite: optional(flag),
    done: optional(listOf((value) => value as Result)),
    isPaused: optional(flag),
  });
  if (backfill.from <= backfill.to) return backfill;
  throw new InvalidRequestError(`backfill: from ${backfill.from} is after to ${backfill.to}. Turn them round.`);
}

/** Reads what may go; nothing at all means all that no kept publication names, and old evaluations. */
export function readPrune(input: unknown) {
  const {
    sources = [],
    keep = KEPT_PUBLICATIONS,
    dryRun = false,
    evaluations = sources.length === 0,
  } = read<{ sources?: string[]; keep?: number; dryRun?: boolean; evaluations?: boolean }>("prune", input ?? {}, {
    sources: optional(listOf(sourceName)),
    keep: optional(atLeastOne),
    dryRun: optional(flag),
    evaluations: optional(flag),
  });
  return { sources, keep, dryRun, evaluations };
}

/** Reads which resources to assign; nothing at all means those for which something has changed. */
export function readTrackResources(input: unknown) {
  const { anew = false } = read<{ anew?: boolean }>("trackResources", input ?? {}, { anew: optional(flag) });
  return { anew };
}

type ImportOptions = {
  billingPeriod?: DayRange;
  runId?: string;
  dataset?: Dataset;
  overwrite?: boolean;
  dryRun?: boolean;
};

type ExtractionOptions = { extract?: boolean; invoice?: string };

type Backfill<Result> = {
  source: string;
  from: Month;
  to: Month;
  overwrite?: boolean;
  done?: Result[];
  isPaused?: boolean;
};

const IMPORT_OPTIONS = {
  billingPeriod: optional(days),
  runId: optional(text),
  dataset: optional(datasetName),
  overwrite: optional(flag),
  dryRun: optional(flag),
};

function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, place) => (value === undefined || value === null ? undefined : reader(value, place));
}

function listOf<T>(reader: Reader<T>): Reader<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw wrong(place, "expected a list", value);
    return value.map((item: unknown) => reader(item, place));
  };
}

function sourceName(value: unknown, place: string): string {
  if (typeof value === "string" && SOURCE_NAME.test(value)) return value;
  throw wrong(place, "expected the name of a source, such as contoso", value ?? null);
}

function month(value: unknown, place: string): Month {
  if (typeof value === "string" && isMonth(value)) return value;
  throw wrong(place, "expected a month like 2026-09", value ?? null);
}

/** Days as the command line writes them (2026-05, 20260501-20260531), or as an object. */
function days(value: unknown, place: string): DayRange {
  if (typeof value === "string") return isMonth(value) ? daysOfMonth(value) : parseBillingPeriod(value);
  const { first, last } = isFields(value) ? value : {};
  if (typeof first === "string" && typeof last === "string" && isDay(first) && isDay(last) && first <= last) {
    return { first, last };
  }
  throw wrong(place, 'expected a month like "2026-09", or {"first": "2026-09-01", "last": "2026-09-30"}', value);
}

function text(value: unknown, place: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(place, "expected a text", value);
}

function datasetName(value: unknown, place: string): Dataset {
  if (typeof value === "string" && isDataset(value)) return value;
  throw wrong(place, `expected ${DATASETS.join(", ")}`, value);
}

function flag(value: unknown, place: string): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(place, "expected true or false", value);
}

function atLeastOne(value: unknown, place: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw wrong(place, "expected a whole number of at least 1", value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(place: string, expected: string, value: unknown): InvalidRequestError {
  return new InvalidRequestError(`${place}: ${expected}, got ${JSON.stringify(value)}. Correct the input.`);
}
