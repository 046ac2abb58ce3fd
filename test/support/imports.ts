import { onTestFinished } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { FolderSource } from "../../src/domain/source.ts";
import type { RunOutcome, SourceReport } from "../../workflows/import-source.ts";
import { aRun, type RenderedRun, type RunOptions } from "./exports.ts";
import { addFolderSource, importAll, type TestSource } from "./warehouse.ts";

/** A run of one part that has exactly these bytes; the manifest says nothing of its rows. */
export function aFile(bytes: string | Buffer, options: Partial<RunOptions> = {}): RenderedRun {
  const run = aRun({ dataset: "actual", lines: [], ...options }).withPart(0, Buffer.from(bytes));
  return run.withManifest(({ dataRowCount: _, blobs, ...manifest }) => ({
    ...manifest,
    blobs: blobs.map(({ blobName, byteCount }) => ({ blobName, byteCount })),
  }));
}

/** A folder source of its own, into which runs are delivered. */
export type Inbox = {
  readonly source: TestSource;
  /** Puts the runs into the source's folder and imports what is there. */
  deliver(...runs: readonly RenderedRun[]): Promise<SourceReport>;
  /** The expressions over every published row of the source, in the order of the file, as text. */
  select(...expressions: readonly string[]): Promise<Record<string, string>[]>;
};

let inboxes = 0;

/** Adds a source of its own to a warehouse; its folder is gone after the test. */
export async function anInbox(
  warehouse: Warehouse,
  settings: Partial<Omit<FolderSource, "kind" | "path">> = {},
): Promise<Inbox> {
  const source = await addFolderSource(warehouse, { name: `inbox-${++inboxes}`, ...settings });
  onTestFinished(async () => source.remove());
  return {
    source,
    async deliver(...runs) {
      for (const run of runs) await run.writeTo(source.path);
      return importAll(warehouse, source.name);
    },
    async select(...expressions) {
      // Not the views: all sources of a test file deliver the same subscription, so there only one of them answers.
      const rows = await warehouse.rows(
        `SELECT ${expressions.map((expression) => `toString(${expression}) AS \`${expression}\``).join(", ")}
        FROM cost_entries WHERE source = {source:String} AND load_id IN (SELECT load_id FROM current_loads)
        ${expressions.some((expression) => /\b(sum|count)\w*\(/.test(expression)) ? "" : "ORDER BY line"}`,
        { source: source.name },
      );
      return z.array(z.record(z.string(), z.string())).parse(rows);
    },
  };
}

/** What came of a run; throws when the report does not know it. */
export function outcomeOf(report: SourceReport, run: RenderedRun): RunOutcome {
  const outcome = report.runs.find(({ runId }) => runId === run.runId);
  if (outcome === undefined) throw new RangeError(`Nothing came of ${run.runId}: ${JSON.stringify(report.problems)}`);
  return outcome;
}

/** Why a run was not imported; throws when it was. */
export function failureOf(report: SourceReport, run: RenderedRun): { name: string; message: string } {
  const outcome = outcomeOf(report, run);
  if (outcome.outcome !== "failed") throw new RangeError(`The run is ${outcome.outcome}`);
  return { name: outcome.errorName, message: outcome.error };
}
