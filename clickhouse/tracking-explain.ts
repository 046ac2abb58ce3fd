import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Day } from "../src/domain/month.ts";
import { explainRules, isValidOn } from "../src/domain/tracking-explain.ts";
import type { RuleExplanation as ExplainedRule, RuleOutcome } from "../src/domain/tracking-explain.ts";
import type { Condition } from "../src/domain/tracking-rule.ts";
import { describeCondition, describePeriod } from "../src/domain/tracking-text.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery } from "./query.ts";
import { tryRules } from "./tracking-evaluation.ts";
import { listTrackedPeriods, listTrialPeriods } from "./tracking-periods.ts";
import type { TrackedPeriod } from "./tracking-periods.ts";
import { readRuleSet } from "./tracking-rules.ts";

/** A resource by its id as it is stored, and the day on which rules have to hold. */
export type ExplainQuestion = {
  readonly resourceId: string;
  readonly day: Day;
  readonly signal?: AbortSignal | undefined;
};

/** What became of a rule, and by which conditions. */
export type RuleExplanation = Omit<ExplainedRule, "rule" | "outcome" | "field"> & {
  readonly ruleId: string;
  readonly name: string;
  readonly priority: number | null;
  readonly outcome: RuleOutcome | "cannot be read";
  /** The same in a sentence. */
  readonly reason: string;
};

/** Why a resource has the rule that it has. */
export type Explanation = {
  readonly resourceId: string;
  readonly day: Day;
  /** What conditions look at, in lower case. */
  readonly fields: readonly { readonly field: string; readonly values: readonly string[] }[];
  /** The rule that wins on the day, by the rules as they are now; null where none matches. */
  readonly winner: string | null;
  /** Which rule it has when, by the rules as they are now. */
  readonly assignments: readonly TrackedPeriod[];
  /** Whether costs are read like that already: else rules or the resource have changed since the last evaluation. */
  readonly isEvaluated: boolean;
  /** In the order in which they win; at the end those that cannot be read. */
  readonly rules: readonly RuleExplanation[];
};

const HeldCondition = z.object({ field: z.string(), operator: z.string(), value: z.string() });
type HeldCondition = z.infer<typeof HeldCondition>;

const listConditions = defineQuery<{ evaluation_id: string }, HeldCondition>(
  "tracking-trial-conditions",
  HeldCondition,
);

const listFields = defineQuery<{ evaluation_id: string }, { field: string; values: string[] }>(
  "tracking-trial-fields",
  z
    .object({ name: z.string(), values: z.array(z.string()) })
    .transform(({ name, values }) => ({ field: name, values })),
);

/** Says why a resource has the rule that it has. It is asked anew, of the rules as they are; nothing that readers see is changed. */
export async function explainResource(warehouse: Warehouse, question: ExplainQuestion): Promise<Explanation> {
  const { resourceId, day, signal } = question;
  const ruleSet = await readRuleSet(warehouse);
  const trial = await tryRules(warehouse, ruleSet, {
    resourceIds: [resourceId],
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const evaluation = { evaluation_id: trial.evaluationId };
    const assignments = await listTrialPeriods(warehouse, { ...evaluation, fallback: ruleSet.fallback });
    const held = new Set((await listConditions(warehouse, evaluation)).map(keyOf));
    const winner = assignments.find((period) => isValidOn(period, day))?.ruleId ?? "";
    const explained = explainRules(ruleSet.rules, { day, winner, holds: (condition) => held.has(keyOf(condition)) });
    const won = explained.find(({ outcome }) => outcome === "won");
    return {
      resourceId,
      day,
      fields: await listFields(warehouse, evaluation),
      winner: winner === "" ? null : winner,
      assignments,
      isEvaluated: isDeepStrictEqual(assignments, await listTrackedPeriods(warehouse, { resource_id: resourceId })),
      rules: [
        ...explained.map((one) => tell(one, won)),
        ...[...ruleSet.broken, ...trial.brokenRules].map(({ id, reason }) => broken(id, reason)),
      ],
    };
  } finally {
    await trial.discard();
  }
}

function keyOf({ field, operator, value }: HeldCondition): string {
  return JSON.stringify([field, operator, value]);
}

function tell(explained: ExplainedRule, won: ExplainedRule | undefined): RuleExplanation {
  const { rule, outcome, matched, missed, hindered } = explained;
  const { id: ruleId, name, priority } = rule;
  return { ruleId, name, priority, outcome, matched, missed, hindered, reason: reasonOf(explained, won) };
}

function reasonOf(explained: ExplainedRule, won: ExplainedRule | undefined): string {
  const { rule, outcome, field, matched, missed, hindered } = explained;
  const by = matched.length === 0 ? "nothing that it excludes holds" : list(matched, " and ");
  const winner = won?.rule.id ?? "";
  switch (outcome) {
    case "won":
      return by;
    case "lost by priority":
      return `${by}; ${winner} has priority ${won?.rule.priority}, this one ${rule.priority}`;
    case "lost by field":
      return `${by}; ${winner} matches ${won?.field ?? "no field"}, which is more specific than ${field ?? "no field"}`;
    case "lost by id":
      return `${by}; ${winner} is the smaller id`;
    case "not valid":
      return `holds ${describePeriod(rule)}`;
    case "disabled":
      return "is disabled";
    case "did not match": {
      const not = missed.length === 0 ? [] : [`does not hold: ${list(missed, ", ")}`];
      const must = hindered.length === 0 ? [] : [`holds and must not: ${list(hindered, ", ")}`];
      return [...not, ...must].join("; ");
    }
  }
}

function list(conditions: readonly Condition[], between: string): string {
  return conditions.map(describeCondition).join(between);
}

function broken(ruleId: string, reason: string): RuleExplanation {
  const nothing = { matched: [], missed: [], hindered: [] };
  return { ruleId, name: "", priority: null, outcome: "cannot be read", ...nothing, reason };
}
