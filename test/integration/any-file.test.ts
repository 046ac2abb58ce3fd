import { gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { FileError } from "../../src/domain/errors.ts";
import type { Load } from "../../src/domain/load.ts";
import { loadFile, PART } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

/** Every kind of column that keeps its text, and one that nobody knows. */
const COLUMNS = ["ResourceName", "ServiceInfo1", "CostCenter", "AdditionalInfo", "My column"] as const;
const HEADER = ["Date", "Cost", ...COLUMNS];
const KEPT = ["resource_name", "service_info1", "cost_center", "additional_info", "extra['My column']"];

const PIECES = ["a", "7", ",", '"', "'", "\n", "\r\n", " ", "\t", "\\", "é", "😀", "\u0000"];
const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom(...PIECES, "\r"), maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "\\N", "NULL", '{"a": "b"}', "0"),
);
const amounts = fc
  .tuple(fc.constantFrom("", "-"), fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.nat({ max: 9_999_999 }))
  .map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`);

const files = fc
  .record({
    order: fc.shuffledSubarray([...HEADER.keys()], { minLength: HEADER.length }),
    rows: fc.array(fc.tuple(amounts, fc.tuple(texts, texts, texts, texts, texts)), { maxLength: 12 }),
    needlessQuotes: fc.infiniteStream(fc.boolean()),
    ends: fc.infiniteStream(fc.constantFrom("\n", "\r\n", "\n", "\r\n\r\n", "\n\n")),
    isEnded: fc.boolean(),
    mark: fc.constantFrom("", "\uFEFF"),
  })
  .map(({ order, rows, needlessQuotes, ends, isEnded, mark }) => {
    const quote = (text: string) =>
      /[",\r\n]/.test(text) || needlessQuotes.next().value === true ? `"${text.replaceAll('"', '""')}"` : text;
    const lines = [HEADER, ...rows.map(([amount, fields]) => ["05/07/2026", amount, ...fields])].map((cells) =>
      order.map((at) => quote(cells[at] ?? "")).join(","),
    );
    const text = lines.map((line) => `${line}${String(ends.next().value)}`).join("");
    return `${mark}${isEnded ? text : text.trimEnd()}`;
  });

const zipped = fc.constantFrom<(bytes: Buffer) => Buffer>(
  (bytes) => bytes,
  (bytes) => gzipSync(bytes),
  (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 90)), gzipSync(bytes.subarray(90))]),
);

test("any CSV file arrives as csv-parse reads it: rows, fields and sum", async () => {
  await fc.assert(
    fc.asyncProperty(files, zipped, async (text, zip) => {
      const load = await loadFile(warehouse, zip(Buffer.from(text)));
      const records = recordsOf(text);
      expect(load.rowsRejected).toBe(0);
      expect(await rowsOf(load)).toEqual(records.map((record, at) => ({ line: at + 1, ...record })));
    }),
    { numRuns: 30, endOnFailure: true },
  );
});

test("any damage to a file is refused at its place, or changes nothing but what it changes", async () => {
  const damages = fc.array(
    fc.record({
      permille: fc.nat({ max: 999 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.constantFrom("", '"', '"', ",", "\n", "\r\n", " ", "x", '""'),
    }),
    { minLength: 1, maxLength: 2 },
  );
  const outcomes = { loaded: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(files, zipped, damages, async (whole, zip, changes) => {
      const text = changes.reduce((damaged, change) => damage(damaged, change), whole);
      fc.pre(whole.includes("\n") && !LONE_RETURN.test(text));
      const outcome = await loadFile(warehouse, zip(Buffer.from(text))).catch((error: unknown) => error);
      if (outcome instanceof FileError) {
        outcomes.refused++;
        expectPlace(text, outcome.message);
      } else if (outcome instanceof Error) {
        throw outcome;
      } else {
        outcomes.loaded++;
        await expectRows(text, outcome as Load);
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(outcomes.loaded).toBeGreaterThan(5);
  expect(outcomes.refused).toBeGreaterThan(5);
});

/** What the two read differently: in front of a record, ClickHouse takes it as part of the line end before. */
const LONE_RETURN = /\r(?!\n)|\n\r/;

/** The damaged text; its header stays whole. */
function damage(
  text: string,
  { permille, remove, insert }: { permille: number; remove: number; insert: string },
): string {
  const characters = Array.from(text);
  const start = characters.indexOf("\n") + 1;
  const position = start + Math.floor(((characters.length - start) * permille) / 1000);
  return characters.toSpliced(position, remove, insert).join("");
}

/** A quote inside of a field that does not begin with one is a character for both of them. */
async function expectRows(text: string, load: Load): Promise<void> {
  const records = recordsOf(text, { relax_quotes: true });
  expect(load.rowsLoaded + load.rowsRejected).toBe(records.length);
  const rows = await rowsOf(load);
  expect(rows).toEqual(rows.map(({ line }) => ({ line, ...records[line - 1] })));
}

/** Up to the named line the file is sound and has as many records as the message says; with the named record it is not. */
function expectPlace(text: string, message: string): void {
  const [, line = "", record = ""] = new RegExp(`^${PART}:(\\d+) \\(record (\\d+)\\) `).exec(message) ?? [message];
  expect(message).toMatch(new RegExp(`^${PART}:\\d+ \\(record \\d+\\) `));
  const before = text
    .split("\n")
    .slice(0, Number(line) - 1)
    .map((earlier) => `${earlier}\n`)
    .join("");
  expect(recordsOf(before)).toHaveLength(Number(record) - 1);
  expect(isSound(text)).toBe(false);
}

function isSound(text: string): boolean {
  try {
    return recordsOf(text).length >= 0;
  } catch {
    return false;
  }
}

function recordsOf(text: string, options: { relax_quotes?: boolean } = {}): Record<string, string>[] {
  const all: string[][] = parse(text, {
    bom: true,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    ...options,
  });
  const [header = [], ...records] = all.filter((fields) => fields.length > 1 || fields[0] !== ""); // blank, or only ""
  const isUneven = records.some((fields) => fields.length !== header.length);
  if (isUneven) throw new RangeError("Fields are missing, or too many");
  return records.map((fields) =>
    Object.fromEntries(
      ["Cost", ...COLUMNS].map((name) => {
        const field = fields[header.indexOf(name)] ?? "";
        return [name, name === "Cost" ? plain(field) : field];
      }),
    ),
  );
}

async function rowsOf(load: Load): Promise<({ line: number } & Record<string, string | number>)[]> {
  const columns = COLUMNS.map((name, at) => `hex(${KEPT[at]}) AS "${name}"`).join(", ");
  const rows = await warehouse.rows(
    `SELECT toUInt32(line) AS line, toString(cost_in_billing_currency) AS Cost, ${columns}
    FROM cost_entries WHERE load_id = {loadId:UUID} ORDER BY line`,
    { loadId: load.loadId },
  );
  const Row = z.object({ line: z.number(), Cost: z.string() }).catchall(z.string().transform(unhex));
  return z.array(Row).parse(rows);
}

function unhex(text: string): string {
  return Buffer.from(text, "hex").toString();
}

/** The amount without surplus zeros, and with a digit before the point. */
function plain(amount: string): string {
  return amount
    .replace(/^(-?)0*(?=\d)/, "$1")
    .replace(/^-?(?=\.\d)/, "$&0")
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")
    .replace(/^-0$/, "0");
}
