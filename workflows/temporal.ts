import { condition, allHandlersFinished, continueAsNew, defineQuery, patched, setHandler } from "@temporalio/workflow";
import type { EndedImport } from "../activities/end-import.ts";
import type { PruneReport } from "../activities/prune.ts";
import type { TrackingReport } from "../activities/track-resources.ts";
import { addMonths } from "../src/domain/month.ts";
import {
  readBackfill,
  readImportAll,
  readImportRun,
  readImportSource,
  readPrune,
  readTrackResources,
} from "../src/domain/workflow-input.ts";
import { backfillMonthId, importId, importRunId, MESSAGES, pruneId } from "../src/domain/workflow-names.ts";
import { backfill as importMonths } from "./backfill.ts";
import type { BackfillInput, BackfillReport, MonthResult } from "./backfill.ts";
import { createRunCounter } from "./count-runs.ts";
import { importAll as importEverySource, withoutSkippedRuns } from "./import-all.ts";
import type { ImportAllInput, ImportAllReport } from "./import-all.ts";
import { importRun as importOneRun } from "./import-run.ts";
import { createEndAttempt, importSource as importOneSource } from "./import-source.ts";
import type { ImportHost, ImportSourceInput, SourceReport } from "./import-source.ts";
import type { BackfillProgress, ImportAllProgress, SourceProgress } from "./progress.ts";
import { prune as dropUnread } from "./prune.ts";
import { activities } from "./temporal/activities.ts";
import { runChild } from "./temporal/children.ts";
import { workflowFailure } from "./temporal/failures.ts";
import { createGate } from "./temporal/gate.ts";
import { inTurn, openBeside } from "./temporal/in-turn.ts";
import { joinAttempt, joinOpening } from "./temporal/joined.ts";
import type { ReportOfRun, RunOfImport } from "./temporal/joined.ts";
import { watchParts } from "./temporal/parts.ts";
import { PATCHES } from "./temporal/patches.ts";
import { attributesOfRun, attributesOfSource, requireAttributes } from "./temporal/search-attributes.ts";
import { waitSeconds } from "./temporal/timer.ts";
import { trackResources as assignResources } from "./track-resources.ts";

// The orchestrations as Temporal's workflows. What they do is in the files beside this one; here is what Temporal adds:
// children, signals, queries, search attributes, limits, and failures in Temporal's terms.

/** The loads of one run that are offered to the workers at once; how many of them a worker takes is its own affair. */
const CONCURRENT_LOADS = 8;
const CONCURRENT_SOURCES = 4;

/**
 * Imports a source: plans, runs one child per run, keeps the source's status, assigns new resources to their rules, and
 * leaves a prune of what the new runs replaced behind.
 */
export async function importSource(given: ImportSourceInput): Promise<SourceReport> {
  return hosted(async () => {
    const input: ImportSourceInput = readImportSource(given);
    const { source, billingPeriod } = input;
    const attributes = attributesOfSource(source, billingPeriod);
    requireAttributes(attributes);
    const gate = createGate();
    const counter = createRunCounter();
    const startedAt = new Date().toISOString();
    let state: SourceProgress["state"] = "planning";
    let current: string | null = null;
    let extraction: SourceProgress["extraction"] = null;
    const pruneBehind = { workflowId: pruneId(source), source, attributes };
    const leavePrune = async () => {
      if (counter.counts().runs.imported > 0) await activities.startPrune(pruneBehind);
    };
    const importOne = async (one: RunOfImport) => {
      current = importRunId(one.run);
      extraction = null;
      const ofRun = { type: "importRun", id: current, input: one, attributes: attributesOfRun(one.run) } as const;
      return runChild<typeof importRun>(gate, ofRun);
    };
    const joinsSteps = patched(PATCHES.joinsSteps);
    const settlesAtOnce = joinsSteps || patched(PATCHES.settlesAtOnce);
    const chooseSteps = (): Pick<ImportHost, "activities" | "importRun" | "endAttempt"> => {
      if (!settlesAtOnce) return { activities: inTurn(activities, gate.pass), importRun: importOne };
      if (input.dryRun === true) return { activities, importRun: importOne };
      if (joinsSteps) return joinAttempt({ input, prune: pruneBehind, counts: counter.counts, importRun: importOne });
      const endAttempt = createEndAttempt(activities);
      return {
        activities,
        importRun: importOne,
        endAttempt: (record) => ({ ...endAttempt(record), left: leavePrune() }),
      };
    };
    setHandler(defineQuery<SourceProgress>(MESSAGES.progress), () => ({
      source,
      state,
      isPaused: gate.isPaused(),
      ...counter.counts(),
      current,
      extraction,
      startedAt,
    }));
    const report = await importOneSource(
      {
        ...chooseSteps(),
        gate: gate.pass,
        sleep: waitSeconds,
        onPlan(plan) {
          state = "importing";
          counter.onPlan(plan);
        },
        onWait(pending) {
          extraction = pending;
        },
        onOutcome(run) {
          current = null;
          extraction = null;
          counter.onOutcome(run);
        },
        onTrack() {
          state = "tracking";
        },
      },
      input,
    ).catch((error: unknown) => {
      state = "failed";
      throw error;
    });
    state = "done";
    if (!settlesAtOnce) await leavePrune();
    return report;
  });
}

