import type { Day, DayRange, Month } from "./month.ts";

/** Which figures a file can hold. `usage` is the pay-as-you-go export (Azure's type "Usage"). */
export const DATASETS = ["actual", "amortized", "usage", "focus"] as const;

/** Which figures a file holds. */
export type Dataset = (typeof DATASETS)[number];

/** Whether `text` names a dataset. */
export function isDataset(text: string): text is Dataset {
  return DATASETS.some((dataset) => dataset === text);
}

/** A question about money that a dataset can answer. */
export type Metric = "actual" | "amortized";

/** The metrics that each dataset answers: a FOCUS file carries both. */
export const METRICS: Readonly<Record<Dataset, readonly Metric[]>> = {
  actual: ["actual"],
  usage: ["actual"],
  amortized: ["amortized"],
  focus: ["actual", "amortized"],
};

/** One file of a run. Plain JSON, so that it can be a workflow's input. */
export type Part = {
  /** The path in the container, or below the folder, with forward slashes. */
  readonly path: string;
  /** The stored (compressed) bytes, from the listing. */
  readonly byteCount: number;
  /** What the manifest says of stored bytes; null where it says nothing. */
  readonly declaredByteCount: number | null;
  /** What the manifest says of data rows; null where it says nothing. */
  readonly declaredRowCount: number | null;
  /** Identifies the stored version: the blob's ETag, or size and modification time of a local file. */
  readonly etag: string;
  /** What the manifest says of the MD5 of its bytes, in hexadecimal digits; few say it. */
  readonly declaredMd5?: string;
};

/** One delivery of one dataset for one billing month: a full snapshot of its days. Plain JSON. */
export type Run = {
  readonly source: string;
  /** The export's identity, lower-cased: the manifest's export resource id, or the folder of files without one. */
  readonly export: string;
  /** The export's name as people know it. */
  readonly exportName: string;
  readonly dataset: Dataset;
  /** The month of the first covered day. */
  readonly month: Month;
  readonly runId: string;
  /** When Azure was asked for the run: `YYYY-MM-DDTHH:MM:SS.fffffffZ`, always 7 digits, compares as text. */
  readonly submittedAt: string;
  /** The days of which this run is a full snapshot. */
  readonly days: DayRange;
  /** The manifest's path; null for files without one. */
  readonly manifestPath: string | null;
  /** The manifest's version of the columns, such as "2023-12-01-preview"; null where it says nothing. */
  readonly dataVersion: string | null;
  /** The manifest's count of data rows over all parts; null where unknown (0 is a valid empty run). */
  readonly declaredRowCount: number | null;
  readonly parts: readonly Part[];
};

/** What identifies a series of runs of which, for each day, one answers. */
export type SeriesKey = Pick<Run, "source" | "export" | "dataset" | "month">;

/** What identifies one run for "already imported". */
export type RunKey = SeriesKey & Pick<Run, "runId">;

/** A run as reports name it; the source is known there. */
export type RunName = Pick<Run, "export" | "exportName" | "dataset" | "month" | "runId" | "days" | "submittedAt">;

/** What reports tell of a run. */
export function nameOfRun({ export: id, exportName, dataset, month, runId, days, submittedAt }: RunName): RunName {
  return { export: id, exportName, dataset, month, runId, days, submittedAt };
}

/** The series as text, for grouping. */
export function seriesOf(key: SeriesKey): string {
  return JSON.stringify([key.source, key.export, key.dataset, key.month]);
}

/** The run as text, for lookups. */
export function runKeyOf(key: RunKey): string {
  return JSON.stringify([key.source, key.export, key.dataset, key.month, key.runId]);
}

/** Whether `day` is one of `range`. */
export function covers(range: DayRange, day: Day): boolean {
  return range.first <= day && day <= range.last;
}
