import type { DayRange } from "../domain/month.ts";
import { parseBillingPeriod } from "../domain/month.ts";
import { parseSubmittedAt } from "./submitted-at.ts";

/** What the names of the folders above a file say; Azure has written five arrangements of them. */
export type Layout = {
  /** The folder that holds the file. */
  readonly folder: string;
  /** The folders that belong to the export and not to one of its runs; "/" when there are none. */
  readonly exportFolder: string;
  /** The days of a folder like 20260501-20260531. */
  readonly period: DayRange | null;
  /** The moment of a folder like 202605031412, as `Run.submittedAt`. */
  readonly submittedAt: string | null;
  /** The lower-cased GUID that names the innermost folder. */
  readonly runId: string | null;
};

const GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const GUID_FOLDER = new RegExp(`^${GUID}$`, "i");
const LEGACY_NAME = new RegExp(`^(.+)_(${GUID})\\.(?:(?:csv|ndjson|jsonl)(?:\\.gz)?|(?:\\w+\\.)?parquet)$`, "i");

/** Reads the folders above a file, whatever their order: the period may stand before or after the export's name. */
export function readLayout(path: string): Layout {
  const folders = path.split("/").slice(0, -1);
  const periods = folders.map(periodOf);
  const moments = folders.map(momentOf);
  const periodAt = periods.findLastIndex((period) => period !== null);
  const momentAt = moments.findLastIndex((moment) => moment !== null);
  // Only the innermost: a GUID further up is a subscription or tenant that tells exports apart.
  const runAt = GUID_FOLDER.test(folders.at(-1) ?? "") ? folders.length - 1 : -1;
  const exportFolders = folders.filter((_, at) => at !== periodAt && at !== momentAt && at !== runAt);
  return {
    folder: folders.join("/"),
    exportFolder: exportFolders.join("/") || "/",
    period: periods[periodAt] ?? null,
    submittedAt: moments[momentAt] ?? null,
    runId: folders[runAt]?.toLowerCase() ?? null,
  };
}

/** The export's name and run id of a file name like `daily_<guid>.csv`; null when it is none. */
export function readLegacyName(path: string): { exportName: string; runId: string } | null {
  const [, exportName, runId] = LEGACY_NAME.exec(baseName(path)) ?? [];
  return exportName === undefined || runId === undefined ? null : { exportName, runId: runId.toLowerCase() };
}

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether two ranges of days have a day in common. */
export function overlap(one: DayRange, other: DayRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

function periodOf(folder: string): DayRange | null {
  if (!/^\d{8}-\d{8}$/.test(folder)) return null;
  try {
    return parseBillingPeriod(folder);
  } catch {
    return null; // looks like days but is none: a name like any other
  }
}

function momentOf(folder: string): string | null {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(folder) ?? [];
  return year === undefined ? null : parseSubmittedAt(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
}