/** Imports one run: loads its parts side by side on any number of workers, verifies, publishes. */
export async function importRun(given: RunOfImport): Promise<ReportOfRun> {
  return hosted(async () => {
    const input = readImportRun<RunOfImport>(given);
    const { run, end } = input;
    requireAttributes(attributesOfRun(run));
    const gate = createGate();
    const opensWithLoad = patched(PATCHES.opensWithLoad);
    const isInTurn = !opensWithLoad && !patched(PATCHES.finishesAtHand);
    const chosen = isInTurn
      ? inTurn(activities, gate.pass)
      : { ...activities, ...(opensWithLoad ? joinOpening(run) : openBeside) };
    const parts = watchParts(run, gate, chosen.loadPart);
    let ended: EndedImport | null = null;
    const steps = {
      loadPart: parts.loadPart,
      recordRun: chosen.recordRun,
      async finishRun(loaded: Parameters<typeof chosen.finishRun>[0]) {
        parts.enter("finishing");
        if (!isInTurn) await gate.pass();
        if (end === undefined || !opensWithLoad) return chosen.finishRun(loaded);
        const finished = await activities.finishLastRun({ run: loaded, end });
        ({ ended } = finished);
        return finished.report;
      },
    };
    const report = await importOneRun(steps, input, CONCURRENT_LOADS).catch((error: unknown) => {
      parts.enter("failed");
      throw error;
    });
    parts.enter("done");
    return end === undefined ? report : { ...report, ended };
  });
}

/** Imports every source that is enabled, or those that are named; one that fails does not stop the others. */
export async function importAll(given?: ImportAllInput): Promise<ImportAllReport> {
  return hosted(async () => {
    const input: ImportAllInput = readImportAll(given);
    const gate = createGate();
    const count = { total: 0, done: 0, failed: 0 };
    const current = new Set<string>();
    let state: ImportAllProgress["state"] = "listing";
    setHandler(defineQuery<ImportAllProgress>(MESSAGES.progress), () => ({
      state,
      isPaused: gate.isPaused(),
      sources: count,
      current: [...current],
    }));
    const report = await importEverySource(
      {
        listSources: activities.listSources,
        gate: gate.pass,
        concurrency: CONCURRENT_SOURCES,
        async importSource(one) {
          const id = importId(one.source);
          current.add(id);
          try {
            const attributes = attributesOfSource(one.source, one.billingPeriod);
            return await runChild<typeof importSource>(gate, { type: "importSource", id, input: one, attributes });
          } finally {
            current.delete(id);
          }
        },
        onSources(names) {
          state = "importing";
          count.total = names.length;
        },
        onResult: ({ error }) => void (error === null ? count.done++ : count.failed++),
      },
      input,
    ).catch((error: unknown) => {
      state = "failed";
      throw error;
    });
    state = "done";
    return withoutSkippedRuns(report);
  });
}

/** Imports months of a source one after another, newest first, and goes on in a new execution after every twelve. */
export async function backfill(given: BackfillInput): Promise<BackfillReport> {
  return hosted(async () => {
    const input: BackfillInput = readBackfill<MonthResult>(given);
    const { source, from, to, done = [] } = input;
    requireAttributes(attributesOfSource(source));
    const gate = createGate(input.isPaused);
    const results = [...done];
    let state: BackfillProgress["state"] = "importing";
    let current: string | null = null;
    let left = 0;
    for (let month = to; month >= from; month = addMonths(month, -1)) left++;
    const total = results.length + left;
    setHandler(defineQuery<BackfillProgress>(MESSAGES.progress), () => {
      const failed = results.filter(({ error }) => error !== null).length;
      return {
        source,
        state,
        current,
        isPaused: gate.isPaused(),
        months: { total, done: results.length - failed, failed },
      };
    });
    const report = await importMonths(
      {
        gate: gate.pass,
        async importMonth(month, one) {
          current = backfillMonthId(source, month);
          const attributes = attributesOfSource(source, one.billingPeriod);
          return runChild<typeof importSource>(gate, { type: "importSource", id: current, input: one, attributes });
        },
        async goOn(rest) {
          await condition(allHandlersFinished);
          return continueAsNew<typeof backfill>({ ...rest, isPaused: gate.isPaused() });
        },
        onMonth(result) {
          current = null;
          results.push(result);
        },
      },
      input,
    ).catch((error: unknown) => {
      state = "failed";
      throw error;
    });
    state = "done";
    return report;
  });
}

/** Drops the rows that nobody reads any more. */
export async function prune(given?: Parameters<typeof readPrune>[0]): Promise<PruneReport> {
  return hosted(() => dropUnread(activities, readPrune(given)));
}

/** Assigns resources to their rules: those for which something has changed, or all of them. */
export async function trackResources(given?: Parameters<typeof readTrackResources>[0]): Promise<TrackingReport> {
  return hosted(() => assignResources(activities, readTrackResources(given)));
}

async function hosted<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await work();
    await condition(allHandlersFinished);
    return result;
  } catch (error) {
    throw workflowFailure(error);
  }
}
