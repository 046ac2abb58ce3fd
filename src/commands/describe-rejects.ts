import type { RejectTotal } from "../../clickhouse/totals.ts";
import { countOf } from "./format.ts";

/** Rejected rows in words, with their cost: `3 rows rejected (12.5 USD; the cost of 1 row cannot be read)`. */
export function describeRejects(totals: readonly RejectTotal[]): string {
  const sum = (count: (total: RejectTotal) => number) => totals.reduce((all, total) => all + count(total), 0);
  const rows = sum((total) => total.rows);
  const unreadable = sum((total) => total.rows_without_cost);
  const amounts = totals
    .filter((total) => total.rows > total.rows_without_cost)
    .map((total) => `${total.total} ${total.billing_currency}`.trim());
  const facts = [
    ...(amounts.length > 0 ? [amounts.join(", ")] : []),
    ...(unreadable > 0 ? [`the cost of ${countOf(unreadable, "row")} cannot be read`] : []),
  ];
  return `${countOf(rows, "row")} rejected (${facts.join("; ")})`;
}
