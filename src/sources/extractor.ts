import type { Extraction, ExtractionState } from "../domain/extraction.ts";

/**
 * Asks one of Azure's cost APIs for what a run is made of. Both throw AuthenticationError, PermissionError,
 * ApiRefusalError, ThrottledError or ApiError, and `look` throws OverwrittenError where the API does not know any more
 * what it was asked for.
 */
export type Extractor = {
  /** How messages name the place; never carries a secret. */
  readonly place: string;
  /** Asks for it. */
  begin(extraction: Extraction, signal?: AbortSignal): Promise<ExtractionState>;
  /** Looks how far it is. */
  look(extraction: Extraction, pending: PendingExtraction, signal?: AbortSignal): Promise<ExtractionState>;
};

/** What was asked for and is not ready yet. */
export type PendingExtraction = Extract<ExtractionState, { readonly kind: "pending" }>;
