import { z } from "zod";
import { ManifestError } from "../domain/errors.ts";
import type { DayRange } from "../domain/month.ts";
import { isDay } from "../domain/month.ts";
import type { Dataset } from "../domain/run.ts";
import { guessDataset } from "./dataset-guess.ts";
import type { Layout } from "./layout.ts";
import { baseName, readLayout, readLegacyName } from "./layout.ts";
import { parseSubmittedAt } from "./submitted-at.ts";

/** A data file as the manifest names it; counts are null where it says nothing. */
export type ManifestBlob = {
  /** As it is written, stray spaces included. */
  readonly name: string;
  readonly byteCount: number | null;
  readonly rowCount: number | null;
  /** The MD5 of its bytes in hexadecimal digits; only the older shapes have it. */
  readonly md5?: string;
};

/** A delivery of costs as its manifest describes it, with what only the folders say filled in. */
export type CostManifest = {
  readonly kind: "costs";
  /** The export's resource id, lower-cased; its folders where the manifest has none. */
  readonly export: string;
  readonly exportName: string;
  readonly dataset: Dataset;
  readonly dataVersion: string | null;
  readonly runId: string;
  /** `YYYY-MM-DDTHH:MM:SS.fffffffZ`; null where neither the manifest nor a folder says it. */
  readonly submittedAt: string | null;
  readonly days: DayRange;
  /** Data rows of all blobs; null is unknown, 0 is an empty delivery. */
  readonly rowCount: number | null;
  readonly blobs: readonly ManifestBlob[];
  /** What was assumed, in sentences. */
  readonly warnings: readonly string[];
};

/** A delivery of something else than costs, such as a price sheet. */
export type OtherManifest = { readonly kind: "other"; readonly type: string };

/** What a manifest can be. */
export type Manifest = CostManifest | OtherManifest;

const KNOWN_VERSIONS = ["2021-01-01", "2024-04-01"];
const DATASETS = new Map<string, Dataset>([
  ["usage", "usage"],
  ["actualcost", "actual"],
  ["amortizedcost", "amortized"],
  ["focuscost", "focus"],
]);

const Text = z
  .string()
  .nullish()
  .transform((text) => (text === undefined || text === null || text.trim() === "" ? null : text.trim()));
const Count = z
  .union([z.int().nonnegative("expected a count"), z.string().trim().regex(/^\d+$/).transform(Number)], {
    error: "expected a count",
  })
  .nullish()
  .transform((count) => count ?? null);
const Md5 = z
  .unknown()
  .optional()
  .transform((text) => {
    if (typeof text !== "string") return undefined;
    const bytes = Buffer.from(text.trim(), /^[0-9a-f]{32}$/i.test(text.trim()) ? "hex" : "base64");
    return bytes.length === 16 ? bytes.toString("hex") : undefined;
  });
const TypeOnly = z.object({ exportConfig: z.object({ type: Text }).nullish() });
const Contents = z.object({
  manifestVersion: Text,
  blobCount: Count,
  dataRowCount: Count,
  exportConfig: z.object({ exportName: Text, resourceId: Text, dataVersion: Text }).nullish(),
  runInfo: z.object({ runId: Text, submittedTime: Text, startDate: Text, endDate: Text }).nullish(),
  blobs: z.array(
    z.object({ blobName: z.string().regex(/\S/), byteCount: Count, dataRowCount: Count, contentMD5: Md5 }),
  ),
});

/**
 * Reads a manifest in any of the shapes that Azure has written since 2021; `path` is where it lies, whose folders say
 * what the older shapes leave out. Throws ManifestError.
 */
