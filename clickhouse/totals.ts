import { z } from "zod";
import { defineQuery, Money } from "./query.ts";

const RunTotal = z.object({
  billing_currency: z.string(),
  actual: Money,
  amortized: Money,
  rollups_agree: z.union([z.boolean(), z.number()]).transform(Boolean),
});

/** The sum of one currency over some loads, and whether the rollups say the same. */
export type RunTotal = z.infer<typeof RunTotal>;

/** The totals of some loads of one billing month, by currency. */
export const listRunTotals = defineQuery<{ load_ids: readonly string[]; billing_month: string }, RunTotal>(
  "run-totals",
  RunTotal,
);
