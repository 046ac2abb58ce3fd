import type { Warehouse } from "../../clickhouse/client.ts";
import { listRejectReasons, listRejectTexts } from "../../clickhouse/rejects.ts";
import type { RejectReason, RejectText } from "../../clickhouse/rejects.ts";
import { requireSourceNames } from "../../clickhouse/source-names.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { groupBy } from "../domain/group-by.ts";
import type { Month } from "../domain/month.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** Whose rejects to list, and how many of them. */
export type RejectsOptions = {
  readonly sourceName: readonly string[];
  readonly month?: Month;
  readonly runId?: string;
  readonly limit: number;
  readonly json: boolean;
};

type ListedReject = Pick<
  RejectReason,
  "source" | "exportName" | "dataset" | "month" | "runId" | "part" | "isPublished"
> &
  Pick<RejectText, "record" | "reason" | "text" | "cost"> & { readonly currency: string };

/** What a reason adds up to in one currency. */
type ReasonTotal = RejectReason["ofReason"] & Pick<RejectReason, "reason" | "currency">;

const COLUMNS: readonly Column<ReasonTotal>[] = [
  { title: "reason", value: ({ reason }) => reason },
  { title: "rows", value: ({ rows }) => formatCount(rows), align: "right" },
  { title: "cost", value: costOf },
];

/** Lists rows that were rejected: where they are, why, their cost and text. */
export const listRejected: Command<RejectsOptions> = (context, options) =>
  readWarehouse(context, async (warehouse) => {
    const { sourceName: sources, month = "", runId = "", limit, json } = options;
    await requireSourceNames(warehouse, sources);
    const reasons = await listRejectReasons(warehouse, { sources, month, run_id: runId });
    const rows = await listRows(warehouse, reasons, limit);
    const totals = totalsOf(reasons);
    const total = reasons.reduce((sum, reason) => sum + reason.rows, 0);
    if (json) context.print(JSON.stringify({ total, totals, rows }, null, 2));
    else printRejects(context, rows, totals, total);
    return EXIT.done;
  });

async function listRows(
  warehouse: Warehouse,
  reasons: readonly RejectReason[],
  limit: number,
): Promise<ListedReject[]> {
  const rows: ListedReject[] = [];
  for (const [load_id, [load]] of groupBy(reasons, ({ loadId }) => loadId)) {
    if (load === undefined || rows.length >= limit) break;
    const { source, exportName, dataset, month, runId, part, isPublished } = load;
    for (const row of await listRejectTexts(warehouse, { load_id, limit: limit - rows.length })) {
      const { record, reason, cost, billing_currency: currency } = row;
      const text = row.text.replace(/\n$/, "");
      rows.push({ source, exportName, dataset, month, runId, part, isPublished, record, reason, cost, currency, text });
    }
  }
  return rows;
}

function totalsOf(reasons: readonly RejectReason[]): ReasonTotal[] {
  const groups = groupBy(reasons, ({ reason, currency }) => JSON.stringify([reason, currency]));
  const totals = [...groups.values()].flatMap(([first]) =>
    first === undefined ? [] : [{ reason: first.reason, currency: first.currency, ...first.ofReason }],
  );
  return totals.toSorted((a, b) => b.rows - a.rows);
}

function printRejects(
  { print }: Context,
  rows: readonly ListedReject[],
  totals: readonly ReasonTotal[],
  total: number,
): void {
  if (total === 0) return print("No row was rejected.");
  const nameOf = ({ source, exportName, dataset, month, runId, isPublished }: ListedReject) =>
    `${source}: ${exportName} ${dataset} ${month}, run ${runId}, ${isPublished ? "published without them" : "not published"}`;
  for (const [name, ofRun] of groupBy(rows, nameOf)) {
    print(name);
    for (const { part, record, reason, cost, currency, text } of ofRun) {
      const amount = cost === null ? "cost unreadable" : `cost ${cost} ${currency}`;
      print(`  ${part} record ${record}: ${reason} (${amount.trim()})\n${text.replace(/^/gm, "    ")}`);
    }
    print("");
  }
  print(`${formatTable(COLUMNS, totals)}\n`);
  const hidden = total - rows.length;
  print(
    `${countOf(total, "row")} rejected${hidden > 0 ? `, ${formatCount(hidden)} of them not shown; --limit shows more` : ""}.`,
  );
}

function costOf({ rows, rowsWithoutCost, total, currency }: ReasonTotal): string {
  const unreadable = rowsWithoutCost === 0 ? "" : `${formatCount(rowsWithoutCost)} unreadable`;
  const amount = rows === rowsWithoutCost ? "" : `${total} ${currency}`.trim();
  return [amount, unreadable].filter(Boolean).join(", ");
}
