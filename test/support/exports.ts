import { gunzipSync, gzipSync } from "node:zlib";
import Big from "big.js";
import { parse } from "csv-parse/sync";
import { BLANK_CHARGE, type Charge } from "../../src/demo/charge.ts";
import { COLUMN_SETS, type ColumnSet, type ColumnSetName } from "../../src/demo/column-set.ts";
import { cellsOf, type CsvFormat, headerLine, lineOf } from "../../src/demo/csv.ts";
import { type Delivery, type Manifest, manifestOf, manifestPathOf, partPathOf } from "../../src/demo/delivery.ts";
import { createRandom } from "../../src/demo/random.ts";
import { folderSink, type Sink } from "../../src/demo/sink.ts";
import { shareOf } from "../../src/demo/write-export.ts";
import { addDays, daysOfMonth, parseDay, parseMonth } from "../../src/domain/month.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { DEFAULT_ACCOUNT, DEFAULT_SUBSCRIPTION, PLAIN_CHARGE } from "./plain-charge.ts";

/**
 * One line of a file. Names of a charge's fields (`cost`, `date` as 2026-05-01, `currency`, `subscriptionId`,
 * `quantity`, `tags`, …) mean the same in every column set; any other name is a column of the file, as its header
 * writes it, and takes the text as it is.
 */
export type Line = Partial<Charge> & Readonly<Record<string, string>>;

/** What a test says about a run; everything else is filled in. */
export type RunOptions = Partial<Omit<Delivery, "days" | "dataset" | "dataVersion"> & CsvFormat> & {
  readonly dataset: Dataset;
  readonly lines: readonly Line[];
  /** The whole month is covered, unless `days` says otherwise; 2026-05 by default. */
  readonly month?: string;
  readonly days?: { readonly first: string; readonly last: string };
  readonly columns?: ColumnSetName;
  readonly parts?: number;
};

/** A rendered run, ready to be put somewhere; the `with…` functions give a changed copy, for bad input. */
export type RenderedRun = {
  readonly delivery: Delivery;
  readonly runId: string;
  /** The CSV text of each part as it was before compression. */
  readonly texts: readonly string[];
  readonly partPaths: readonly string[];
  readonly manifestPath: string;
  readonly manifest: Manifest;
  /** Every file by its path, the manifest last. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Puts every file below a directory or into a sink, the manifest last. */
  readonly writeTo: (target: string | Sink) => Promise<void>;
  /** The part has these bytes instead, and the manifest tells their number. */
  readonly withPart: (index: number, bytes: Buffer) => RenderedRun;
  /** The part is missing, though the manifest names it. */
  readonly withoutPart: (index: number) => RenderedRun;
  /** The manifest says something else, true or not; the last such change counts. */
  readonly withManifest: (change: (manifest: Manifest) => unknown) => RenderedRun;
};

const DEFAULT_COLUMNS = {
  actual: "ea-2023-12-01-preview",
  amortized: "ea-2023-12-01-preview",
  usage: "mosp-2019-11-01",
  focus: "focus-1.0r2",
} as const satisfies Record<Dataset, ColumnSetName>;

/** Builds one run with exactly these lines: `aRun({ dataset: "actual", lines: [{ cost: "0.1" }, { cost: "0.2" }] })`. */
export function aRun(options: RunOptions): RenderedRun {
  const { gzip = true, bom = false, eol = "\n", parts = 1, lines } = options;
  const columnSet: ColumnSet = COLUMN_SETS[options.columns ?? DEFAULT_COLUMNS[options.dataset]];
  const delivery = deliveryOf(options, columnSet, gzip);
  const format = { gzip, bom, eol };
  const header = headerLine(columnSet.columns, format);
  const rows = lines.map((line) => lineOf(cellsFor(line, columnSet, delivery), eol));
  let next = 0;
  const rendered = Array.from({ length: parts }, (_, index) => {
    const share = rows.slice(next, (next += shareOf(rows.length, parts, index)));
    const text = header + share.join("");
    const bytes = gzip ? gzipSync(text) : Buffer.from(text);
    return { path: partPathOf(delivery, index), rowCount: share.length, text, bytes };
  });
  return render(delivery, rendered, (manifest) => manifest);
}

type RenderedPart = {
  readonly path: string;
  readonly rowCount: number;
  readonly text: string;
  readonly bytes: Buffer;
  readonly isMissing?: true;
};

