import type { TrackingReport } from "../../activities/track-resources.ts";
import type { TrackingEvaluation } from "../../clickhouse/tracking-evaluation.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { countOf, formatCount, formatDuration } from "./format.ts";
import { tellBroken } from "./rules.ts";
import { trackHere, trackInTemporal } from "./track-resources.ts";

type EvaluateOptions = { readonly json: boolean };

/** Assigns every resource to its rule now: in Temporal where the environment names one, or here. */
export const evaluateRules: Command<EvaluateOptions> = async (context, options) => {
  const report = isTemporalSet(context.env)
    ? await trackInTemporal(context, { anew: true })
    : await changeWarehouse(context, (warehouse) => trackHere(context, warehouse, { anew: true }));
  return report === undefined ? EXIT.failed : tellTracking(context, options, report);
};

/** Says what came of assigning resources, on stdout. */
export function tellTracking(context: Context, { json }: EvaluateOptions, report: TrackingReport): ExitCode {
  if (json) context.print(JSON.stringify(report, null, 2));
  else {
    context.print(describeEvaluation(report));
    context.print("`billhouse rules coverage` shows how much of the cost that is.");
  }
  tellBroken(context, report.brokenRules, report.brokenCount);
  return EXIT.done;
}

/** What an evaluation gave, in a sentence. */
export function describeEvaluation({
  kind,
  resources,
  assigned,
  conflicts,
  seconds,
}: Omit<TrackingEvaluation, "brokenRules">): string {
  if (kind === "none") return "Every resource is assigned already.";
  const which = kind === "extension" ? "new or changed resource" : "resource";
  return (
    `Assigned ${countOf(resources, which)} in ${formatDuration(seconds * 1000)}: ` +
    `${formatCount(assigned)} with a rule, ${formatCount(resources - assigned)} without, ${countOf(conflicts, "conflict")}.`
  );
}
