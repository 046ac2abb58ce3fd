import { z } from "zod";
import { TRACKING_FALLBACKS } from "../domain/tracking-rule.ts";
import { BrokenRuleAnswer } from "./tracking-rule-body.ts";

const text = z.string();
const metric = z.enum(["actual", "amortized"]).describe("Which cost");
const currency = text.describe("Billing currency");
const cost = text.describe("As text with all digits");
const rows = z.int().describe("Items in this answer");
const targets = z.record(text, text).describe("Whose it is");
const Costs = z.array(z.object({ metric, currency, cost }));

/** What an evaluation has found. */
export const EvaluationAnswer = z.object({
  evaluationId: text.describe("The evaluation"),
  kind: z
    .enum(["whole", "extension", "none"])
    .describe("Over all resources, or over those that are new or have changed"),
  resources: z.int().describe("Resources that it was about"),
  assigned: z.int().describe("Those of them with a rule"),
  conflicts: z.int().describe("Those of them that several rules match"),
  brokenRules: z.array(BrokenRuleAnswer).describe("Rules that could not take part"),
  seconds: z.number().describe("How long it took"),
});

const evaluation = z
  .object({
    evaluationId: text.describe("The evaluation"),
    evaluatedAt: text.describe("When it, or what was added to it since, was begun"),
    hasOtherRules: z.boolean().describe("Whether rules or options were written since"),
    hasOtherLoads: z.boolean().describe("Whether other costs are published by now than it has seen"),
  })
  .nullable()
  .describe("The evaluation that counts; null where nothing was evaluated yet");

/** Which evaluation costs are read with. */
export const StateAnswer = z.object({
  evaluation,
  targets: z.array(text).describe("What costs can be grouped and filtered by, as tracking:<target>"),
  fallback: z.enum(TRACKING_FALLBACKS).describe("What resources without a rule are given in it"),
  isEvaluating: z.boolean().describe("Whether this service is evaluating at this moment"),
  failure: text.nullable().describe("Why what was written last could not be evaluated by this service"),
});

/** How much of the cost has a rule. */
export const CoverageAnswer = z.object({
  data: z.array(
    z.object({
      month: text.nullable().describe("Billing month; null where lines are not by month"),
      subscriptionId: text.nullable().describe("Null where lines are not by subscription, empty for charges of none"),
      subscriptionName: text,
      metric,
      currency,
      cost,
      assigned: text.describe("What of it is of resources that had a rule on the day"),
      unassigned: text.describe("What is not"),
      withoutResource: text.describe("What of the unassigned names no resource: no rule can match it"),
      share: text.nullable().describe("Percent that are assigned, cut after two digits; null where there is no cost"),
      resources: z.int().describe("Resources with charges"),
      assignedResources: z.int().describe("Those of them with a rule"),
    }),
  ),
  rows,
  evaluation,
});

const Condition = z.object({ field: text, operator: text, value: text });

/** A resource that several rules match. */
export const ConflictsAnswer = z.object({
  data: z.array(
    z.object({
      resourceId: text,
      subscriptionId: text,
      validFrom: text.nullable().describe("The first day for which it is so; null for all before"),
      validTo: text.nullable().describe("The first day for which it is so no more; null for all after"),
      candidates: z
        .array(z.object({ ruleId: text, priority: z.int(), field: text, operator: text, text }))
        .describe("The rules that match and by which condition, in the order in which they win; at most 100"),
      candidateCount: z.int().describe("How many there are"),
      winner: text.describe("The rule that won"),
      reason: text.describe("By what it won against the next one: priority, field or id"),
      month: text.describe("Billing month of the costs"),
      source: text.describe("Source of the run that showed it"),
      runId: text.describe("The run with its newest charges"),
      loadId: text,
      costs: Costs.describe("What the resource costs in that month and on those days"),
      evaluatedAt: text,
    }),
  ),
  rows,
  evaluation,
  next: text.nullable().describe("`cursor` of the next answer; null when there are no more items"),
});

/** Rules that want the same resources. */
export const ConflictPairsAnswer = z.object({
  data: z
    .array(
      z.object({
        winner: text,
        winnerName: text,
        loser: text,
        loserName: text,
        metric,
        currency,
        cost,
        resources: z.int().describe("Resources that both match"),
      }),
    )
    .describe("Of each metric and currency the dearest first"),
  rows,
  evaluation,
});