function render(
  delivery: Delivery,
  parts: readonly RenderedPart[],
  change: (manifest: Manifest) => unknown,
): RenderedRun {
  const manifest = manifestOf(
    delivery,
    parts.map(({ path, rowCount, bytes }) => ({ path, rowCount, byteCount: bytes.length })),
  );
  const manifestPath = manifestPathOf(delivery);
  const files = new Map(parts.filter((part) => part.isMissing !== true).map(({ path, bytes }) => [path, bytes]));
  files.set(manifestPath, Buffer.from(JSON.stringify(change(manifest), null, 2)));
  const replace = (index: number, changed: Partial<RenderedPart>) =>
    render(
      delivery,
      parts.map((part, at) => (at === index ? { ...part, ...changed } : part)),
      change,
    );
  return {
    delivery,
    runId: delivery.runId,
    texts: parts.map(({ text }) => text),
    partPaths: parts.map(({ path }) => path),
    manifestPath,
    manifest,
    files,
    writeTo: async (target) => {
      const sink = typeof target === "string" ? folderSink(target) : target;
      for (const [path, bytes] of files) await sink.put(path, bytes);
    },
    withPart: (index, bytes) => replace(index, { bytes }),
    withoutPart: (index) => replace(index, { isMissing: true }),
    withManifest: (next) => render(delivery, parts, next),
  };
}

function deliveryOf(options: RunOptions, columnSet: ColumnSet, gzip: boolean): Delivery {
  const month = parseMonth(options.month ?? options.days?.first.slice(0, 7) ?? "2026-05");
  const days =
    options.days === undefined
      ? daysOfMonth(month)
      : { first: parseDay(options.days.first), last: parseDay(options.days.last) };
  const submittedAt = options.submittedAt ?? `${addDays(days.last, 1)}T04:12:31.7047394Z`;
  const exportName = options.exportName ?? `daily-${options.dataset}`;
  const isSubscription = options.dataset === "usage";
  return {
    exportName,
    scope: isSubscription
      ? `/subscriptions/${DEFAULT_SUBSCRIPTION}`
      : `/providers/Microsoft.Billing/billingAccounts/${DEFAULT_ACCOUNT}`,
    dataVersion: columnSet.dataVersion,
    runId: createRandom([exportName, days.first, days.last, submittedAt].join("/")).guid(),
    layout: "create-new",
    rootFolder: "exports",
    ...options,
    submittedAt,
    days,
    gzip,
  };
}

function cellsFor(line: Line, { columns }: ColumnSet, delivery: Delivery): string[] {
  const cost = line.cost ?? PLAIN_CHARGE.cost;
  const fields = Object.entries(line).filter(([name]) => name in BLANK_CHARGE);
  const charge = { ...PLAIN_CHARGE, date: delivery.days.first, effectiveCost: cost, ...Object.fromEntries(fields) };
  const cells = cellsOf(columns, charge);
  for (const [name, text] of Object.entries(line)) {
    if (name in BLANK_CHARGE) continue;
    const index = columns.findIndex((column) => column.name === name);
    if (index < 0) throw new RangeError(`${name}: no field of a charge and no column of the file; see Line`);
    cells[index] = text;
  }
  return cells;
}

/** The text of a part as stored: unzipped when it is gzipped. */
export function textOf(bytes: Buffer): string {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The records of a file's text, by the names of its header; independent of how the product reads files. */
export function recordsOf(text: string): Record<string, string>[] {
  return parse(text, { columns: true, bom: true });
}

/** How many data rows the texts hold together. */
export function countRows(texts: string | readonly string[]): number {
  return [texts].flat().reduce((count, text) => count + recordsOf(text).length, 0);
}

/**
 * The exact sum of a column over the texts, plain and without surplus zeros; only of records that have the given
 * values, such as `{ BillingCurrencyCode: "EUR" }`.
 */
export function exactSum(
  texts: string | readonly string[],
  column: string,
  where: Readonly<Record<string, string>> = {},
): string {
  const conditions = Object.entries(where);
  let sum = new Big(0);
  for (const record of [texts].flat().flatMap(recordsOf)) {
    if (conditions.some(([name, value]) => record[name] !== value)) continue;
    const amount = record[column];
    if (amount === undefined) throw new RangeError(`The file has no column ${column}: see its header`);
    sum = sum.plus(amount);
  }
  return sum.toFixed();
}
