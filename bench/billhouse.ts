import { join } from "node:path";
import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { saveSource } from "../clickhouse/sources.ts";
import { SOURCE_DEFAULTS } from "../src/domain/source.ts";
import { runApart } from "./apart.ts";
import { requireTotals } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { inWarehouse } from "./in-warehouse.ts";
import type { OpenWarehouse } from "./in-warehouse.ts";
import { Measurement } from "./measurement.ts";
import type { Contestant } from "./measurement.ts";
import { inScratch } from "./scratch.ts";
import { readUsage } from "./usage.ts";

/** The source of a small export that is imported before anything is measured. */
export const REHEARSAL = "rehearsal";

const Imported = Measurement.extend({ bytesRead: z.record(z.string(), z.number()) });
const Totals = z.tuple([z.object({ rows: z.string(), total: z.string() })]);
const TOTALS = `SELECT toString(count()) AS rows, toString(sum(cost_in_billing_currency)) AS total
FROM costs
WHERE source = {source:String}`;

/**
 * Whole imports, from the listing to the published month: an importer's process for each export, all at once, and an
 * embedded warehouse's. With a rehearsal each importer imports that one first, as a worker that is there for a while has.
 */
export function billhouse(exports: readonly GeneratedExport[], rehearsal: GeneratedExport | null = null): Contestant {
  return {
    name: "Billhouse",
    remark: "",
    rowCount: exports.reduce((sum, { rowCount }) => sum + rowCount, 0),
    mostRounds: Infinity,
    measure: () =>
      inScratch((scratch) => inWarehouse(join(scratch, "warehouse"), (open) => measure(exports, rehearsal, open))),
  };
}

/** Saves the directory of an export as a source, and imports it in a process of its own. */
export async function importExport(
  { warehouse }: OpenWarehouse,
  generated: GeneratedExport,
  source: string,
  rehearsal: GeneratedExport | null = null,
): Promise<Measurement> {
  await saveExport(warehouse, generated, source);
  if (rehearsal !== null) await saveExport(warehouse, rehearsal, REHEARSAL);
  const importer = await runApart("importer.ts", {
    address: warehouse.address,
    source,
    rehearsal: rehearsal === null ? null : REHEARSAL,
  });
  const { bytesRead, ...measurement } = Imported.parse(importer);
  requireReadOnce(generated, bytesRead);
  return measurement;
}

/** Saves the directory of an export as a source. */
export async function saveExport(warehouse: Warehouse, generated: GeneratedExport, source: string): Promise<void> {
  await saveSource(warehouse, { ...SOURCE_DEFAULTS, name: source, kind: "folder", path: generated.directory });
}

/** Demands that every row of the export is published, and every digit of its costs. */
export async function requirePublished(
  warehouse: Warehouse,
  generated: GeneratedExport,
  source: string,
): Promise<void> {
  const [totals] = Totals.parse(await warehouse.rows(TOTALS, { source }));
  requireTotals(generated, totals, "Billhouse");
}

async function measure(
  exports: readonly GeneratedExport[],
  rehearsal: GeneratedExport | null,
  open: OpenWarehouse,
): Promise<Measurement> {
  const { warehouse, pid } = open;
  await migrate(warehouse);
  const before = readUsage(pid);
  const imports = await Promise.all(
    exports.map((one, index) => importExport(open, one, `bench-${index + 1}`, rehearsal)),
  );
  const after = readUsage(pid);
  for (const [index, generated] of exports.entries()) {
    await requirePublished(warehouse, generated, `bench-${index + 1}`);
  }
  return {
    // Imports that run side by side begin as good as together, and end when the last one does.
    seconds: Math.max(...imports.map(({ seconds }) => seconds)),
    cpuSeconds: imports.reduce((sum, one) => sum + one.cpuSeconds, after.cpuSeconds - before.cpuSeconds),
    memory: [...largest(imports), { name: "warehouse", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
    phases: imports.length === 1 ? (imports[0]?.phases ?? {}) : {},
  };
}

/** The memory of the importer that needed the most. */
function largest(imports: readonly Measurement[]): Measurement["memory"] {
  return imports
    .flatMap(({ memory }) => memory)
    .toSorted((a, b) => b.peakBytes - a.peakBytes)
    .slice(0, 1);
}

function requireReadOnce({ parts }: GeneratedExport, bytesRead: Readonly<Record<string, number>>): void {
  for (const { path, byteCount } of parts) {
    if (bytesRead[path] === byteCount) continue;
    throw new Error(`Billhouse: ${path} has ${byteCount} bytes, of which ${bytesRead[path] ?? 0} were read`);
  }
}
