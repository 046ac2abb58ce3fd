import { saveSource } from "../../clickhouse/sources.ts";
import type { Context } from "../context.ts";
import { SOURCE_DEFAULTS } from "../domain/source.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { importRuns } from "./demo-commands.ts";
import { demoDeliveries } from "./demo-exports.ts";
import { DEMO_SOURCE } from "./demo-source.ts";
import { folderSink } from "./sink.ts";
import { writeExport } from "./write-export.ts";

/** Rows per day and export of what documents show: enough for believable answers, few enough to be there in seconds. */
const DOCUMENTED_ROWS_PER_DAY = 100;

/**
 * Fills the context's warehouse with two months of the demo's exports, each delivery imported before the next one comes:
 * what the answers in docs/analysts.md and docs/http.md come from. The exports are kept in the directory.
 */
export async function importDeliveries(
  context: Context,
  directory: string,
  rowsPerDay = DOCUMENTED_ROWS_PER_DAY,
): Promise<void> {
  const source = { ...SOURCE_DEFAULTS, name: DEMO_SOURCE, kind: "folder", path: directory } as const;
  await changeWarehouse(context, (warehouse) => saveSource(warehouse, source));
  const sink = folderSink(directory);
  for (const runs of demoDeliveries(rowsPerDay)) {
    for (const run of runs) await writeExport(sink, run);
    await importRuns(context, { overwrite: false });
  }
}
