import type { BegunImport } from "../../activities/begin-import.ts";
import type { BeginExtractionInput, LookAtExtractionInput } from "../../activities/extractions.ts";
import type { LoadPartInput } from "../../activities/load-part.ts";
import type { ImportPlan, PlanRunsInput } from "../../activities/plan-runs.ts";
import type { TrackingReport } from "../../activities/track-resources.ts";
import type { ImportRunInput } from "../../workflows/import-run.ts";
import type { ImportSourceInput } from "../../workflows/import-source.ts";
import type { Extraction, ExtractionState } from "../domain/extraction.ts";
import type { Load } from "../domain/load.ts";
import type { Run } from "../domain/run.ts";
import { MESSAGES } from "../domain/workflow-names.ts";
import { eventOfExtraction, eventOfPlan, eventOfTracking } from "../import-events.ts";
import type { ProgressListener } from "../progress.ts";
import { atHandOf, firstOf, messageOf, timeOf } from "./history.ts";
import type { HistoryEvent } from "./history.ts";

/** Which part of which run is loading. */
export type PartOfRun = { readonly source: string; readonly runId: string; readonly part: string };

/** What an API is asked for, of which source. */
export type ExtractionOfSource = Extraction & { readonly source: string };

/** Makes of a workflow's history what an import in this process would tell. */
export type Hearer = {
  readonly hear: (event: HistoryEvent) => void;
  /** The parts that are loading or wait for it, by the id of their activity. */
  readonly loading: ReadonlyMap<string, PartOfRun>;
  /** What an API is asked for at present, in the same way. */
  readonly asking: ReadonlyMap<string, ExtractionOfSource>;
};

/** The activity that assigns resources to rules. */
export const TRACKING = "trackResources";

/** The activity that says what there is to import of a source. */
const PLAN = "planRuns";
/** The one that also looks the source up and writes down that the import begins. */
const BEGIN = "beginImport";

type AskedInput = BeginExtractionInput | LookAtExtractionInput;
type Activity = { readonly name: string; readonly id: string; readonly input: unknown; readonly time: number };

/** Listens to the history of one workflow. */
export function createHearer(workflowId: string, tell: ProgressListener): Hearer {
  const activities = new Map<string, Activity>();
  const loading = new Map<string, PartOfRun>();
  const asking = new Map<string, ExtractionOfSource>();
  let run: Run | undefined;
  let importedSource = "";

  function begin(activity: Activity): void {
    if (isExtraction(activity.name)) {
      const { source, extraction } = activity.input as BeginExtractionInput;
      asking.set(activity.id, { ...extraction, source: source.name });
    }
    if (activity.name === TRACKING) tell({ event: "tracking started" });
    if (activity.name !== "loadPart") return;
    const { run: ofPart, part } = activity.input as LoadPartInput;
    const name = { source: ofPart.source, runId: ofPart.runId, part: part.path };
    loading.set(activity.id, name);
    const milliseconds = Math.max(Math.round(Date.now() - activity.time), 0);
    tell({ event: "part started", ...name, byteCount: part.byteCount, milliseconds });
  }

  function complete({ name, id, input, time }: Activity, result: unknown, end: number): void {
    if (name === PLAN) tell(eventOfPlan((input as PlanRunsInput).source.name, result as ImportPlan));
    if (name === TRACKING) tell(eventOfTracking(result as TrackingReport));
    if (asking.delete(id)) tell(eventOfExtraction(input as AskedInput, result as ExtractionState));
    const part = settle(id);
    if (part === undefined) return;
    const { loadId, rowsLoaded, rowsRejected, part: loaded } = result as Load;
    const counts = { loadId, byteCount: loaded.byteCount, rowsLoaded, rowsRejected };
    tell({ event: "part loaded", ...part, ...counts, milliseconds: Math.round(end - time) });
  }

  function settle(id: string): PartOfRun | undefined {
    const part = loading.get(id);
    loading.delete(id);
    return part;
  }

  function hearActivity(event: HistoryEvent): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const { activityId: id, activityType, input } = scheduled;
      const activity = {
        id: id ?? "",
        name: activityType?.name ?? "",
        input: firstOf(input),
        time: timeOf(event.eventTime),
      };
      activities.set(String(event.eventId), activity);
      begin(activity);
      return;
    }
    const {
      activityTaskCompletedEventAttributes: completed,
      activityTaskFailedEventAttributes: failed,
      activityTaskTimedOutEventAttributes: timedOut,
      activityTaskCanceledEventAttributes: canceled,
    } = event;
    const key = String((completed ?? failed ?? timedOut ?? canceled)?.scheduledEventId ?? "");
    const activity = activities.get(key);
    if (activity === undefined) return;
    activities.delete(key);
    if (completed) return complete(activity, firstOf(completed.result), timeOf(event.eventTime));
    const failure = failed?.failure ?? timedOut?.failure;
    const extraction = asking.get(activity.id);
    asking.delete(activity.id);
    if (extraction !== undefined && failure) {
      tell({ event: "extraction failed", ...extraction, error: messageOf(failure) });
    }
    if (activity.name === TRACKING && failure) tell({ event: "tracking failed", error: messageOf(failure) });
    const part = settle(activity.id);
    if (part === undefined) return;
    if (failure) tell({ event: "part failed", ...part, error: messageOf(failure) });
    else tell({ event: "part stopped", ...part });
  }

  /** Of what is done with the workflow at hand, a history keeps the results. */
  function hearAtHand(event: HistoryEvent): void {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started?.workflowType?.name === "importSource") {
      importedSource = (firstOf(started.input) as ImportSourceInput).source;
    }
    const done = atHandOf(event);
    if (done?.name === PLAN) tell(eventOfPlan(importedSource, done.result as ImportPlan));
    if (done?.name !== BEGIN) return;
    const { plan } = done.result as BegunImport;
    if (plan !== null) tell(eventOfPlan(importedSource, plan)); // else an activity plans
  }

  function hearRun(event: HistoryEvent): void {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started?.workflowType?.name === "importRun") {
      ({ run } = firstOf(started.input) as ImportRunInput);
      const byteCount = run.parts.reduce((sum, part) => sum + part.byteCount, 0);
      tell({ event: "run started", ...nameOf(run), parts: run.parts.length, byteCount });
    }
    if (run === undefined) return;
    if (event.workflowExecutionCompletedEventAttributes) tell({ event: "run imported", ...nameOf(run) });
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) tell({ event: "run failed", ...nameOf(run), error: messageOf(failed.failure) });
  }

  return {
    loading,
    asking,
    hear(event) {
      hearActivity(event);
      hearAtHand(event);
      hearRun(event);
      const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
      const note = { event: "note" as const, workflowId };
      if (signal === MESSAGES.pause) tell({ ...note, note: `${workflowId} is paused.` });
      if (signal === MESSAGES.resume) tell({ ...note, note: `${workflowId} goes on.` });
    },
  };
}

function isExtraction(activity: string): boolean {
  return activity === "beginExtraction" || activity === "lookAtExtraction";
}

function nameOf({ source, exportName, dataset, month, runId }: Run) {
  return { source, exportName, dataset, month, runId };
}
