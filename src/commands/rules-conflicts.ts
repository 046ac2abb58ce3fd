import { listConflictPairs, listConflicts } from "../../clickhouse/tracking-conflicts.ts";
import type { Conflict, ConflictCandidate, ConflictPair } from "../../clickhouse/tracking-conflicts.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { formatMoment } from "../domain/moment.ts";
import type { Month } from "../domain/month.ts";
import { describeCondition, describePeriod } from "../domain/tracking-text.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { formatCount } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";
import { readTrackingState, tellTrackingState } from "./tracking-state.ts";
import type { TrackingState } from "./tracking-state.ts";

/** Which conflicts to list: themselves, or summed up by pairs of rules. */
export type ConflictsOptions = {
  readonly month?: Month;
  readonly rule?: string;
  readonly pairs: boolean;
  readonly limit: number;
  readonly json: boolean;
};

const PAIRS: readonly Column<ConflictPair>[] = [
  { title: "wins", value: ({ winner, winnerName }) => nameOf(winner, winnerName) },
  { title: "loses", value: ({ loser, loserName }) => nameOf(loser, loserName) },
  { title: "resources", value: ({ resources }) => formatCount(resources), align: "right" },
  { title: "metric", value: ({ metric }) => metric },
  { title: "currency", value: ({ currency }) => currency },
  { title: "cost", value: ({ cost }) => cost },
];
const CANDIDATES: readonly Column<ConflictCandidate & { readonly isWinner: boolean }>[] = [
  { title: "", value: ({ isWinner }) => (isWinner ? "wins" : "") },
  { title: "rule", value: ({ ruleId }) => ruleId },
  { title: "priority", value: ({ priority }) => priority, align: "right" },
  { title: "matched", value: ({ field, operator, text }) => describeMatched({ field, operator, text }) },
];

/** Lists resources that more than one rule wants, or which pairs of rules do. */
export const conflicts: Command<ConflictsOptions> = (context, options) =>
  readWarehouse(context, async (warehouse) => {
    const evaluation = await readTrackingState(warehouse);
    if (options.pairs) await tellPairs(context, warehouse, evaluation, options);
    else await tellConflicts(context, warehouse, evaluation, options);
    tellTrackingState(context, evaluation);
    return EXIT.done;
  });

async function tellPairs(
  { print }: Context,
  warehouse: Warehouse,
  evaluation: TrackingState,
  { month, rule, limit, json }: ConflictsOptions,
): Promise<void> {
  const pairs = await listConflictPairs(warehouse, { month, ruleId: rule, limit });
  if (json) print(JSON.stringify({ evaluation, pairs }, null, 2));
  else print(pairs.length === 0 ? NONE : `${formatTable(PAIRS, pairs)}\n\n${LOOK_CLOSER}`);
}

async function tellConflicts(
  context: Context,
  warehouse: Warehouse,
  evaluation: TrackingState,
  { month, rule, limit, json }: ConflictsOptions,
): Promise<void> {
  const found = await listConflicts(warehouse, { month, ruleId: rule, limit: limit + 1 });
  const shown = found.slice(0, limit);
  const isMore = found.length > limit;
  if (json) context.print(JSON.stringify({ evaluation, conflicts: shown, isMore }, null, 2));
  else if (shown.length === 0) context.print(NONE);
  else {
    for (const conflict of shown) printConflict(context, conflict);
    context.print(isMore ? `There are more; --limit shows them. ${SUMMARY}` : SUMMARY);
  }
}

const NONE = "No resource is wanted by more than one rule.";
const SUMMARY = "`billhouse rules conflicts --pairs` sums them up by pairs of rules, dearest first.";
const LOOK_CLOSER =
  "`billhouse rules conflicts --rule ID` lists the resources, `rules explain RESOURCE` says why one won.";

function printConflict({ print }: Context, conflict: Conflict): void {
  const { resourceId, candidates, candidateCount, winner, reason, month, source, runId, costs, evaluatedAt } = conflict;
  const period = describePeriod(conflict);
  print(`${resourceId}${period === "" ? "" : `, ${period}`}`);
  const rows = candidates.map((candidate) => ({ ...candidate, isWinner: candidate.ruleId === winner }));
  print(formatTable(CANDIDATES, rows).replace(/^/gm, "  "));
  if (candidateCount > candidates.length) print(`  and ${formatCount(candidateCount - candidates.length)} more rules`);
  print(`  ${winner} won: ${reason}`);
  const amounts = costs.map(({ metric, currency, cost }) => `${cost} ${currency} (${metric})`);
  print(`  cost in ${month}: ${amounts.join(", ") || "none"}`);
  print(`  shown by run ${runId} of ${source}, evaluated ${formatMoment(evaluatedAt)} UTC\n`);
}

function describeMatched({ field, operator, text }: Pick<ConflictCandidate, "field" | "operator" | "text">): string {
  return field === "" ? "by what does not hold" : describeCondition({ field, operator, value: text });
}

function nameOf(id: string, name: string): string {
  return name === "" || name === id ? id : `${id} ${name}`;
}
