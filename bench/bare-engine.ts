import { createReadStream } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createLoadStatement, LOAD_SETTINGS } from "../clickhouse/load-statement.ts";
import { readMigrations } from "../clickhouse/migrate.ts";
import { mapHeader } from "../src/domain/header.ts";
import type { HeaderMapping } from "../src/domain/header.ts";
import { openPart } from "../src/sources/part-header.ts";
import { runApart } from "./apart.ts";
import type { EngineInput } from "./engine.ts";
import { requireTotals } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { Measurement } from "./measurement.ts";
import type { Contestant } from "./measurement.ts";
import { inScratch } from "./scratch.ts";

/** The header of an export's files, and what its columns mean. */
export type ExportHeader = { readonly fieldCount: number; readonly mapping: HeaderMapping };

const LOAD = /^INSERT INTO cost_landing \(([^)]*)\)\n(.*)\binput\('([^']*)'\)(.*)\nFORMAT CSVWithNames$/s;
const CONCURRENT_LOADS = 2; // as many parts at a time as an import loads
const Arrived = z.object({ rows: z.string(), total: z.string() });
const CHECK = `SELECT toString(count()) AS rows, toString(sum(cost_in_billing_currency)) AS total FROM cost_entries`;

/**
 * ClickHouse alone: the same engine reads the same local files with the same expressions into the fact table, without
 * anything behind it: no HTTP, no rollups, no slices, no rejects.
 */
export async function clickHouseAlone(generated: GeneratedExport): Promise<Contestant> {
  const { mapping, fieldCount } = await readExportHeader(generated);
  const statements = generated.parts.map(({ path }) => {
    const { columns, select } = loadFrom(join(generated.directory, path), mapping, fieldCount);
    const kept = columns.filter((name) => !["reject", "reject_text"].includes(name)).join(", ");
    return `INSERT INTO cost_entries (${kept}) SELECT ${kept} FROM (${select}) WHERE reject = ''`;
  });
  const setup = readMigrations().flatMap(({ name, sql }) => (name.endsWith("_cost_entries.sql") ? [sql] : []));
  return {
    name: "ClickHouse alone",
    measure: async () => {
      const { checked, ...measurement } = await measureEngine({ setup, statements, check: CHECK });
      requireTotals(generated, Arrived.parse(checked), "ClickHouse alone");
      return measurement;
    },
  };
}

/** Reads the header of the first part. */
export async function readExportHeader(generated: GeneratedExport): Promise<ExportHeader> {
  const path = generated.parts[0]?.path ?? "";
  const opened = await openPart(createReadStream(join(generated.directory, path)), path);
  opened.body.destroy();
  return { fieldCount: opened.header.length, mapping: mapHeader(opened.header, "actual", path) };
}

/** What an import sends for a part, split up, with the local file in place of the body. */
export function loadFrom(
  path: string,
  mapping: HeaderMapping,
  fieldCount: number,
): { columns: string[]; select: string; structure: string; file: string } {
  const [, columns, before, structure, behind] = LOAD.exec(createLoadStatement(mapping, fieldCount)) ?? [];
  if (columns === undefined || before === undefined || structure === undefined || behind === undefined) {
    throw new Error("bench/bare-engine.ts: the load statement has another shape now: adapt LOAD to it");
  }
  const file = `file('${path}', 'CSVWithNames', '${structure}', '${path.endsWith(".gz") ? "gzip" : "none"}')`;
  return { columns: columns.split(", "), select: `${before}${file}${behind}`, structure, file };
}

/** One round of the bare engine on an empty directory, with the settings of every load. */
export async function measureEngine(work: Pick<EngineInput, "setup" | "statements" | "check">) {
  return inScratch(async (dataDir) => {
    const parameters = {
      param_load_id: "8d1f2c0e-63a7-4f0e-8a55-0d6a4f0c9b11",
      param_source: "bench",
      param_dataset: "actual",
      param_billing_month: "2026-05-01",
    };
    const settings = { ...LOAD_SETTINGS, ...parameters };
    const concurrent = Math.min(CONCURRENT_LOADS, work.statements.length);
    const input: EngineInput = { ...work, dataDir, settings, concurrent };
    return Measurement.extend({ checked: z.unknown() }).parse(await runApart("engine.ts", input));
  });
}
