import { randomUUID } from "node:crypto";
import type { Extraction } from "../domain/extraction.ts";
import { exportOfExtraction } from "../domain/extraction-export.ts";
import type { Part, Run } from "../domain/run.ts";
import type { ApiSource } from "../domain/source.ts";

/** What a run of an API is made of. */
export type ExtractedRun = {
  readonly source: ApiSource;
  readonly extraction: Extraction;
  /** When it was asked, as `askedAtOf` gives it. */
  readonly askedAt: string;
  /** What the API calls it; without it a name is made of the moment. */
  readonly runId?: string;
  readonly parts: readonly Pick<Part, "path" | "byteCount">[];
};

/** What an API was asked for, as a run. Asking again gives another run of the same series, which supersedes it. */
export function extractedRun({ source, extraction, askedAt, runId, parts }: ExtractedRun): Run {
  const { dataset, month, days } = extraction;
  return {
    source: source.name,
    ...exportOfExtraction(source, extraction),
    dataset,
    month,
    runId: runId ?? `${askedAt.slice(0, 19).replaceAll(/[-:]/g, "")}Z-${randomUUID().slice(0, 8)}`,
    submittedAt: askedAt,
    days,
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: null,
    parts: parts.map((part) => ({ ...part, declaredByteCount: null, declaredRowCount: null, etag: "" })),
  };
}
