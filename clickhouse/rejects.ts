import { z } from "zod";
import { Count, defineQuery, Money } from "./query.ts";

const RejectReasonRow = z
  .object({
    load_id: z.string(),
    source: z.string(),
    export_name: z.string(),
    dataset: z.string(),
    month: z.string(),
    run_id: z.string(),
    part: z.string(),
    is_published: z.union([z.boolean(), z.number()]).transform(Boolean),
    reason: z.string(),
    billing_currency: z.string(),
    rows: Count,
    all_rows: Count,
    all_rows_without_cost: Count,
    all_total: Money,
  })
  .transform((row) => ({
    loadId: row.load_id,
    source: row.source,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    part: row.part,
    /** Whether the run was published without these rows; otherwise it was refused because of them, or withdrawn. */
    isPublished: row.is_published,
    /** Without the values, so that the same trouble has one name. */
    reason: row.reason,
    currency: row.billing_currency,
    /** Of this load. */
    rows: row.rows,
    /** Over all of the loads: rows, those whose cost cannot be read, and the cost of the others. */
    ofReason: { rows: row.all_rows, rowsWithoutCost: row.all_rows_without_cost, total: row.all_total },
  }));

const RejectTextRow = z.object({
  record: Count,
  reason: z.string(),
  text: z.string(),
  cost: Money.nullable(),
  billing_currency: z.string(),
});

/** What one load rejected for one reason, in one currency. */
export type RejectReason = z.infer<typeof RejectReasonRow>;

/** A row that was rejected, as CSV; its cost is null where it cannot be read. */
export type RejectText = z.infer<typeof RejectTextRow>;

/** What published runs and the last attempts at all others have rejected. */
export const listRejectReasons = defineQuery<
  { sources: readonly string[]; month: string; run_id: string },
  RejectReason
>("reject-reasons", RejectReasonRow);

/** The first rejected rows of a load. */
export const listRejectTexts = defineQuery<{ load_id: string; limit: number }, RejectText>(
  "reject-texts",
  RejectTextRow,
);
