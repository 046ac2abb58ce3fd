import { join } from "node:path";
import { z } from "zod";
import { mergeClosedMonths } from "../clickhouse/merge-entries.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { publishSeries } from "../clickhouse/publish-series.ts";
import { addMonths } from "../src/domain/month.ts";
import { importExport } from "./billhouse.ts";
import { provide } from "./cache.ts";
import { imitateLoad, findTemplate, insertLoads } from "./imitated-loads.ts";
import { provideExport } from "./exports.ts";
import { inWarehouse } from "./in-warehouse.ts";
import type { Note } from "./mode.ts";
import { requireViews } from "./require-views.ts";
import { settleMerges } from "./settle-merges.ts";

/** What is known of the warehouse for reads. */
export const ReadsFacts = z.object({
  /** Rows that count: those of the last publication of each month. */
  rowCount: z.number(),
  /** A resource that has costs in every month. */
  resource: z.string(),
  builtInSeconds: z.number(),
});

const SOURCE = "bench";
const PUBLICATIONS = 3;
const STORED_BYTES_PER_ROW = 150;
const Resource = z.tuple([z.object({ resource: z.string() })]);

/** The months of the warehouse, the newest first. */
export const MONTHS = 13;

/** What every migration, every generator and every step of the building has a part in. */
export const WAREHOUSE_SOURCES = [
  "../clickhouse/migrations",
  "../src/demo",
  "exports.ts",
  "imitated-loads.ts",
  "reads-warehouse.ts",
  "loads-warehouse.ts",
];

/**
 * A warehouse of 13 months of which each was published three times. The newest month is a whole import; the others,
 * and the earlier publications, are copies of its rows with other ids, days and costs, published as an import does it.
 */
export async function provideReadsWarehouse(rows: number, note: Note) {
  const { directory, facts } = await provide({
    name: `reads-${rows}`,
    madeOf: WAREHOUSE_SOURCES,
    facts: ReadsFacts,
    byteCount: rows * PUBLICATIONS * STORED_BYTES_PER_ROW,
    make: (folder) => build(join(folder, "warehouse"), Math.ceil(rows / MONTHS), note),
  });
  return { ...facts, dataDir: join(directory, "warehouse") };
}

async function build(dataDir: string, rowsPerMonth: number, note: Note): Promise<z.infer<typeof ReadsFacts>> {
  const generated = await provideExport({ rows: rowsPerMonth, parts: 1, isGzipped: true }, note);
  const started = performance.now();
  return inWarehouse(dataDir, async (open) => {
    const { warehouse } = open;
    await migrate(warehouse);
    await importExport(open, generated, SOURCE);
    note("builds the warehouse: one month is imported, the others imitate it");
    const template = await findTemplate(warehouse, SOURCE);
    const numbers = Array.from({ length: PUBLICATIONS }, (_, index) => index + 1);
    const loads = Array.from({ length: MONTHS }, (_, index) => addMonths(template.month, index - MONTHS + 1))
      .flatMap((month) => numbers.map((number) => imitateLoad(template, { source: SOURCE, month, number })))
      .slice(0, -1); // the last one is there already
    await insertLoads(warehouse, template, loads, 1);
    for (const { loadId, run } of loads) {
      await publishSeries(warehouse, run, { kind: "publish", run, ownLoadIds: [loadId] }, 100);
    }
    await settleMerges(warehouse);
    await mergeClosedMonths(warehouse, new AbortController().signal); // as the nightly prune does
    await requireViews(warehouse, generated, MONTHS);
    const [{ resource }] = Resource.parse(
      await warehouse.rows(
        "SELECT resource_id AS resource FROM costs WHERE resource_id != '' GROUP BY resource_id ORDER BY count() DESC, resource_id LIMIT 1 OFFSET 1000",
      ),
    );
    const builtInSeconds = (performance.now() - started) / 1000;
    note(`built the warehouse in ${builtInSeconds.toFixed(0)} s`);
    return { rowCount: generated.rowCount * MONTHS, resource, builtInSeconds };
  });
}
