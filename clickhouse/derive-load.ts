import type { ClickHouseSettings } from "@clickhouse/client";
import { inBatches } from "../src/domain/in-batches.ts";
import type { Warehouse } from "./client.ts";
import { readQuery } from "./query.ts";

/** The load whose tables are filled, and the first day of its billing month. */
type DerivedLoad = { readonly load_id: string; readonly billing_month: string };

/** Two lanes that take about as long; what is made of a rollup comes behind it. */
const LANES = [
  [
    "derive-daily-costs",
    "derive-load-coverage",
    "derive-resource-slices",
    "derive-meter-slices",
    "derive-subscription-slices",
    "derive-customer-slices",
  ],
  ["derive-resource-month-costs", "derive-location-costs", "derive-monthly-costs", "derive-summary-costs"],
].map((names) => names.map(readQuery));

const MOST_BYTES = String(256 * 1024 * 1024);

const DERIVE_SETTINGS: ClickHouseSettings = {
  insert_deduplicate: 0,
  optimize_on_insert: 0, // each of them is grouped already
  enable_software_prefetch_in_aggregation: 0, // looking ahead took a fifth of the rollup by day, and gained nothing
  // A part of many rows must not fill the memory.
  max_bytes_before_external_group_by: MOST_BYTES,
  join_algorithm: "grace_hash",
  max_bytes_in_join: MOST_BYTES,
};

/**
 * Fills the rollups and slices of a load out of its rows, which must all be there. One pass over a whole load makes
 * fewer and smaller rows than materialized views, which see one block at a time, and takes half of their time. To be
 * done once for a load: a second time would count its costs twice.
 */
export async function deriveLoad(warehouse: Warehouse, load: DerivedLoad, signal?: AbortSignal): Promise<void> {
  await inBatches(LANES, LANES.length, async (statements) => {
    for (const sql of statements) await warehouse.run(sql, load, DERIVE_SETTINGS, signal);
  });
}
