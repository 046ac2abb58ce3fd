import type { Extraction } from "./extraction.ts";
import type { Run } from "./run.ts";
import type { ApiSource } from "./source.ts";

/** Which export the run of an extraction stands for: what was asked, so that a later answer replaces an earlier one. */
export function exportOfExtraction(
  source: ApiSource,
  { invoice }: Pick<Extraction, "invoice">,
): Pick<Run, "export" | "exportName"> {
  const place = source.kind === "ea" ? `${source.url}/${source.enrollment}` : source.scope;
  const exportName = source.kind === "ea" ? source.enrollment : place.split("/").slice(-2).join("/");
  return {
    export: `${source.kind}:${place}${invoice === undefined ? "" : `:invoice:${invoice}`}`.toLowerCase(),
    exportName,
  };
}

/** Whether a run is what an API was asked for. */
export function isExtracted({ export: id }: Pick<Run, "export">): boolean {
  return /^(?:cost-details|usage-details|ea):/.test(id);
}
