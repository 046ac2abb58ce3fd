import type { Extraction, ExtractionState } from "../src/domain/extraction.ts";
import type { ApiSource } from "../src/domain/source.ts";
import type { PendingExtraction } from "../src/sources/extractor.ts";
import type { ActivityDependencies } from "./activities.ts";

/** What to ask an API for. */
export type BeginExtractionInput = { readonly source: ApiSource; readonly extraction: Extraction };

/** What was asked for, and for how long it was waited since then. */
export type LookAtExtractionInput = BeginExtractionInput & {
  readonly pending: PendingExtraction;
  readonly waitedSeconds: number;
};

type Asking = Pick<ActivityDependencies, "openExtractor" | "signal">;

/** An API may say that there is no need to wait. */
const LEAST_SECONDS = 1;
/** What was waited for long may be waited for a little longer: it spares questions, and events in histories. */
const SHARE_OF_WAITED = 0.1;

/** Asks an API for what a run is made of. */
export function createBeginExtraction({ openExtractor, signal }: Asking) {
  return async function beginExtraction({ source, extraction }: BeginExtractionInput): Promise<ExtractionState> {
    return withWait(await openExtractor(source).begin(extraction, signal), 0);
  };
}

/** Looks how far an API is with it. */
export function createLookAtExtraction({ openExtractor, signal }: Asking) {
  return async function lookAtExtraction(input: LookAtExtractionInput): Promise<ExtractionState> {
    const { source, extraction, pending, waitedSeconds } = input;
    return withWait(await openExtractor(source).look(extraction, pending, signal), waitedSeconds);
  };
}

function withWait(state: ExtractionState, waitedSeconds: number): ExtractionState {
  if (state.kind !== "pending") return state;
  const least = Math.max(LEAST_SECONDS, Math.floor(waitedSeconds * SHARE_OF_WAITED));
  return { ...state, waitSeconds: Math.max(state.waitSeconds, least) };
}
