import { z } from "zod";
import { ALL_DAYS, firstDayOf } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import { Count, defineQuery, Money } from "./query.ts";
import type { Reader } from "./query.ts";

/** Of which month, and with a line for each of what. */
export type CoverageQuestion = {
  /** All of them where none is named. */
  readonly month?: Month | undefined;
  readonly by: "month" | "subscription" | "both";
};

const CoverageRow = z
  .object({
    month: z.string().nullable(),
    subscription: z.string().nullable(),
    subscription_name: z.string(),
    metric: z.enum(["actual", "amortized"]),
    currency: z.string(),
    cost: Money,
    assigned: Money,
    unassigned: Money,
    without_resource: Money,
    share: Money.nullable(),
    resources: Count,
    assigned_resources: Count,
  })
  .transform((row) => ({
    /** Null where lines are not by month. */
    month: row.month,
    /** Null where lines are not by subscription, empty for charges that belong to none. */
    subscriptionId: row.subscription,
    subscriptionName: row.subscription_name,
    metric: row.metric,
    currency: row.currency,
    cost: row.cost,
    /** What of it is of resources that had a rule on the day. */
    assigned: row.assigned,
    unassigned: row.unassigned,
    /** What of the unassigned names no resource: no rule can match it. */
    withoutResource: row.without_resource,
    /** How many percent of the cost are assigned, cut after two digits; null where there is no cost. */
    share: row.share,
    resources: row.resources,
    assignedResources: row.assigned_resources,
  }));

/** How much of the cost of one currency has a rule. */
export type CoverageLine = z.infer<typeof CoverageRow>;

const listLines = defineQuery<{ first_month: string; last_month: string; by: string }, CoverageLine>(
  "tracking-coverage",
  CoverageRow,
);

/** How much of the cost, and how many of its resources, have a rule. */
export function listCoverage(reader: Reader, { month, by }: CoverageQuestion): Promise<CoverageLine[]> {
  return listLines(reader, { ...boundsOf(month), by });
}

/** The billing months that a month, or none, stands for. */
export function boundsOf(month: Month | undefined): { first_month: string; last_month: string } {
  return {
    first_month: month === undefined ? ALL_DAYS.first : firstDayOf(month),
    last_month: month === undefined ? ALL_DAYS.last : firstDayOf(month),
  };
}
