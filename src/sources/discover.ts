import { text } from "node:stream/consumers";
import { ManifestError, FileError, OverwrittenError } from "../domain/errors.ts";
import { inBatches } from "../domain/in-batches.ts";
import { monthOf } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";
import type { Run } from "../domain/run.ts";
import type { Source } from "../domain/source.ts";
import { distinctRuns, type Problem } from "./distinct-runs.ts";
import { overlap, readLayout } from "./layout.ts";
import { runFromLegacyFile } from "./legacy-run.ts";
import { runFromManifest } from "./manifest-run.ts";
import { parseManifest } from "./manifest.ts";
import type { Store, StoredFile } from "./store.ts";

/** Everything that a source holds, as one listing and its manifests tell it. */
export type Discovery = {
  /** By series, oldest first. */
  readonly runs: readonly Run[];
  /** Deliveries that cannot be imported as they are. */
  readonly problems: readonly Problem[];
  /** What was passed over on purpose: exports of other things than costs, files that no manifest names. */
  readonly skipped: readonly Problem[];
  /** What was assumed where a manifest says too little, in sentences. */
  readonly warnings: readonly string[];
  /** Data files beside a manifest that does not name them: leftovers of an earlier delivery. */
  readonly leftoverCount: number;
};

/** What narrows a discovery. */
export type DiscoverOptions = {
  /** Only runs that cover a day of it. */
  readonly billingPeriod?: DayRange | undefined;
  readonly signal?: AbortSignal | undefined;
};

const LISTINGS = 3;
const CONCURRENT_READS = 8;
const MANIFEST_BYTES = 8 * 1024 * 1024;
const MANIFEST_NAME = /manifest\.json$/i;
const DATA_NAME = /\.(csv|ndjson|jsonl|parquet)(\.gz)?$/i;

/**
 * Finds every run below a source's base folder, by one flat listing and its manifests; no data file is opened. A bad
 * manifest is a problem and stops nothing else. Throws OverwrittenError when the place does not hold still, and what
 * the store throws.
 */
export async function discoverRuns(
  source: Pick<Source, "name">,
  store: Store,
  options: DiscoverOptions = {},
): Promise<Discovery> {
  for (let listing = 1; ; listing++) {
    try {
      return await discoverOnce(source.name, store, options);
    } catch (cause) {
      if (!(cause instanceof OverwrittenError)) throw cause;
      if (listing < LISTINGS) continue;
      throw new OverwrittenError(
        `${store.place}: changed during each of ${LISTINGS} listings: wait until the exports are written, then try again`,
        { cause },
      );
    }
  }
}

type Found = { runs: Run[]; problems: Problem[]; skipped: Problem[]; warnings: string[] };

async function discoverOnce(source: string, store: Store, options: DiscoverOptions): Promise<Discovery> {
  const listing = new Map<string, StoredFile>();
  for await (const file of store.list(options.signal)) listing.set(file.path, file);

  const found: Found = { runs: [], problems: [], skipped: [], warnings: [] };
  const within = [...listing.values()].filter((file) => isWithin(readLayout(file.path).period, options.billingPeriod));
  const manifests = within.filter((file) => MANIFEST_NAME.test(file.path));
  await inBatches(manifests, CONCURRENT_READS, (file) => readManifest(source, store, file, listing, found, options));

  const named = new Set(found.runs.flatMap((run) => run.parts.map((part) => part.path)));
  const unnamed = within.filter((file) => DATA_NAME.test(file.path) && !named.has(file.path));
  const leftoverCount = takeUnnamed(source, unnamed, manifests, found);

  const { runs, problems } = distinctRuns(found.runs);
  const asked = runs.filter((run) => isWithin(run.days, options.billingPeriod));
  return {
    runs: asked.filter(isWithinOneMonth),
    problems: sorted([...found.problems, ...problems, ...asked.filter((run) => !isWithinOneMonth(run)).map(tooLong)]),
    skipped: sorted(found.skipped),
    warnings: found.warnings.toSorted(),
    leftoverCount,
  };
}

async function readManifest(
  source: string,
  store: Store,
  file: StoredFile,
  listing: ReadonlyMap<string, StoredFile>,
  found: Found,
  options: DiscoverOptions,
): Promise<void> {
  try {
    const manifest = parseManifest(await readText(store, file, options.signal), file.path);
    if (manifest.kind === "other") {
      const message = `${file.path}: an export of type ${manifest.type}, which holds no costs`;
      found.skipped.push({ place: file.path, message });
      return;
    }
    found.warnings.push(...manifest.warnings);
    found.runs.push(runFromManifest(source, manifest, file, listing));
  } catch (error) {
    if (!(error instanceof ManifestError || error instanceof FileError)) throw error;
    found.problems.push({ place: file.path, message: error.message });
  }
}

async function readText(store: Store, file: StoredFile, signal: AbortSignal | undefined): Promise<string> {
  if (file.byteCount > MANIFEST_BYTES) {
    throw new ManifestError(
      `${file.path}: has ${file.byteCount} bytes, more than any manifest (limit ${MANIFEST_BYTES}): move it away`,
    );
  }
  return text(await store.open(file, signal));
}

/** Sorts out the data files that no manifest names, and counts those that lie beside a manifest. */
function takeUnnamed(
  source: string,
  unnamed: readonly StoredFile[],
  manifests: readonly StoredFile[],
  found: Found,
): number {
  const foldersWithManifest = new Set(manifests.map((file) => readLayout(file.path).folder));
  const foldersOfRuns = new Set(found.runs.map((run) => readLayout(run.manifestPath ?? "").folder));
  const unclaimed = new Map<string, number>();
  let leftoverCount = 0;
  for (const file of unnamed) {
    const { folder } = readLayout(file.path);
    const run = runFromLegacyFile(source, file);
    if (foldersOfRuns.has(folder)) leftoverCount++;
    if (foldersWithManifest.has(folder)) continue;
    if (run !== null) found.runs.push(run);
    else unclaimed.set(folder, (unclaimed.get(folder) ?? 0) + 1);
  }
  for (const [folder, count] of unclaimed) {
    const place = folder || "/";
    const files = count === 1 ? "1 data file" : `${count} data files`;
    found.skipped.push({ place, message: `${place}: ${files} without a manifest: not finished yet, or left over` });
  }
  return leftoverCount;
}

function isWithin(days: DayRange | null, billingPeriod: DayRange | undefined): boolean {
  return days === null || billingPeriod === undefined || overlap(days, billingPeriod);
}

/** A run is published whole for its month: one over two months would count twice, or have to be cut. */
export function isWithinOneMonth(run: Run): boolean {
  return monthOf(run.days.first) === monthOf(run.days.last);
}

/** What is wrong with a run that is not within one month. */
export function tooLong({ manifestPath, parts, days }: Run): Problem {
  const place = manifestPath ?? parts[0]?.path ?? "/";
  return {
    place,
    message: `${place}: covers ${days.first} to ${days.last}, more than one month: run the export once for each month`,
  };
}

function sorted(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((one, other) => (one.message < other.message ? -1 : 1));
}
