import type { Warehouse } from "../../clickhouse/client.ts";
import { createTrackingSets } from "../../clickhouse/tracking-set.ts";
import type { TrackingSet } from "../../clickhouse/tracking-set.ts";
import type { Context } from "../context.ts";
import { formatMoment } from "../domain/moment.ts";

/** Of which evaluation reports speak, and whether it is up to date. Plain JSON. */
export type TrackingState = Pick<TrackingSet, "evaluatedAt" | "hasOtherRules" | "hasOtherLoads">;

/** The evaluation that costs are read with now. */
export async function readTrackingState(warehouse: Warehouse): Promise<TrackingState> {
  const { evaluatedAt, hasOtherRules, hasOtherLoads } = await createTrackingSets(warehouse).current();
  return { evaluatedAt, hasOtherRules, hasOtherLoads };
}

/** Says on stderr when a report speaks of nothing, or of rules and costs that are others by now. */
export function tellTrackingState({ note }: Pick<Context, "note">, state: TrackingState): void {
  const { evaluatedAt, hasOtherRules, hasOtherLoads } = state;
  if (evaluatedAt === null) {
    note("billhouse: no rules were EVALUATED yet. `billhouse rules apply -f rules.yaml` writes and evaluates them.");
  } else if (hasOtherRules || hasOtherLoads) {
    const changed = [
      ...(hasOtherRules ? ["rules have changed"] : []),
      ...(hasOtherLoads ? ["costs were published"] : []),
    ];
    note(
      `billhouse: ${changed.join(" and ")} SINCE the last evaluation, which began ${formatMoment(evaluatedAt)} UTC. ` +
        "`billhouse rules evaluate` brings this up to date.",
    );
  }
}
