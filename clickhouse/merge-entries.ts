import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";

const listScattered = defineQuery<
  Record<string, never>,
  { billing_month: string; own_partition: string; parts: number }
>("scattered-loads", z.object({ billing_month: z.string(), own_partition: z.string(), parts: Count }));
const mergeEntries = defineStatement<{ billing_month: string; own_partition: string }>("merge-entries");

/**
 * Merges the entries of closed months into one part for each load that readers see. A load leaves a part for every block
 * of its file, which nothing merges, since most loads are replaced within days; those of a closed month stay, and a
 * resource is found in one place of each instead of ten. Gives how many parts there were; a second time there are none.
 */
export async function mergeClosedMonths(warehouse: Warehouse, signal: AbortSignal): Promise<number> {
  const scattered = await listScattered(warehouse, {});
  for (const { billing_month, own_partition } of scattered) {
    await mergeEntries(warehouse, { billing_month, own_partition }, signal);
  }
  return scattered.reduce((sum, { parts }) => sum + parts, 0);
}
