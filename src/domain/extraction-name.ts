import type { Extraction } from "./extraction.ts";

/** What messages call an extraction, such as "actual 2026-05". */
export function nameOfExtraction({
  dataset,
  month,
  invoice,
}: Pick<Extraction, "dataset" | "month" | "invoice">): string {
  return `${dataset} ${month}${invoice === undefined ? "" : `, invoice ${invoice}`}`;
}
