import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { migrate } from "../clickhouse/migrate.ts";
import { insertPublications } from "../clickhouse/publications.ts";
import { addMonths } from "../src/domain/month.ts";
import { importExport } from "./billhouse.ts";
import { provide } from "./cache.ts";
import { imitateLoad, findTemplate, insertLoads } from "./imitated-loads.ts";
import type { ImitatedLoad } from "./imitated-loads.ts";
import { provideExport } from "./exports.ts";
import { inWarehouse } from "./in-warehouse.ts";
import type { Note } from "./mode.ts";
import { MONTHS, WAREHOUSE_SOURCES } from "./reads-warehouse.ts";
import { requireViews } from "./require-views.ts";
import { settleMerges } from "./settle-merges.ts";

/** How many loads a warehouse has, and of how many rows. */
export type LoadsSize = { readonly sources: number; readonly rowsPerLoad: number };

/** What is known of a warehouse of many loads. */
export const LoadsFacts = z.object({ loads: z.number(), rowCount: z.number(), builtInSeconds: z.number() });

const PUBLICATIONS = 3;
/** The source that was really imported; the others imitate it. */
export const TEMPLATE_SOURCE = "source-0000";
const ROWS_PER_INSERT = 30_000;
const STORED_BYTES_PER_ROW = 600;

/** The name of the source with that number, from 1. */
export function sourceName(number: number): string {
  return `source-${String(number).padStart(4, "0")}`;
}

/**
 * A warehouse in which each of some sources has published 13 months, three times each, with one load for each. One load
 * is a whole import; the others are copies of its rows with other ids, accounts, subscriptions, resources, days and
 * costs. Their parts are merged as after a quiet night.
 */
export async function provideLoadsWarehouse({ sources, rowsPerLoad }: LoadsSize, note: Note) {
  const loads = sources * MONTHS * PUBLICATIONS;
  const { directory, facts } = await provide({
    name: `loads-${loads}x${rowsPerLoad}`,
    madeOf: WAREHOUSE_SOURCES,
    facts: LoadsFacts,
    byteCount: loads * rowsPerLoad * STORED_BYTES_PER_ROW,
    make: (folder) => build(join(folder, "warehouse"), { sources, rowsPerLoad }, note),
  });
  return { ...facts, dataDir: join(directory, "warehouse") };
}

async function build(dataDir: string, size: LoadsSize, note: Note): Promise<z.infer<typeof LoadsFacts>> {
  const generated = await provideExport({ rows: size.rowsPerLoad, parts: 1, isGzipped: true }, note);
  const started = performance.now();
  return inWarehouse(dataDir, async (open) => {
    const { warehouse } = open;
    await migrate(warehouse);
    await importExport(open, generated, TEMPLATE_SOURCE);
    const template = await findTemplate(warehouse, TEMPLATE_SOURCE);
    // In the order in which they would come: month by month, run by run, source by source.
    const months = Array.from({ length: MONTHS }, (_, index) => addMonths(template.month, index - MONTHS + 1));
    const loads = months.flatMap((month) =>
      range(PUBLICATIONS).flatMap((number) =>
        range(size.sources).map((source) =>
          imitateLoad(template, { source: sourceName(source), month, number, prefix: prefixOf(source) }),
        ),
      ),
    );
    note(
      `builds a warehouse of ${loads.length} loads of ${size.rowsPerLoad} rows: one is imported, the others imitate it`,
    );
    await insertLoads(warehouse, template, loads, Math.max(1, Math.floor(ROWS_PER_INSERT / size.rowsPerLoad)));
    await insertPublications(warehouse, loads.flatMap(publicationsOf));
    await settleMerges(warehouse);
    await requireViews(warehouse, generated, size.sources * MONTHS + 1);
    const builtInSeconds = (performance.now() - started) / 1000;
    note(`built it in ${builtInSeconds.toFixed(0)} s`);
    return { loads: loads.length + 1, rowCount: (loads.length + 1) * generated.rowCount, builtInSeconds };
  });
}

/** The two rows that publishing leaves behind. */
function publicationsOf({ loadId, run }: ImitatedLoad) {
  const publication = { publicationId: randomUUID(), run, ownLoadIds: [loadId], loadIds: [loadId], priority: 100 };
  return [
    { ...publication, state: "announced" },
    { ...publication, state: "published" },
  ] as const;
}

/** Eight hexadecimal digits that no generated subscription begins with. */
export function prefixOf(source: number): string {
  return `ff${source.toString(16).padStart(6, "0")}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
