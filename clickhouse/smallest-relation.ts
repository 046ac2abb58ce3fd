import { COST_RELATIONS } from "../src/domain/cost-dimensions.ts";
import type { CostRelation } from "../src/domain/cost-dimensions.ts";
import type { CostQuestion } from "../src/domain/cost-question.ts";
import { isWholeMonths } from "../src/domain/cost-window.ts";
import type { ComparedWindow, TimeWindow } from "../src/domain/cost-window.ts";
import { heldByAll, relationsOf, relationsOfFilter } from "./cost-grouping.ts";
import { relationsOfMeasure } from "./cost-measures.ts";
import type { CostSet } from "./cost-relation.ts";
import type { TrackingSet } from "./tracking-set.ts";

/** The fewest rows that hold everything a question speaks of; with the rules of resources where it speaks of these. */
export function smallestRelation(
  question: CostQuestion,
  set: CostSet,
  compared: ComparedWindow | null,
  tracking: TrackingSet | null,
): CostRelation {
  const { granularity, groupBy, measures, filter, time } = question;
  const windows = [time, ...(compared === null ? [] : [compared.window])];
  const isByDay = granularity === "day" || granularity === "week";
  const hasMonths = !isByDay && fitsMonths(set, windows, granularity !== "none");
  const held = heldByAll([
    hasMonths && !hasRulesOfDays(set, tracking) ? COST_RELATIONS : ["daily", "lines"],
    ...groupBy.map(relationsOf),
    ...measures.map(relationsOfMeasure),
    ...(filter === null ? [] : [relationsOfFilter(filter)]),
  ]);
  return held[0] ?? "lines";
}

/** Whether the rule of a resource is another one on some days of a billing month. */
function hasRulesOfDays(set: CostSet, tracking: TrackingSet | null): boolean {
  if (tracking === null || !tracking.hasPeriods) return false;
  return tracking.changesWithinMonths || "asOf" in set || !set.datesFollowMonths;
}

/** Whether a relation without days can tell of a window: only where dates and billing months are the same. */
function fitsMonths(set: CostSet, windows: readonly TimeWindow[], isByPeriod: boolean): boolean {
  const isOpen = windows.every(({ from, to }) => from === null && to === null);
  if (isOpen && !isByPeriod) return true;
  return !("asOf" in set) && set.datesFollowMonths && windows.every(isWholeMonths);
}
