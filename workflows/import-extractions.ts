import type { ImportPlan } from "../activities/plan-runs.ts";
import { ApiError } from "../src/domain/errors.ts";
import type { Extraction, ExtractionState } from "../src/domain/extraction.ts";
import { exportOfExtraction } from "../src/domain/extraction-export.ts";
import { nameOfExtraction } from "../src/domain/extraction-name.ts";
import type { RunName } from "../src/domain/run.ts";
import type { ApiSource } from "../src/domain/source.ts";
import type { ImportHost, RunOutcome, SourceReport } from "./import-source.ts";
import { isOverwritten, settleRun } from "./settle-run.ts";

/** How often an API is asked for the same, because what it had made is gone: links to reports are good for an hour. */
const TIMES_ASKED = 3;
/** Reports take minutes; one that takes so long does not come. */
const PATIENCE_SECONDS = 6 * 3600;

/**
 * Asks an API for one thing after another, as its quotas want it, and imports what comes of it. What fails is reported
 * and does not stop the others. Throws when the work is to stop.
 */
export async function importExtractions(
  host: ImportHost,
  source: ApiSource,
  { extractions = [], moreSkipped, problems, warnings }: ImportPlan,
  isDryRun: boolean,
): Promise<SourceReport> {
  const runs: RunOutcome[] = [];
  for (const extraction of extractions) {
    const outcome: RunOutcome = isDryRun
      ? { ...nameWithoutRun(source, extraction), outcome: "would ask" }
      : await importExtraction(host, source, extraction);
    runs.push(outcome);
    host.onOutcome?.(outcome);
  }
  return { source: source.name, runs, moreSkipped, problems, warnings };
}

async function importExtraction(host: ImportHost, source: ApiSource, extraction: Extraction): Promise<RunOutcome> {
  for (let asked = 1; ; asked++) {
    const outcome = await askOnce(host, source, extraction);
    if (!isOverwritten(outcome) || asked === TIMES_ASKED) return outcome;
  }
}

/** What reports call an extraction of which no run has come: by an empty run id. */
function nameWithoutRun(source: ApiSource, extraction: Extraction): RunName {
  const { dataset, month, days } = extraction;
  return { ...exportOfExtraction(source, extraction), dataset, month, runId: "", days, submittedAt: "" };
}

async function askOnce(host: ImportHost, source: ApiSource, extraction: Extraction): Promise<RunOutcome> {
  const name = nameWithoutRun(source, extraction);
  try {
    const state = await untilReady(host, source, extraction);
    if (state.kind === "ready") {
      const outcome = await settleRun(host, source, state.run);
      if (outcome.outcome !== "failed" || outcome.errorName !== "NoDataError") return outcome;
    }
    return { ...name, outcome: "skipped", reason: "the API has no data" };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    return { ...name, outcome: "failed", error: error.message, errorName: error.name };
  }
}

async function untilReady(
  host: ImportHost,
  source: ApiSource,
  extraction: Extraction,
): Promise<Exclude<ExtractionState, { readonly kind: "pending" }>> {
  const { activities, gate, sleep, onWait } = host;
  await gate();
  let state = await activities.beginExtraction({ source, extraction });
  let waitedSeconds = 0;
  while (state.kind === "pending") {
    if (waitedSeconds >= PATIENCE_SECONDS) throw tooSlow(source, extraction);
    const { askedAt } = state;
    const seconds = Math.min(state.waitSeconds, PATIENCE_SECONDS - waitedSeconds);
    const looksAgainAt = new Date(Date.now() + seconds * 1000).toISOString();
    onWait?.({ ...extraction, askedAt, waitedSeconds, looksAgainAt });
    await sleep(seconds);
    waitedSeconds += seconds;
    await gate();
    state = await activities.lookAtExtraction({ source, extraction, pending: state, waitedSeconds });
  }
  return state;
}

function tooSlow(source: ApiSource, extraction: Extraction): ApiError {
  return new ApiError(
    `${source.name}: ${nameOfExtraction(extraction)} is not ready after ${PATIENCE_SECONDS / 3600} hours. ` +
      "Import again, and it is asked for anew; if that does not help, tell Microsoft's support.",
  );
}
