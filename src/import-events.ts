import type { Activities, LoadProgress } from "../activities/activities.ts";
import type { BeginExtractionInput, LookAtExtractionInput } from "../activities/extractions.ts";
import type { ImportPlan } from "../activities/plan-runs.ts";
import type { TrackingReport } from "../activities/track-resources.ts";
import type { TrackingProgress } from "./domain/tracking-progress.ts";
import type { Extraction, ExtractionState } from "./domain/extraction.ts";
import type { Part, Run } from "./domain/run.ts";

type RunName = Pick<Run, "source" | "exportName" | "dataset" | "month" | "runId">;

/** What happens while an import runs. */
export type ImportEvent =
  | { readonly event: "source listed"; readonly source: string; readonly runs: number; readonly problems: number }
  | { readonly event: "source planned"; readonly source: string; readonly extractions: number }
  | ({ readonly event: "extraction asked"; readonly waitSeconds: number } & ExtractionName)
  | ({ readonly event: "extraction pending"; readonly waitSeconds: number } & ExtractionName & Waited)
  | ({ readonly event: "extraction ready" } & ExtractionName & Waited)
  | ({ readonly event: "extraction empty" } & ExtractionName)
  | ({ readonly event: "extraction failed"; readonly error: string } & ExtractionName)
  | ({ readonly event: "extraction retried" } & ExtractionName & Retry)
  | (RunName & { readonly event: "run started"; readonly parts: number; readonly byteCount: number })
  | (PartName & {
      readonly event: "part started";
      readonly byteCount: number;
      /** How long it is at it already, where that is only seen later. */
      readonly milliseconds?: number;
    })
  | (PartName & LoadProgress & { readonly event: "part progress" })
  | (PartName & {
      readonly event: "part loaded";
      readonly loadId: string;
      readonly byteCount: number;
      readonly rowsLoaded: number;
      readonly rowsRejected: number;
      readonly milliseconds: number;
    })
  | (PartName & { readonly event: "part failed"; readonly error: string })
  | (PartName & Retry & { readonly event: "part retried" })
  | (PartName & { readonly event: "part stopped" })
  | (RunName & { readonly event: "run imported" })
  | (RunName & { readonly event: "run failed"; readonly error: string })
  | { readonly event: "tracking started" }
  | ({ readonly event: "tracking progress" } & TrackingProgress)
  | ({ readonly event: "tracking done" } & TrackingCounts)
  | { readonly event: "tracking failed"; readonly error: string }
  | { readonly event: "tracking retried"; readonly attempt: number; readonly error: string };

/** What an API was asked for, of which source. */
type ExtractionName = Extraction & { readonly source: string };
type Waited = { readonly waitedSeconds: number };
/** What failed, which attempt follows, and in how many seconds where that is known. */
type Retry = { readonly attempt: number; readonly error: string; readonly seconds?: number };
/** What came of assigning resources to rules. */
type TrackingCounts = Pick<TrackingReport, "kind" | "resources" | "assigned" | "conflicts"> & {
  readonly milliseconds: number;
};
type PartName = { readonly source: string; readonly runId: string; readonly part: string };

/** Hears of what happens. */
export type ImportListener = (event: ImportEvent) => void;

/** What a plan tells of its source: what was listed, or how much an API is to be asked for. */
export function eventOfPlan(source: string, { found, problems, extractions }: ImportPlan): ImportEvent {
  if (extractions !== undefined) return { event: "source planned", source, extractions: extractions.length };
  return { event: "source listed", source, runs: found, problems: problems.length };
}

/** What the answer of an API means: to the first question, or to one after so many seconds of waiting. */
export function eventOfExtraction(
  { source, extraction, ...later }: BeginExtractionInput | LookAtExtractionInput,
  state: ExtractionState,
): ImportEvent {
  const name = { ...extraction, source: source.name };
  const waitedSeconds = "waitedSeconds" in later ? later.waitedSeconds : null;
  if (state.kind === "no data") return { event: "extraction empty", ...name };
  if (state.kind === "ready") return { event: "extraction ready", ...name, waitedSeconds: waitedSeconds ?? 0 };
  const { waitSeconds } = state;
  return waitedSeconds === null
    ? { event: "extraction asked", ...name, waitSeconds }
    : { event: "extraction pending", ...name, waitSeconds, waitedSeconds };
}

/** What came of assigning resources to rules. */
export function eventOfTracking({ kind, resources, assigned, conflicts, seconds }: TrackingReport): ImportEvent {
  return { event: "tracking done", kind, resources, assigned, conflicts, milliseconds: Math.round(seconds * 1000) };
}

/** The same activities, which tell of their beginnings and ends. */
export function watchActivities(activities: Activities, tell: ImportListener): Activities {
  async function watchExtraction<Input extends BeginExtractionInput>(
    ask: (input: Input) => Promise<ExtractionState>,
    input: Input,
  ): Promise<ExtractionState> {
    try {
      const state = await ask(input);
      tell(eventOfExtraction(input, state));
      return state;
    } catch (error) {
      tell({ event: "extraction failed", source: input.source.name, ...input.extraction, error: messageOf(error) });
      throw error;
    }
  }
  return {
    ...activities,
    beginExtraction: (input) => watchExtraction(activities.beginExtraction, input),
    lookAtExtraction: (input) => watchExtraction(activities.lookAtExtraction, input),
    async planRuns(input) {
      const plan = await activities.planRuns(input);
      tell(eventOfPlan(input.source.name, plan));
      return plan;
    },
    async loadPart(input) {
      const { part, opens } = input;
      if (opens !== undefined) tell(eventOfStart(opens));
      const name = { source: input.run.source, runId: input.run.runId, part: part.path };
      const begin = performance.now();
      tell({ event: "part started", ...name, byteCount: part.byteCount });
      try {
        const load = await activities.loadPart(input);
        const { loadId, rowsLoaded, rowsRejected } = load;
        const milliseconds = Math.round(performance.now() - begin);
        const counts = { loadId, byteCount: part.byteCount, rowsLoaded, rowsRejected, milliseconds };
        tell({ event: "part loaded", ...name, ...counts });
        return load;
      } catch (error) {
        tell({ event: "part failed", ...name, error: messageOf(error) });
        throw error;
      }
    },
    async trackResources(input) {
      tell({ event: "tracking started" });
      try {
        const report = await activities.trackResources(input);
        tell(eventOfTracking(report));
        return report;
      } catch (error) {
        tell({ event: "tracking failed", error: messageOf(error) });
        throw error;
      }
    },
    async finishRun(input) {
      const report = await activities.finishRun(input);
      tell({ event: "run imported", ...eventNameOf(input.run) });
      return report;
    },
    async recordRun(record) {
      const name = eventNameOf(record.run);
      if (record.state === "importing") tell(eventOfStart(record.run));
      await activities.recordRun(record);
      if (record.state === "imported") tell({ event: "run imported", ...name });
      if (record.state === "failed") tell({ event: "run failed", ...name, error: record.error });
    },
  };
}

function eventOfStart(run: Run): ImportEvent {
  return { event: "run started", ...eventNameOf(run), parts: run.parts.length, byteCount: sizeOf(run.parts) };
}

function eventNameOf({ source, exportName, dataset, month, runId }: Run): RunName {
  return { source, exportName, dataset, month, runId };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.byteCount, 0);
}
