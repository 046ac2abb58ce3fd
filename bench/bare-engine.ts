import { createReadStream } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { ClickHouseSettings } from "@clickhouse/client";
import { z } from "zod";
import { settingsOf } from "../activities/part-format.ts";
import { createLoadStatement, IN_PARALLEL, LOAD_SETTINGS } from "../clickhouse/load-statement.ts";
import { readMigrations } from "../clickhouse/migrate.ts";
import { mapHeader } from "../src/domain/header.ts";
import type { HeaderMapping } from "../src/domain/header.ts";
import { openTextPart } from "../src/sources/part-header.ts";
import { runApart } from "./apart.ts";
import type { EngineInput } from "./engine.ts";
import { requireTotals } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { Measurement } from "./measurement.ts";
import type { Contestant } from "./measurement.ts";
import { inScratch } from "./scratch.ts";

/** The header of an export's files, and what its columns mean. */
export type ExportHeader = { readonly fieldCount: number; readonly mapping: HeaderMapping };

const LOAD =
  /^INSERT INTO cost_landing \(([^)]*)\)\n(.*)\binput\('([^']*)'\)(\n\s*WHERE .*)(\) AS part\n.*\))\nFORMAT CSVWithNames$/s;
const CONCURRENT = 2; // as many parts at a time as an import loads, and as many rollups as it fills
const Totals = z.object({ rows: z.string(), total: z.string() });
const CHECK = `SELECT toString(count()) AS rows, toString(sum(cost_in_billing_currency)) AS total FROM plain`;

/** A table with the columns of the fact table as ClickHouse makes one when nobody says more, without an order. */
const DEFAULT_TABLE = "CREATE TABLE plain AS cost_entries ENGINE = MergeTree ORDER BY tuple()";

/** The same as cheap to fill as one can be: in parts of few files, as the fact table has them. */
export const PLAIN_TABLE =
  `${DEFAULT_TABLE} SETTINGS min_bytes_for_wide_part = 1000000000000, ` +
  "min_rows_for_wide_part = 1000000000000, min_parts_to_merge_at_once = 40";

/** Blocks as large as ClickHouse makes them by default. */
const DEFAULT_BLOCKS: ClickHouseSettings = {
  max_block_size: "65409",
  max_insert_block_size: "1048449",
  min_insert_block_size_rows: "1048449",
  min_insert_block_size_bytes: "268402944",
};

/**
 * ClickHouse alone: the same engine reads the same local files with the same expressions into a table of its own, and
 * does nothing else: no HTTP, no order, no rollups, no slices.
 */
export async function clickHouseAlone(generated: GeneratedExport): Promise<Contestant> {
  return bareContestant(generated, {
    name: "ClickHouse alone",
    remark: "the same expressions into a table of its own without order, with its default settings; no rollups",
    table: DEFAULT_TABLE,
    statement: (columns, { select }) =>
      `INSERT INTO plain (${columns}) SELECT ${columns} FROM (${select.replace(IN_PARALLEL, "")}) WHERE reject = ''`,
    settings: DEFAULT_BLOCKS,
  });
}

/** The least that anybody could do in this engine: without looking whether fields and records are what they should be. */
export async function clickHouseAtBest(generated: GeneratedExport): Promise<Contestant> {
  return bareContestant(generated, {
    name: "ClickHouse at best",
    remark: "the same, tuned as Billhouse's tables are, and without any check of fields and records",
    table: PLAIN_TABLE,
    statement: (columns, { unchecked }) => `INSERT INTO plain (${columns}) SELECT ${columns} FROM (${unchecked})`,
    settings: importSettings(generated),
  });
}

/** The settings that an import loads each of the files with on this machine. */
export function importSettings({ parts }: GeneratedExport): ClickHouseSettings {
  const encoding = parts.some(({ path }) => path.endsWith(".gz")) ? "gzip" : "none";
  const byteCount = Math.max(...parts.map((part) => part.byteCount));
  const engine = { threads: availableParallelism(), compilesPatterns: true };
  return settingsOf({ format: "csv", encoding }, { byteCount, partCount: parts.length }, engine);
}

type Bare = Pick<Contestant, "name" | "remark"> & {
  readonly table: string;
  readonly statement: (columns: string, source: { select: string; unchecked: string }) => string;
  readonly settings: ClickHouseSettings;
};

async function bareContestant(generated: GeneratedExport, bare: Bare): Promise<Contestant> {
  const { mapping, fieldCount } = await readExportHeader(generated);
  const statements = generated.parts.map(({ path }) => {
    const source = loadFrom(join(generated.directory, path), mapping, fieldCount);
    return bare.statement(source.columns.filter((name) => !name.startsWith("reject")).join(", "), source);
  });
  const setup = [...readMigrations().map(({ sql }) => sql), bare.table];
  return {
    name: bare.name,
    remark: bare.remark,
    rowCount: generated.rowCount,
    mostRounds: Infinity,
    measure: async () => {
      const work = { setup, statements, behind: [], check: CHECK };
      const { checked, ...measurement } = await measureEngine(work, bare.settings);
      requireTotals(generated, Totals.parse(checked), bare.name);
      return measurement;
    },
  };
}

/** Reads the header of the first part. */
export async function readExportHeader(generated: GeneratedExport): Promise<ExportHeader> {
  const path = generated.parts[0]?.path ?? "";
  const opened = await openTextPart(createReadStream(join(generated.directory, path)), path);
  opened.body.destroy();
  return { fieldCount: opened.header.length, mapping: mapHeader(opened.header, "actual", path) };
}

/** What an import sends for a part, split up, with the local file in place of the body; also without its checks. */
export function loadFrom(
  path: string,
  mapping: HeaderMapping,
  fieldCount: number,
): { columns: string[]; select: string; unchecked: string; structure: string; file: string } {
  const shape = LOAD.exec(createLoadStatement(mapping, fieldCount));
  const [, columns, before, structure, check, behind] = shape ?? [];
  if (columns === undefined || before === undefined || structure === undefined) {
    throw new Error("bench/bare-engine.ts: the load statement has another shape now: adapt LOAD to it");
  }
  const file = `file('${path}', 'CSVWithNames', '${structure}', '${path.endsWith(".gz") ? "gzip" : "none"}')`;
  const [select, unchecked] = [`${before}${file}${check}${behind}`, `${before}${file}${behind}`];
  return { columns: columns.split(", "), select, unchecked, structure, file };
}

/** One round of the bare engine on an empty directory, with the settings of every load but for some others. */
export async function measureEngine(
  work: Omit<EngineInput, "dataDir" | "settings" | "concurrent">,
  other: ClickHouseSettings = {},
) {
  return inScratch(async (dataDir) => {
    const parameters = {
      param_load_id: "8d1f2c0e-63a7-4f0e-8a55-0d6a4f0c9b11",
      param_source: "bench",
      param_dataset: "actual",
      param_billing_month: "2026-05-01",
      param_own_partition: "8d1f2c0e-63a7-4f0e-8a55-0d6a4f0c9b11",
    };
    const settings = Object.fromEntries(
      Object.entries({ ...LOAD_SETTINGS, ...other, ...parameters }).map(([name, value]) => [name, String(value)]),
    );
    const input: EngineInput = { ...work, dataDir, settings, concurrent: CONCURRENT };
    return Measurement.extend({ checked: z.unknown() }).parse(await runApart("engine.ts", input));
  });
}
