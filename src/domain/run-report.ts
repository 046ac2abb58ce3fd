import type { LoadedRows } from "./load.ts";

/** What became visible. Plain JSON. */
export type Publication = {
  readonly publicationId: string;
  /** Whether the run itself answers now; false for a run that a later one has already replaced. */
  readonly isCurrent: boolean;
  /** Subscription days of other sources or exports that this publication silences, by metric. */
  readonly silences: number;
  /** Own subscription days that stay silent, because another publication answers. */
  readonly silenced: number;
};

/** What an import of a run brought. Plain JSON. */
export type RunReport = LoadedRows & {
  readonly publication: Publication;
  /** By currency, as text with all digits. */
  readonly totals: readonly {
    readonly billing_currency: string;
    readonly actual: string;
    readonly amortized: string;
  }[];
  /** The rejected rows by currency: their cost where it can be read, as text, and of how many it cannot. */
  readonly rejects: readonly {
    readonly billing_currency: string;
    readonly rows: number;
    readonly rows_without_cost: number;
    readonly total: string;
  }[];
};
