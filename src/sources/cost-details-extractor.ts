import type { Extraction, ExtractionState } from "../domain/extraction.ts";
import type { CostDetailsSource } from "../domain/source.ts";
import { costDetailsPlace, pollReport, requestReport } from "./cost-details.ts";
import type { ReportState } from "./cost-details.ts";
import { operationIdOf, partPathOf } from "./cost-details-operation.ts";
import { extractedRun } from "./extracted-run.ts";
import type { Extractor } from "./extractor.ts";

/** Asks the Cost Details API for reports; a run of one has a part for each of its blobs. */
export function createCostDetailsExtractor(source: CostDetailsSource, environment: NodeJS.ProcessEnv): Extractor {
  const place = costDetailsPlace(source, environment);
  return {
    place: source.scope,
    async begin(extraction, signal) {
      const { askedAt, state } = await requestReport(place, extraction, signal);
      return extractionState(source, extraction, state, askedAt);
    },
    async look(extraction, { operation, askedAt }, signal) {
      return extractionState(source, extraction, await pollReport(place, operation, signal), askedAt);
    },
  };
}

function extractionState(
  source: CostDetailsSource,
  extraction: Extraction,
  state: ReportState,
  askedAt: string,
): ExtractionState {
  switch (state.kind) {
    case "no data":
      return state;
    case "pending":
      return { ...state, askedAt };
    case "ready": {
      const { operation, byteCounts } = state;
      const parts = byteCounts.map((byteCount, index) => ({
        path: partPathOf(operation, index),
        byteCount: byteCount ?? 0,
      }));
      const runId = operationIdOf(operation);
      return { kind: "ready", run: extractedRun({ source, extraction, askedAt, runId, parts }) };
    }
  }
}
