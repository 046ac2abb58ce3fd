import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { z } from "zod";
import { migrate } from "../clickhouse/migrate.ts";
import { parseMonth } from "../src/domain/month.ts";
import { importId, importRunId, pruneId, TASK_QUEUE } from "../src/domain/workflow-names.ts";
import type { ImportSourceInput } from "../workflows/import-source.ts";
import { REHEARSAL, requirePublished, saveExport } from "./billhouse.ts";
import type { GeneratedExport } from "./exports.ts";
import { inTemporal } from "./in-temporal.ts";
import { inWarehouse } from "./in-warehouse.ts";
import type { OpenWarehouse } from "./in-warehouse.ts";
import type { Contestant, Measurement } from "./measurement.ts";
import type { Note } from "./mode.ts";
import { idleBefore, loadsOf } from "./part-gaps.ts";
import type { TimedLoad } from "./part-gaps.ts";
import { inScratch } from "./scratch.ts";
import { readUsage } from "./usage.ts";
import { SLOTS, withWorkers } from "./with-workers.ts";

/** An empty warehouse, a Temporal server and workers, all of them processes of their own. */
export type Orchestrated = OpenWarehouse & {
  readonly temporal: Client;
  /** The ids of the workers' processes. */
  readonly workers: readonly number[];
  /** Starts an import as a client does. */
  readonly importOnce: (input: ImportSourceInput) => Promise<TimedImport>;
  /** Waits for the prune that the last import of new runs left behind. */
  readonly untilPruned: (source: string) => Promise<void>;
};

/** The phase that tells how long a slot stands empty before a part is loaded in it, on average. */
export const BETWEEN_PARTS = "between parts";
/** The phase from the beginning of the first load to the end of the last one. */
export const LOADING = "loading";

/** An import under Temporal: seconds until the client has its report, and the ids of the workflows that imported runs. */
export type TimedImport = { readonly seconds: number; readonly runWorkflows: readonly string[] };

const SOURCE = "bench";
const Report = z.object({
  runs: z.array(
    z.object({
      dataset: z.enum(["actual", "amortized", "usage", "focus"]),
      month: z.string().transform(parseMonth),
      runId: z.string(),
      outcome: z.enum(["imported", "would import", "skipped", "failed"]),
    }),
  ),
  problems: z.array(z.unknown()),
});

/** Works with an empty warehouse, a Temporal server and so many workers. */
export function orchestrated<Result>(
  workerCount: number,
  note: Note,
  work: (orchestra: Orchestrated) => Promise<Result>,
): Promise<Result> {
  return inScratch((scratch) =>
    inWarehouse(join(scratch, "warehouse"), async (open) => {
      await migrate(open.warehouse);
      return inTemporal(scratch, note, (temporal) =>
        withWorkers(workerCount, temporal, open.warehouse.address, (workers) =>
          work({
            ...open,
            temporal: temporal.client,
            workers,
            importOnce: (input) => importOnce(temporal.client, input),
            async untilPruned(source) {
              await temporal.client.workflow.getHandle(pruneId(source)).result();
            },
          }),
        ),
      );
    }),
  );
}

/**
 * A whole import under Temporal, from the start of its workflow until the client has the report, with workers that have
 * imported something small before.
 */
export function billhouseInTemporal(
  generated: GeneratedExport,
  rehearsal: GeneratedExport,
  workerCount: number,
  note: Note,
): Contestant {
  return {
    name: "Billhouse in Temporal",
    remark: "",
    rowCount: generated.rowCount,
    mostRounds: Infinity,
    measure: () => orchestrated(workerCount, note, (orchestra) => measure(generated, rehearsal, orchestra)),
  };
}

async function measure(
  generated: GeneratedExport,
  rehearsal: GeneratedExport,
  orchestra: Orchestrated,
): Promise<Measurement> {
  const { warehouse, pid, workers, importOnce: importIt, untilPruned } = orchestra;
  await saveExport(warehouse, generated, SOURCE);
  await saveExport(warehouse, rehearsal, REHEARSAL);
  for (const _ of workers) {
    await importIt({ source: REHEARSAL, overwrite: true });
    await untilPruned(REHEARSAL);
  }
  const processes = [pid, ...workers];
  const before = processes.map(readUsage);
  const { seconds, runWorkflows } = await importIt({ source: SOURCE });
  const after = processes.map(readUsage);
  await requirePublished(warehouse, generated, SOURCE);
  const cpuSeconds = (usages: typeof after) => usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0);
  const peak = (usages: typeof after) => Math.max(...usages.map((usage) => usage.peakBytes));
  return {
    seconds,
    cpuSeconds: cpuSeconds(after) - cpuSeconds(before),
    memory: [
      { name: "worker", peakBytes: peak(after.slice(1)), idleBytes: peak(before.slice(1)) },
      { name: "warehouse", peakBytes: peak(after.slice(0, 1)), idleBytes: peak(before.slice(0, 1)) },
    ],
    phases: await phasesOf(orchestra, runWorkflows),
  };
}

/**
 * Seconds for which a slot of a worker stood empty, on average, before each part of the runs; and from the beginning of the
 * first load to the end of the last one, as Temporal has it: 4 ms more than the worker has.
 */
async function phasesOf({ temporal, workers }: Orchestrated, runWorkflows: readonly string[]) {
  const idle: number[] = [];
  const loads: TimedLoad[] = [];
  for (const id of runWorkflows) {
    const { events } = await temporal.workflow.getHandle(id).fetchHistory();
    const ofRun = loadsOf(events ?? []);
    loads.push(...ofRun);
    idle.push(...idleBefore(ofRun, workers.length * SLOTS));
  }
  const begin = Math.min(...loads.map(({ started }) => started));
  const end = Math.max(...loads.map(({ completed }) => completed));
  return {
    [BETWEEN_PARTS]: idle.reduce((sum, one) => sum + one, 0) / idle.length,
    [LOADING]: (end - begin) / 1000,
  };
}

async function importOnce(client: Client, input: ImportSourceInput): Promise<TimedImport> {
  const started = performance.now();
  const report: unknown = await client.workflow.execute("importSource", {
    taskQueue: TASK_QUEUE,
    workflowId: importId(input.source),
    args: [input],
  });
  const seconds = (performance.now() - started) / 1000;
  const { runs, problems } = Report.parse(report);
  if (runs.some(({ outcome }) => outcome === "failed") || problems.length > 0) {
    throw new Error(`The import did not go through: ${JSON.stringify(report)}`);
  }
  const runWorkflows = runs.flatMap((run) =>
    run.outcome === "imported" ? [importRunId({ ...run, source: input.source })] : [],
  );
  return { seconds, runWorkflows };
}
