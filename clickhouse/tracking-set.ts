import { z } from "zod";
import { SHORT_TARGET, TRACKING_FALLBACKS } from "../src/domain/tracking-rule.ts";
import type { TrackingFallback } from "../src/domain/tracking-rule.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery, Moment } from "./query.ts";

/** The evaluation of the rules that costs are read with. */
export type TrackingSet = {
  /** Names what is read: another text when another evaluation counts, or when it has grown. */
  readonly id: string;
  /** Zeros where nothing was evaluated yet: then no resource has a rule. */
  readonly evaluationId: string;
  /** When its last resources were taken; null where there is none. */
  readonly evaluatedAt: string | null;
  /** The names that rules give values to: those of the evaluation, and those that hold now. */
  readonly targets: readonly string[];
  readonly fallback: TrackingFallback;
  /** Whether the rule of some resource depends on the day, and whether not only on the month. */
  readonly hasPeriods: boolean;
  readonly changesWithinMonths: boolean;
  /** Whether resources may have several rows, of which the newest counts. */
  readonly hasGrown: boolean;
  /** Whether rules or options were written since it began, and whether readers see loads that it has not seen. */
  readonly hasOtherRules: boolean;
  readonly hasOtherLoads: boolean;
};

/** Tells which evaluation counts now. */
export type TrackingSets = {
  /** Asks the warehouse each time, if only whether anything has changed. */
  current(): Promise<TrackingSet>;
};

const NO_EVALUATION = "00000000-0000-0000-0000-000000000000";

/** A set to render a question with that is only to be looked at. */
export const ANY_TRACKING: TrackingSet = {
  id: "none",
  evaluationId: NO_EVALUATION,
  evaluatedAt: null,
  targets: [],
  fallback: "none",
  hasPeriods: false,
  changesWithinMonths: false,
  hasGrown: false,
  hasOtherRules: false,
  hasOtherLoads: false,
};

const Flag = z.number().transform((value) => value === 1);
const SetRow = z.object({
  evaluation_id: z.string(),
  fallback: z.enum([...TRACKING_FALLBACKS, ""]),
  evaluated_at: Moment,
  changed_at: Moment,
  rules_version: z.string(),
  has_grown: Flag,
  has_other_rules: Flag,
  has_other_loads: Flag,
});
type SetRow = z.infer<typeof SetRow>;
const Facts = z.object({ targets: z.array(z.string()), has_periods: Flag, changes_within_months: Flag });
type Facts = z.infer<typeof Facts>;

const NO_FACTS: Facts = { targets: [], has_periods: false, changes_within_months: false };

const askSet = defineQuery<Record<string, never>, SetRow>("tracking-set", SetRow);
const askFacts = defineQuery<{ evaluation_id: string }, Facts>("tracking-set-facts", Facts);

/** The evaluations of a warehouse; what only rules decide is asked for once. */
export function createTrackingSets(warehouse: Warehouse): TrackingSets {
  let last: { readonly changes: string | null; readonly set: TrackingSet } | undefined;
  let known: { readonly key: string; readonly facts: Facts } | undefined;

  async function factsOf({ evaluation_id, rules_version }: SetRow): Promise<Facts> {
    const key = `${evaluation_id} ${rules_version}`;
    if (known?.key === key) return known.facts;
    const [facts = NO_FACTS] = await askFacts(warehouse, { evaluation_id });
    known = { key, facts };
    return facts;
  }

  return {
    async current() {
      const changes = await warehouse.changes();
      if (last !== undefined && changes !== null && changes === last.changes) return last.set;
      const [row] = await askSet(warehouse, {});
      const set = row === undefined ? ANY_TRACKING : setOf(row, await factsOf(row));
      last = { changes, set }; // what was changed while it was asked for is another text
      return set;
    },
  };
}

function setOf(row: SetRow, { targets, ...facts }: Facts): TrackingSet {
  const isThere = row.evaluation_id !== NO_EVALUATION;
  const fallback = row.fallback === "" ? "none" : row.fallback;
  return {
    id: isThere ? `${row.evaluation_id}-${row.changed_at.replaceAll(/\D/g, "")}` : "none",
    evaluationId: row.evaluation_id,
    evaluatedAt: isThere ? row.evaluated_at : null,
    targets: fallback === "none" ? targets : [...new Set([...targets, SHORT_TARGET])].toSorted(),
    fallback,
    hasPeriods: facts.has_periods,
    changesWithinMonths: facts.changes_within_months,
    hasGrown: row.has_grown,
    hasOtherRules: row.has_other_rules,
    hasOtherLoads: row.has_other_loads,
  };
}
