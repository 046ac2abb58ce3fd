import { recordEmptyExtraction } from "../clickhouse/empty-extractions.ts";
import type { Extraction, ExtractionState } from "../src/domain/extraction.ts";
import { exportOfExtraction } from "../src/domain/extraction-export.ts";
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

type Asking = Pick<ActivityDependencies, "openExtractor" | "signal"> & {
  readonly warehouse: Pick<ActivityDependencies["warehouse"], "insert">;
};

/** An API may say that there is no need to wait. */
const LEAST_SECONDS = 1;
/** What was waited for long may be waited for a little longer: it spares questions, and events in histories. */
const SHARE_OF_WAITED = 0.1;

/** Asks an API for what a run is made of. That it has nothing is remembered. */
export function createBeginExtraction({ warehouse, openExtractor, signal }: Asking) {
  return async function beginExtraction(input: BeginExtractionInput): Promise<ExtractionState> {
    const { source, extraction } = input;
    return settle(warehouse, input, await openExtractor(source).begin(extraction, signal), 0);
  };
}

/** Looks how far an API is with it. */
export function createLookAtExtraction({ warehouse, openExtractor, signal }: Asking) {
  return async function lookAtExtraction(input: LookAtExtractionInput): Promise<ExtractionState> {
    const { source, extraction, pending, waitedSeconds } = input;
    return settle(warehouse, input, await openExtractor(source).look(extraction, pending, signal), waitedSeconds);
  };
}

async function settle(
  warehouse: Asking["warehouse"],
  { source, extraction }: BeginExtractionInput,
  state: ExtractionState,
  waitedSeconds: number,
): Promise<ExtractionState> {
  if (state.kind === "no data") {
    const { export: asked } = exportOfExtraction(source, extraction);
    const { dataset, month } = extraction;
    await recordEmptyExtraction(warehouse, { source: source.name, export: asked, dataset, month });
  }
  if (state.kind !== "pending") return state;
  const least = Math.max(LEAST_SECONDS, Math.floor(waitedSeconds * SHARE_OF_WAITED));
  return { ...state, waitSeconds: Math.max(state.waitSeconds, least) };
}
