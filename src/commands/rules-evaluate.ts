import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import type { TrackingEvaluation } from "../../clickhouse/tracking-evaluation.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount, formatDuration } from "./format.ts";
import { tellBroken } from "./rules.ts";

/** Assigns every resource to its rule now. */
export const evaluateRules: Command<{ readonly json: boolean }> = (context, { json }) =>
  changeWarehouse(context, async (warehouse) => {
    const evaluation = await evaluateTracking(warehouse, { signal: context.signal });
    if (json) context.print(JSON.stringify(evaluation, null, 2));
    else {
      context.print(describeEvaluation(evaluation));
      context.print("`billhouse rules coverage` shows how much of the cost that is.");
    }
    tellBroken(context, evaluation.brokenRules);
    return EXIT.done;
  });

/** What an evaluation gave, in a sentence. */
export function describeEvaluation({ kind, resources, assigned, conflicts, seconds }: TrackingEvaluation): string {
  if (kind === "none") return "Every resource is assigned already.";
  const which = kind === "extension" ? "new or changed resource" : "resource";
  return (
    `Assigned ${countOf(resources, which)} in ${formatDuration(seconds * 1000)}: ` +
    `${formatCount(assigned)} with a rule, ${formatCount(resources - assigned)} without, ${countOf(conflicts, "conflict")}.`
  );
}
