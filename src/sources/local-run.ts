import { basename } from "node:path";
import { InvalidRequestError, ManifestError } from "../domain/errors.ts";
import { daysOfMonth, monthOf } from "../domain/month.ts";
import type { DayRange, Month } from "../domain/month.ts";
import type { Dataset, Run } from "../domain/run.ts";
import { hintedDataset } from "./dataset-guess.ts";
import { isWithinOneMonth, tooLong } from "./discover.ts";
import { baseName, readLayout, readLegacyName } from "./layout.ts";
import { describeLocalFile } from "./local-files.ts";
import type { LocalFile } from "./local-files.ts";
import { modifiedAtOf, runFromManifest } from "./manifest-run.ts";
import { parseManifest } from "./manifest.ts";
import type { ManifestBlob } from "./manifest.ts";
import type { StoredFile } from "./store.ts";

/** A run whose files were given one by one; `files` are its parts, under the paths that the run gives them. */
export type LocalRun = {
  readonly run: Run;
  readonly files: readonly LocalFile[];
  /** What was assumed, in sentences. */
  readonly warnings: readonly string[];
};

/** What is said of a file that has no manifest. */
export type FileFacts = {
  readonly month?: Month | undefined;
  readonly dataset?: Dataset | undefined;
  readonly exportName?: string | undefined;
};

/**
 * The run that a manifest describes, of files that were given for its blobs: by their names, or the only one for the only
 * one. Throws InvalidRequestError where a blob has no file or a file no blob, ManifestError for what is wrong with it.
 */
export async function runOfManifest(
  source: string,
  manifestFile: LocalFile,
  text: string,
  given: readonly LocalFile[],
): Promise<LocalRun> {
  const manifest = parseManifest(text, manifestFile.path);
  if (manifest.kind === "other") {
    throw new InvalidRequestError(`${manifestFile.path}: an export of type ${manifest.type}, which holds no costs.`);
  }
  const files = matchBlobs(manifestFile.path, manifest.blobs, given);
  const listing = new Map<string, StoredFile>();
  for (const file of files) listing.set(file.path, await describeLocalFile(file));
  const run = runFromManifest(source, manifest, await describeLocalFile(manifestFile), listing);
  if (!isWithinOneMonth(run)) throw new ManifestError(tooLong(run).message);
  return { run, files, warnings: manifest.warnings };
}

/**
 * The run that a single file without a manifest is. What is not said has to be certain: the dataset by a word in the file's
 * name, the days by a folder like 20260501-20260531. Throws InvalidRequestError where it is not.
 */
export async function runOfFile(
  source: string,
  file: LocalFile,
  facts: FileFacts,
  digest: () => Promise<string>,
): Promise<LocalRun> {
  const listed = await describeLocalFile(file);
  const name = baseName(file.path);
  const exportName =
    facts.exportName ??
    readLegacyName(name)?.exportName ??
    name.replace(/\.(csv|ndjson|jsonl|parquet|gz|snappy)\b/gi, "");
  const dataset = facts.dataset ?? hintedDataset(name);
  if (dataset === undefined) {
    throw new InvalidRequestError(
      `${file.path}: nothing says which costs it holds. Say so with --dataset actual, amortized, usage or focus.`,
    );
  }
  const days = facts.month === undefined ? periodOf(file) : daysOfMonth(facts.month);
  const run: Run = {
    source,
    export: exportName.toLowerCase(),
    exportName,
    dataset,
    month: monthOf(days.first),
    runId: await digest(),
    submittedAt: modifiedAtOf(listed),
    days,
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: null,
    parts: [
      {
        path: listed.path,
        byteCount: listed.byteCount,
        declaredByteCount: null,
        declaredRowCount: null,
        etag: listed.etag,
      },
    ],
  };
  return { run, files: [file], warnings: [] };
}

function periodOf({ path, location }: LocalFile): DayRange {
  const { period } = readLayout(location);
  if (period !== null && monthOf(period.first) === monthOf(period.last)) return period;
  throw new InvalidRequestError(
    `${path}: nothing says which month it bills. Say so with --month 2026-05, or give its manifest with --manifest.`,
  );
}

/** Each blob with its file, under the blob's name. */
function matchBlobs(manifest: string, blobs: readonly ManifestBlob[], given: readonly LocalFile[]): LocalFile[] {
  const [onlyBlob, onlyFile] = [blobs[0], given[0]];
  if (blobs.length === 1 && given.length === 1 && onlyBlob !== undefined && onlyFile !== undefined) {
    return [{ path: onlyBlob.name, location: onlyFile.location }];
  }
  const fileOf = (blob: ManifestBlob) => given.filter(({ location }) => basename(location) === nameOf(blob));
  const surplus = given.filter(({ location }) => !blobs.some((blob) => nameOf(blob) === basename(location)));
  if (surplus.length > 0) {
    throw new InvalidRequestError(
      `${surplus.map(({ path }) => path).join(", ")}: ${manifest} names no such blob. It names ${namesOf(blobs)}.`,
    );
  }
  const missing = blobs.filter((blob) => fileOf(blob).length === 0);
  if (missing.length > 0) {
    throw new InvalidRequestError(
      `${manifest}: ${missing.length} of its ${blobs.length} blobs are not given: ${namesOf(missing)}. ` +
        "Give each with --file: a run is imported whole or not at all.",
    );
  }
  return blobs.map((blob) => {
    const [file, another] = fileOf(blob);
    if (file === undefined || another !== undefined) {
      throw new InvalidRequestError(`${nameOf(blob)}: is given twice. Give each file once.`);
    }
    return { path: blob.name, location: file.location };
  });
}

function nameOf(blob: ManifestBlob): string {
  return baseName(blob.name.trim());
}

function namesOf(blobs: readonly ManifestBlob[]): string {
  const names = blobs.slice(0, 5).map(nameOf).join(", ");
  return blobs.length > 5 ? `${names} and ${blobs.length - 5} more` : names;
}
