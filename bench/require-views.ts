import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { formatSum, toSumUnits } from "../src/demo/decimal.ts";
import { requireTotals } from "./exports.ts";
import type { ExportFacts } from "./exports.ts";

const Totals = z.tuple([z.object({ rows: z.string(), total: z.string() })]);
const VIEWS = [
  ["costs", "count()"],
  ["costs_daily", "sum(entries)"],
  ["costs_monthly", "sum(entries)"],
  ["costs_by_location", "sum(entries)"],
  ["costs_by_resource_month", "sum(entries)"],
  ["costs_summary", "sum(entries)"],
] as const;

/** Demands that lines and rollup show an export so many times, with every row and every digit of its costs. */
export async function requireViews(warehouse: Warehouse, generated: ExportFacts, times: number): Promise<void> {
  const total = formatSum(toSumUnits(generated.total) * BigInt(times));
  const expected = { ...generated, rowCount: generated.rowCount * times, total };
  for (const [view, count] of VIEWS) {
    const sql = `SELECT toString(${count}) AS rows, toString(sum(cost_in_billing_currency)) AS total FROM ${view}`;
    const [totals] = Totals.parse(await warehouse.rows(sql));
    requireTotals(expected, totals, view);
  }
}