/** Rules that win nowhere. */
export const UnusedAnswer = z.object({
  data: z.array(
    z.object({
      ruleId: text,
      name: text,
      priority: z.int(),
      use: z.enum(["never matches", "never wins"]),
      resources: z.int().describe("Resources that it matches"),
      beatenBy: z
        .array(z.object({ ruleId: text, resources: z.int() }))
        .describe("The rules that win there, the most frequent one first"),
    }),
  ),
  rows,
  evaluation,
});

const Assignment = z.object({
  resourceId: text,
  validFrom: text.nullable(),
  validTo: text.nullable(),
  ruleId: text.describe("Empty where no rule matches"),
  ruleName: text,
  targets,
  matchedField: text,
  matchedOperator: text,
  matchedText: text,
  candidates: z.int().describe("How many rules match"),
});

/** Why a resource has the rule that it has. */
export const ExplanationAnswer = z.object({
  resourceId: text,
  day: text.describe("The day for which rules have to hold"),
  fields: z.array(z.object({ field: text, values: z.array(text) })).describe("What conditions look at, in lower case"),
  winner: text.nullable().describe("The rule that wins, by the rules as they are now; null where none matches"),
  assignments: z.array(Assignment).describe("Which rule it has when, by the rules as they are now"),
  isEvaluated: z.boolean().describe("Whether costs are read like that already"),
  rules: z
    .array(
      z.object({
        ruleId: text,
        name: text,
        priority: z.int().nullable(),
        outcome: text.describe(
          "won, lost by priority, field or id, did not match, not valid, disabled, cannot be read",
        ),
        matched: z.array(Condition).describe("Conditions that hold"),
        missed: z.array(Condition).describe("Conditions that would have had to hold"),
        hindered: z.array(Condition).describe("Conditions that hold and must not"),
        reason: text.describe("The same in a sentence"),
      }),
    )
    .describe("In the order in which they win"),
  hidden: z.int().describe("How many rules did not match and are not told; `all` tells them"),
});

/** Which rules would win. */
export const TestAnswer = z.object({ data: z.array(Assignment), rows, day: text });

const Figures = {
  metric,
  currency,
  before: text.describe("Cost now, as text with all digits"),
  after: text.describe("Cost then"),
  difference: text,
  resourcesBefore: z.int(),
  resourcesAfter: z.int(),
};
const Side = z.object({ ruleId: text, targets });

/** What a rule file would change in resources and money. */
export const EffectAnswer = z.object({
  month: text.nullable().describe("Billing month of the costs; null where nothing is published"),
  day: text.describe("The day for which the rules of resources are told"),
  resources: z.int().describe("Resources that there are"),
  assigned: z.int().describe("Those that would have a rule"),
  conflicts: z.int().describe("Those that several rules would match"),
  brokenRules: z.array(BrokenRuleAnswer),
  seconds: z.number(),
  changed: z.int().describe("Resources that would have another rule or other targets, be it only for some days"),
  coverage: z.array(z.object({ ...Figures, cost })).describe("All costs of the month, and what of them has a rule"),
  targets: z.array(z.object({ target: text, value: text, ...Figures })).describe("By target, what differs"),
  rules: z.array(z.object({ ruleId: text, ...Figures })).describe("By rule, what differs"),
  changes: z
    .array(z.object({ resourceId: text, before: Side, after: Side, costs: Costs }))
    .describe("By resource, the dearest first"),
});

const RULE_CHANGES = {
  changes: z
    .array(
      z.object({
        id: text,
        name: text,
        change: text.describe("added, changed or removed"),
        differences: z.array(text).describe("What is different, as setting: before -> after"),
      }),
    )
    .describe("What differs"),
  added: z.int(),
  changed: z.int(),
  removed: z.int(),
  unchanged: z.int().describe("Rules of the file that are there like that already"),
  untouched: z.int().describe("Rules that the file does not name and that are kept"),
  fallback: z.enum(TRACKING_FALLBACKS).nullable().describe("The new fallback; null where it stays as it is"),
  broken: z.array(BrokenRuleAnswer).describe("Rows that are no rules and take no part"),
};

/** What became of a rule file. */
export const AppliedAnswer = z.object(RULE_CHANGES);

/** What a rule file would change: of the rules, and by them. */
export const DryRunAnswer = z.object({ ...RULE_CHANGES, effect: EffectAnswer });
