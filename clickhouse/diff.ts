import { z } from "zod";
import { Count, defineQuery, Money } from "./query.ts";

const DiffLineRow = z
  .object({
    metric: z.enum(["actual", "amortized"]),
    billing_currency: z.string(),
    line: z.string(),
    name: z.string(),
    before: Money,
    after: Money,
    difference: Money,
    rows_before: Count,
    rows_after: Count,
    changed_lines: Count,
  })
  .transform((row) => ({
    metric: row.metric,
    currency: row.billing_currency,
    /** The subscription, meter or day; empty in a total. */
    line: row.line,
    /** What people call it, where it has a name. */
    name: row.name,
    before: row.before,
    after: row.after,
    difference: row.difference,
    rowsBefore: row.rows_before,
    rowsAfter: row.rows_after,
    /** How many lines of the metric and currency changed, also those that were not asked for. */
    changedLines: row.changed_lines,
  }));

/** What changed of one subscription, meter or day; amounts as text with all digits. */
export type DiffLine = z.infer<typeof DiffLineRow>;

/** By what changes are grouped. */
export type DiffBy = "subscription" | "meter" | "day" | "total";

type Loads = { before: readonly string[]; after: readonly string[] };

/** What two sets of loads say differently, the largest change of each metric and currency first. */
export const listDiffLines = defineQuery<Loads & { by: DiffBy; metrics: readonly string[]; limit: number }, DiffLine>(
  "diff-lines",
  DiffLineRow,
);

/** How many rows only the later and only the earlier of two sets of loads has. */
export const countDiffRows = defineQuery<Loads, { added: number; removed: number }>(
  "diff-rows",
  z.object({ added: Count, removed: Count }),
);
