import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Charge } from "./charge.ts";
import { createCharges } from "./charges.ts";
import { COLUMN_SETS, type ColumnSet, type ColumnSetName } from "./column-set.ts";
import { cellsOf, type CsvFormat, headerLine, lineOf } from "./csv.ts";
import { toSumUnits } from "./decimal.ts";
import { type Delivery, manifestOf, manifestPathOf, partPathOf, type WrittenPart } from "./delivery.ts";
import type { Estate } from "./estate.ts";
import type { Sink } from "./sink.ts";

/** What to generate: a run of an export over an estate. */
export type ExportRun = Omit<Delivery, "dataVersion" | "scope"> &
  CsvFormat & {
    readonly estate: Estate;
    readonly columns: ColumnSetName;
    /** Data rows over all parts. The same number per day gives the same rows for that day. */
    readonly rows: number;
    readonly parts: number;
    /** zlib's effort, 1 to 9. */
    readonly level: number;
  };

/** The exact sum of one cost column in one currency, in units of 10^-30. */
export type ControlSum = { readonly column: string; readonly currency: string; readonly sum: bigint };

/** What was generated. */
export type WrittenExport = {
  readonly exportName: string;
  readonly runId: string;
  readonly rowCount: number;
  /** The bytes before compression. */
  readonly rawByteCount: number;
  readonly parts: readonly WrittenPart[];
  readonly manifestPath: string;
  readonly sums: readonly ControlSum[];
};

const CHUNK_CHARACTERS = 256 * 1024;

/** Writes a whole run: its parts one after the other, each with its header, and the manifest last. */
export async function writeExport(sink: Sink, run: ExportRun): Promise<WrittenExport> {
  const columnSet = COLUMN_SETS[run.columns];
  const delivery: Delivery = { ...run, scope: run.estate.scope, dataVersion: columnSet.dataVersion };
  const charges = createCharges(run.estate, run);
  const sums = createSums(columnSet);
  const parts: WrittenPart[] = [];
  let rawByteCount = 0;
  for (let index = 0; index < run.parts; index++) {
    const rowCount = shareOf(run.rows, run.parts, index);
    const chunks = chunksOf(charges, rowCount, columnSet, run, sums.add);
    const raw = Readable.from(
      counted(chunks, (bytes) => (rawByteCount += bytes)),
      { objectMode: false },
    );
    // An error of the generator destroys the compressor with it, and so reaches the sink.
    const body = run.gzip ? pipeline(raw, createGzip({ level: run.level }), () => undefined) : raw;
    const path = partPathOf(delivery, index);
    parts.push({ path, rowCount, ...(await sink.put(path, body)) });
  }
  const manifestPath = manifestPathOf(delivery);
  await sink.put(manifestPath, Buffer.from(JSON.stringify(manifestOf(delivery, parts), null, 2)));
  const { exportName, runId, rows: rowCount } = run;
  return { exportName, runId, rowCount, rawByteCount, parts, manifestPath, sums: sums.list() };
}

/** How many of `rows` go into the part with that number, so that parts differ by one row at most. */
export function shareOf(rows: number, parts: number, index: number): number {
  return Math.floor((rows * (index + 1)) / parts) - Math.floor((rows * index) / parts);
}

function* chunksOf(
  charges: Generator<Charge, never>,
  rowCount: number,
  { columns }: ColumnSet,
  format: CsvFormat,
  add: (cells: readonly string[]) => void,
): Generator<Buffer> {
  let text = headerLine(columns, format);
  for (let row = 0; row < rowCount; row++) {
    const cells = cellsOf(columns, charges.next().value);
    add(cells);
    text += lineOf(cells, format.eol);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

function* counted(chunks: Iterable<Buffer>, count: (bytes: number) => void): Generator<Buffer> {
  for (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}

function createSums({ columns, costColumns, currencyColumn }: ColumnSet) {
  const indexOf = (wanted: string) => columns.findIndex(({ name }) => name === wanted);
  const currencyIndex = indexOf(currencyColumn);
  const totals = costColumns.map((column) => ({ column, index: indexOf(column), sums: new Map<string, bigint>() }));
  return {
    add: (cells: readonly string[]) => {
      const currency = cells[currencyIndex] ?? "";
      for (const { index, sums } of totals) {
        sums.set(currency, (sums.get(currency) ?? 0n) + toSumUnits(cells[index] ?? ""));
      }
    },
    list: (): readonly ControlSum[] =>
      totals.flatMap(({ column, sums }) => [...sums].map(([currency, sum]) => ({ column, currency, sum }))),
  };
}