export function parseManifest(text: string, path: string): Manifest {
  const json = parseJson(text, path);
  const type = check(TypeOnly, json, path).exportConfig?.type ?? null;
  const declaredDataset = DATASETS.get(type?.toLowerCase() ?? "");
  if (type !== null && declaredDataset === undefined) return { kind: "other", type };

  const contents = check(Contents, json, path);
  const layout = readLayout(path);
  const warnings: string[] = [];
  const version = contents.manifestVersion;
  if (version !== null && !KNOWN_VERSIONS.includes(version)) {
    warnings.push(`${path}: manifestVersion ${JSON.stringify(version)} is not known and was read like 2024-04-01`);
  }
  const exportName = contents.exportConfig?.exportName ?? (baseName(layout.exportFolder) || layout.exportFolder);
  const dataset = declaredDataset ?? guessDataset(exportName, layout.exportFolder);
  if (declaredDataset === undefined) {
    warnings.push(`${path}: does not say which costs it holds; taken for ${dataset} by the names of its folders`);
  }
  const blobs = contents.blobs.map((blob) => ({
    name: requireRelative(blob.blobName, path),
    byteCount: blob.byteCount,
    rowCount: blob.dataRowCount,
    ...(blob.contentMD5 === undefined ? {} : { md5: blob.contentMD5 }),
  }));
  requireBlobs(blobs, contents.blobCount, contents.dataRowCount, path);
  return {
    kind: "costs",
    export: (contents.exportConfig?.resourceId ?? layout.exportFolder).toLowerCase(),
    exportName,
    dataset,
    dataVersion: contents.exportConfig?.dataVersion?.replace(/\s/g, "").toLowerCase() ?? null,
    runId: requireRunId(contents.runInfo?.runId ?? null, layout, blobs, path),
    submittedAt: readSubmittedTime(contents.runInfo?.submittedTime ?? null, layout, path),
    days: requireDays(contents.runInfo ?? null, layout, path),
    rowCount: contents.dataRowCount ?? sumOfRows(blobs),
    blobs,
    warnings,
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new ManifestError(`${path}: is not JSON: run the export again, or move the file away`, { cause });
  }
}

function check<T extends z.ZodType>(schema: T, json: unknown, path: string): z.output<T> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".") || "top"}: ${issue.message}`);
  throw new ManifestError(`${path}: is not a manifest as Azure writes it (${issues.join("; ")}): run the export again`);
}

/** A blob is named relative to its container; anything that could point elsewhere is refused. */
function requireRelative(name: string, path: string): string {
  const trimmed = name.trim();
  const climbs = trimmed.split(/[/\\]/).some((segment) => segment.trim() === "..");
  if (!climbs && !/^([/\\]|[a-z][a-z0-9+.-]*:\/\/)/i.test(trimmed)) return name;
  throw new ManifestError(
    `${path}: names the blob ${JSON.stringify(name)}, which is no path inside the container: find out who wrote this manifest`,
  );
}

function requireBlobs(
  blobs: readonly ManifestBlob[],
  blobCount: number | null,
  rowCount: number | null,
  path: string,
): void {
  if (blobCount !== null && blobCount !== blobs.length) {
    throw new ManifestError(`${path}: says blobCount ${blobCount} but names ${blobs.length}: run the export again`);
  }
  if (blobs.length === 0 && rowCount !== 0) {
    throw new ManifestError(`${path}: names no blobs, and does not say that there are no rows: run the export again`);
  }
  if (new Set(blobs.map((blob) => blob.name)).size !== blobs.length) {
    throw new ManifestError(`${path}: names the same blob twice: run the export again`);
  }
}

function requireRunId(runId: string | null, layout: Layout, blobs: readonly ManifestBlob[], path: string): string {
  const found = runId?.toLowerCase() ?? layout.runId ?? readLegacyName(blobs[0]?.name ?? "")?.runId;
  if (found !== undefined) return found;
  throw new ManifestError(
    `${path}: no runInfo.runId, and neither its folder nor its blobs are named after a run: restore Azure's folder names`,
  );
}

function readSubmittedTime(submittedTime: string | null, layout: Layout, path: string): string | null {
  if (submittedTime === null) return layout.submittedAt;
  const submittedAt = parseSubmittedAt(submittedTime);
  if (submittedAt !== null) return submittedAt;
  throw new ManifestError(
    `${path}: runInfo.submittedTime ${JSON.stringify(submittedTime)} is not a time: run the export again`,
  );
}

/** The dates come without a zone, with Z or with +00:00; each names a UTC day, whatever the zone of this machine. */
function requireDays(
  runInfo: { startDate: string | null; endDate: string | null } | null,
  layout: Layout,
  path: string,
): DayRange {
  const first = runInfo?.startDate?.slice(0, 10) ?? layout.period?.first;
  const last = runInfo?.endDate?.slice(0, 10) ?? layout.period?.last;
  if (first === undefined || last === undefined) {
    throw new ManifestError(
      `${path}: no runInfo.startDate and endDate, and no folder like 20260501-20260531: restore Azure's folder names`,
    );
  }
  if (isDay(first) && isDay(last) && first <= last) return { first, last };
  throw new ManifestError(`${path}: covers ${first} to ${last}, which are not days in order: run the export again`);
}

function sumOfRows(blobs: readonly ManifestBlob[]): number | null {
  let sum = 0;
  for (const blob of blobs) {
    if (blob.rowCount === null) return null;
    sum += blob.rowCount;
  }
  return sum;
}
