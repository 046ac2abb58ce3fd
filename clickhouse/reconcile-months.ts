import { z } from "zod";
import { defineQuery, Money } from "./query.ts";

const MonthTotalRow = z
  .object({
    source: z.string(),
    month: z.string(),
    currency: z.string(),
    actual: Money.nullable(),
    amortized: Money.nullable(),
    focus_billed: Money.nullable(),
    focus_effective: Money.nullable(),
    actual_difference: Money.nullable(),
    amortized_difference: Money.nullable(),
  })
  .transform((row) => ({
    source: row.source,
    month: row.month,
    currency: row.currency,
    actual: row.actual,
    amortized: row.amortized,
    focusBilled: row.focus_billed,
    focusEffective: row.focus_effective,
    /** Actual less billed, and amortized less effective; null where there is only one of the two. */
    actualDifference: row.actual_difference,
    amortizedDifference: row.amortized_difference,
  }));

/** What a source's cost exports and its FOCUS exports say of a month in one currency; amounts as text with all digits. */
export type MonthTotal = z.infer<typeof MonthTotalRow>;

/** The totals of every source and month, of those of which a publication covers one of the days. */
export const listMonthTotals = defineQuery<
  { sources: readonly string[]; first_day: string; last_day: string },
  MonthTotal
>("reconcile-months", MonthTotalRow);
