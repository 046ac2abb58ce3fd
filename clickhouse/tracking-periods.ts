import { z } from "zod";
import type { TrackingFallback } from "../src/domain/tracking-rule.ts";
import { Count, defineQuery } from "./query.ts";

const TrackedPeriodRow = z
  .object({
    resource_id: z.string(),
    first_day: z.string().nullable(),
    end_day: z.string().nullable(),
    rule_id: z.string(),
    rule_name: z.string(),
    targets: z.record(z.string(), z.string()),
    matched_field: z.string(),
    matched_operator: z.string(),
    matched_text: z.string(),
    candidates: Count,
  })
  .transform((row) => ({
    resourceId: row.resource_id,
    /** Null for all days before. */
    validFrom: row.first_day,
    /** The first day for which it is so no more; null for all days after. */
    validTo: row.end_day,
    /** Empty where no rule matches. */
    ruleId: row.rule_id,
    ruleName: row.rule_name,
    targets: row.targets,
    /** Empty where no rule matches, or one does by what does not hold. */
    matchedField: row.matched_field,
    matchedOperator: row.matched_operator,
    matchedText: row.matched_text,
    candidates: row.candidates,
  }));

/** Which rule a resource has for some days. */
export type TrackedPeriod = z.infer<typeof TrackedPeriodRow>;

/** Which rule a resource has in the evaluation that holds now. */
export const listTrackedPeriods = defineQuery<{ resource_id: string }, TrackedPeriod>(
  "tracking-of-resource",
  TrackedPeriodRow,
);

/** Which rules the resources of a trial have, by resource. */
export const listTrialPeriods = defineQuery<{ evaluation_id: string; fallback: TrackingFallback }, TrackedPeriod>(
  "tracking-trial",
  TrackedPeriodRow,
);
