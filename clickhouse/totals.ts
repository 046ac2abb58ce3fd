import { z } from "zod";
import { Count, defineQuery, Money } from "./query.ts";

const RunTotal = z.object({
  billing_currency: z.string(),
  actual: Money,
  amortized: Money,
  rollups_agree: z.union([z.boolean(), z.number()]).transform(Boolean),
});

/** The sum of one currency over some loads, and whether the rollups say the same. */
export type RunTotal = z.infer<typeof RunTotal>;

const RejectTotal = z.object({
  billing_currency: z.string(),
  rows: Count,
  rows_without_cost: Count,
  total: Money,
});

/** The rejected rows of some loads in one currency; the total is of those whose cost can be read. */
export type RejectTotal = z.infer<typeof RejectTotal>;

/** The rejected rows of some loads, by currency. */
export const listRejectTotals = defineQuery<{ load_ids: readonly string[] }, RejectTotal>("reject-totals", RejectTotal);

/** The days of some loads that lie outside of their billing month, with their rows. */
export const listForeignDays = defineQuery<
  { load_ids: readonly string[]; billing_month: string },
  { day: string; rows: number }
>("foreign-days", z.object({ day: z.string(), rows: Count }));

/** The totals of some loads of one billing month, by currency. */
export const listRunTotals = defineQuery<{ load_ids: readonly string[]; billing_month: string }, RunTotal>(
  "run-totals",
  RunTotal,
);
