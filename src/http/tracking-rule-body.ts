import { z } from "zod";
import type { KeptRule, RuleVersion } from "../../clickhouse/tracking-rules.ts";
import { ruleAsJson, TrackingRuleShape } from "../../clickhouse/tracking-schema.ts";
import { TRACKING_FIELDS, TRACKING_OPERATORS } from "../domain/tracking-rule.ts";
import type { TrackingRule } from "../domain/tracking-rule.ts";
import { HttpError } from "./errors.ts";

const MATCH =
  `A condition {"field", "operator", "value"}, or a tree of them: {"all": […]}, {"any": […]}, {"not": …}. ` +
  `field is one of ${TRACKING_FIELDS.join(", ")}, tag:<key>; operator one of ${TRACKING_OPERATORS.join(", ")}. ` +
  "Case makes no difference";
const SHORT =
  "The short form, instead of match: text that the last segment, resource group or subscription id contains";

/** What a rule is made of, for the documentation: what is right is told by the rule's own reader. */
const SETTINGS = {
  priority: z.unknown().optional().describe("The smaller one wins; 100 by default, in the short form the id"),
  name: z.unknown().optional().describe("What people call it"),
  match: z.unknown().optional().describe(MATCH),
  resource_tracking: z.unknown().optional().describe(SHORT),
  targets: z.unknown().optional().describe("Whose a resource is that matches, such as owner: platform"),
  valid_from: z.unknown().optional().describe("The first day of costs that it is for"),
  valid_to: z.unknown().optional().describe("The first day that it is for no more"),
  enabled: z.unknown().optional().describe("Whether it takes part"),
};

/** A rule in the body of a request, but for its id. */
export const RuleBody = z.strictObject({ id: z.unknown().optional(), ...SETTINGS });

/** A rule that is to be added. */
export const NewRuleBody = RuleBody.extend({
  id: z.unknown().describe("Digits or text; of rules that are else equal the smallest id wins"),
});

const text = z.string();
const RULE = {
  id: text.describe("Digits or text"),
  priority: z.int().describe("The smaller one wins"),
  name: text.describe("What people call it"),
  match: z.unknown().describe(MATCH),
  targets: z.record(text, text).describe("Whose a resource is that matches"),
  valid_from: text.nullable().describe("The first day of costs that it is for; null for all before"),
  valid_to: text.nullable().describe("The first day that it is for no more; null for all after"),
  enabled: z.boolean().describe("Whether it takes part"),
};

/** A rule that holds, with who wrote it. */
export const RuleAnswer = z.object({
  ...RULE,
  updated_at: text.describe("When it was written"),
  updated_by: text.describe("Who wrote it: the name of a token, or of a user"),
});

/** What was written of a rule at one time. */
export const RuleVersionAnswer = z.object({
  updated_at: text.describe("When it was written"),
  updated_by: text.describe("Who wrote it"),
  removed: z.boolean().describe("Whether the rule was removed"),
  rule: z.object(RULE).nullable().describe("Null where it was removed, or where what was written is no rule"),
  reason: text.describe("Why it is no rule, else empty"),
});

/** A row that was inserted by SQL and is no rule. */
export const BrokenRuleAnswer = z.object({ id: text, reason: text.describe("Why it is no rule") });

/** A rule as it is told. */
export function ruleAnswer(rule: KeptRule): z.infer<typeof RuleAnswer> {
  return { ...ruleAsJson(rule), updated_at: rule.updatedAt, updated_by: rule.updatedBy };
}

/** A version of a rule as it is told. */
export function versionAnswer(version: RuleVersion): z.infer<typeof RuleVersionAnswer> {
  const { updatedAt, updatedBy, removed, rule, reason } = version;
  const isTold = rule !== null && !removed;
  return {
    updated_at: updatedAt,
    updated_by: updatedBy,
    removed,
    rule: isTold ? ruleAsJson(rule) : null,
    reason: removed ? "" : reason,
  };
}

/** The rule that a body says. Throws HttpError 400 that names everything that is wrong with it. */
export function ruleOf(body: Readonly<Record<string, unknown>>): TrackingRule {
  const read = TrackingRuleShape.safeParse(body);
  if (read.success) return read.data;
  const problems: Record<string, string[]> = {};
  for (const { path, message } of read.error.issues) (problems[path.join(".") || "body"] ??= []).push(message);
  const message = Object.entries(problems).map(([name, texts]) => `${name}: ${texts.join("; ")}`);
  throw new HttpError(400, "invalid_parameter", message.join(". "), { details: { parameters: problems } });
}
