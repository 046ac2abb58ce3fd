import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Extraction, ExtractionState } from "../src/domain/extraction.ts";
import { exportOfExtraction } from "../src/domain/extraction-export.ts";
import type { ApiSource } from "../src/domain/source.ts";
import { createFolderStore } from "../src/sources/folder.ts";
import type { Extractor } from "../src/sources/extractor.ts";
import type { Store, StoredFile } from "../src/sources/store.ts";

/** What an API says to a question: `gone` is a report that cannot be opened any more. */
export type Answer = "pending" | "pending for long" | "no data" | "ready" | "gone" | Error;

const WAIT_SECONDS = { pending: 1, "pending for long": 3600 } as const;
const ASKED_AT = "2026-06-01T04:00:00.0000000Z";

/** APIs that answer as they are told, one question after another. Their reports are files below a directory. */
export function createReports(folder: string) {
  const answers = new Map<string, Answer[]>();
  let count = 0;

  async function stateOf(source: ApiSource, extraction: Extraction): Promise<ExtractionState> {
    const answer = answers.get(source.name)?.shift();
    if (answer === undefined) throw new RangeError(`${source.name} is asked more often than it has answers`);
    if (answer instanceof Error) throw answer;
    if (answer === "no data") return { kind: "no data" };
    if (answer === "pending" || answer === "pending for long") {
      return { kind: "pending", operation: "operations/1", askedAt: ASKED_AT, waitSeconds: WAIT_SECONDS[answer] };
    }
    const runId = `report-${++count}`;
    const { byteCount, etag, path } = await writeReport(join(folder, source.name), runId, extraction);
    const part = { path: answer === "gone" ? `${path}.gone` : path, byteCount, etag };
    const { dataset, month, days } = extraction;
    const run = {
      source: source.name,
      ...exportOfExtraction(source, extraction),
      dataset,
      month,
      runId,
      submittedAt: ASKED_AT,
      days,
      manifestPath: null,
      dataVersion: null,
      declaredRowCount: null,
      parts: [{ ...part, declaredByteCount: null, declaredRowCount: null }],
    };
    return { kind: "ready", run };
  }

  return {
    /** Lets an API give these answers. */
    tell: (source: string, given: readonly Answer[]) => void answers.set(source, [...given]),
    openExtractor: (source: ApiSource): Extractor => ({
      place: source.name,
      begin: (extraction) => stateOf(source, extraction),
      look: (extraction) => stateOf(source, extraction),
    }),
    openStore: (source: ApiSource): Store => createFolderStore(join(folder, source.name)),
  };
}

async function writeReport(folder: string, runId: string, { month }: Extraction): Promise<StoredFile> {
  const [year, number] = month.split("-");
  const text = `Date,CostInBillingCurrency,BillingCurrencyCode\n${number}/01/${year},1,EUR\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${runId}.csv`), text);
  for await (const file of createFolderStore(folder).list()) if (file.path === `${runId}.csv`) return file;
  throw new RangeError(`${runId} was not written`);
}
