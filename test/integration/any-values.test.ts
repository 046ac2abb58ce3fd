import { gzipSync } from "node:zlib";
import Big from "big.js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { CANONICAL_COLUMNS, type CanonicalColumn, type ColumnKind } from "../../src/domain/columns.ts";
import { mapHeader } from "../../src/domain/header.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { loadFile } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

/** What a field says in a file, and what the warehouse must keep of it. */
type Cell = { readonly text: string; readonly kept: unknown };
/** A column of a file: its name there, the column that it fills (null: none knows it), and how its fields read. */
type Column = { readonly name: string; readonly canonical: string | null; readonly kind: ColumnKind };

const days = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2099, 11, 30) }).map((at) => new Date(at));
const times = fc.constantFrom("", " 00:00:00", "T00:00Z", "T00:00:00Z", "T23:59:59.1234567Z", "T00:00:00+00:00");
const dates = fc.tuple(days, times, fc.nat({ max: 3 })).map(([day, time, form]): Cell => {
  const kept = day.toISOString().slice(0, 10);
  const [year = "", month = "", date = ""] = kept.split("-");
  const forms = [kept, `${month}/${date}/${year}`, `${Number(month)}/${Number(date)}/${year}`];
  return { text: `${forms[form] ?? `${Number(month)}/${date}/${year.slice(2)}`}${time}`, kept };
});

const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), maxLength });
const signs = fc.constantFrom("", "", "-", "+");
const plainNumbers = fc
  .tuple(signs, digits(40), fc.option(digits(30), { nil: null }), fc.constantFrom("", "0", "000"))
  .map(([sign, whole, fraction, zeros]) => `${sign}${whole || "0"}${fraction === null ? "" : `.${fraction}${zeros}`}`);
const otherNumbers = fc.oneof(
  digits(30).map((fraction) => `.${fraction}1`.slice(0, 31)),
  fc
    .tuple(signs, fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.constantFrom("e", "E"), fc.integer({ min: -15, max: 25 }))
    .map(([sign, mantissa, e, exponent]) => `${sign}${mantissa}${e}${exponent}`),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), digits(15), fc.integer({ min: -15, max: 20 }))
    .map(
      ([first, fraction, exponent]) =>
        `${first}.${fraction}E${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`,
    ),
  fc
    .double({ noNaN: true, min: -1e9, max: 1e9 })
    .filter((value) => Math.abs(value) > 1e-9 || value === 0)
    .map(String),
);
const numbers = fc.oneof(plainNumbers, otherNumbers).map((text): Cell => ({ text, kept: plain(text) }));

const pieces = [
  "a",
  "Z",
  "7",
  ",",
  '"',
  "'",
  "\n",
  "\r\n",
  " ",
  "\t",
  "\\",
  "{",
  "}",
  ":",
  "é",
  "ß",
  "😀",
  "\u0000",
  "İ",
];
const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom(...pieces), maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    "",
    "\\N",
    "NULL",
    "Unassigned",
    "-2",
    '{"VCPUs": null, "name": "www.vinsd',
    "00000000-0000-0000-0000-000000000000",
  ),
);
const ids = fc
  .string({ unit: fc.constantFrom("a", "b", "Y", "Z", "0", "9", "-", "/", ".", "$", " "), maxLength: 20 })
  .map((text): Cell => ({ text, kept: text.toLowerCase() }));
const subscriptions = fc
  .tuple(fc.constantFrom("", "/subscriptions/", "/SUBSCRIPTIONS/"), fc.uuid(), fc.boolean())
  .map(([prefix, id, isUpper]): Cell => ({ text: `${prefix}${isUpper ? id.toUpperCase() : id}`, kept: id }));
const accounts = fc
  .tuple(fc.constantFrom("", "/providers/Microsoft.Billing/billingAccounts/"), fc.uuid(), fc.boolean())
  .map(([prefix, id, isUpper]): Cell => ({ text: `${prefix}${isUpper ? id.toUpperCase() : id}`, kept: id }));
const flags = fc.constantFrom<Cell>(
  { text: "True", kept: true },
  { text: "FALSE", kept: false },
  { text: "1", kept: true },
  { text: "0", kept: false },
  { text: "", kept: null },
);
const tags = fc
  .tuple(
    fc.dictionary(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 6 }), texts, { maxKeys: 4 }),
    fc.boolean(),
  )
  .map(([map, hasBraces]): Cell => {
    const json = JSON.stringify(map);
    return { text: hasBraces ? json : json.slice(1, -1), kept: map };
  });

/** Every field of a kind, also as it is where there is nothing. */
function cellsOf(kind: ColumnKind): fc.Arbitrary<Cell> {
  const orNothing = (cells: fc.Arbitrary<Cell>) =>
    fc.oneof({ weight: 1, arbitrary: fc.constant({ text: "", kept: null }) }, { weight: 5, arbitrary: cells });
  switch (kind) {
    case "date":
      return dates;
    case "day":
      return orNothing(dates);
    case "day-before":
      return orNothing(dates.map(({ text, kept }) => ({ text, kept: dayBefore(String(kept)) })));
    case "cost":
      return numbers;
    case "decimal":
      return orNothing(numbers);
    case "flag":
      return flags;
    case "identifier":
      return ids;
    case "subscription":
      return subscriptions;
    case "billing-account":
      return accounts;
    case "tags":
      return tags;
    default:
      return texts.map((text) => ({ text, kept: text }));
  }
}

const DATASETS: readonly Dataset[] = ["actual", "amortized", "usage", "focus"];
const REQUIRED = ["date", "cost_in_billing_currency"];
/** What only FOCUS files fill: elsewhere an amortized cost goes by the name of the cost. */
const FOCUS_ONLY = /^(focus|amortized)_/;

/** A header of random columns under random spellings, in a random order, some of them unknown. */
const headers = fc
  .tuple(
    fc.constantFrom(...DATASETS),
    fc.shuffledSubarray([...CANONICAL_COLUMNS], { maxLength: 16 }),
    fc.infiniteStream(fc.nat()),
    fc.infiniteStream(fc.nat({ max: 3 })),
    fc.nat({ max: 3 }),
  )
  .map(([dataset, some, spellings, cases, unknownCount]) => {
    const isFocus = dataset === "focus";
    const isRequired = ({ name }: CanonicalColumn) =>
      REQUIRED.includes(name) || (isFocus && name === "amortized_cost_in_billing_currency");
    const required = CANONICAL_COLUMNS.filter(isRequired);
    const optional = some.filter(
      (column) => !isRequired(column) && (isFocus || (column.files === "any" && !FOCUS_ONLY.test(column.name))),
    );
    const taken = new Set<string>();
    const columns = [...required, ...optional].flatMap((column): Column[] => {
      const choice = spellingOf(column, dataset, next(spellings));
      if (taken.has(choice.name.toLowerCase())) return [];
      taken.add(choice.name.toLowerCase());
      const canonical = dataset === "amortized" ? column.name.replace(/^cost_in_/, "amortized_cost_in_") : column.name;
      return [{ name: inSomeCase(choice.name, next(cases)), canonical, kind: choice.kind }];
    });
    const unknown = ["My column", "ü", "x_New"]
      .slice(0, unknownCount)
      .map((name): Column => ({ name, canonical: null, kind: "text" }));
    return { dataset, columns: [...columns, ...unknown] };
  })
  .chain(({ dataset, columns }) =>
    fc.shuffledSubarray(columns, { minLength: columns.length }).map((shuffled) => ({ dataset, columns: shuffled })),
  );

const files = headers.chain(({ dataset, columns }) =>
  fc.record({
    dataset: fc.constant(dataset),
    columns: fc.constant(columns),
    rows: fc.array(fc.tuple(...columns.map(({ kind }) => cellsOf(kind))), { maxLength: 8 }),
    needlessQuotes: fc.infiniteStream(fc.boolean()),
    ends: fc.infiniteStream(fc.constantFrom("\n", "\r\n", "\r\n", "\n\n")),
    mark: fc.constantFrom("", "\uFEFF"),
    zip: fc.constantFrom<(bytes: Buffer) => Buffer>(
      (bytes) => bytes,
      (bytes) => gzipSync(bytes),
      (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 70)), gzipSync(bytes.subarray(70))]),
    ),
  }),
);

test("any columns in any spelling, order and form of value arrive as they were meant, and add up exactly", async () => {
  await fc.assert(
    fc.asyncProperty(files, async ({ dataset, columns, rows, needlessQuotes, ends, mark, zip }) => {
      const quote = (text: string) =>
        /[",\r\n]/.test(text) || next(needlessQuotes) ? `"${text.replaceAll('"', '""')}"` : text;
      const lines = [columns.map(({ name }) => name), ...rows.map((row) => row.map(({ text }) => text))];
      const text = lines.map((cells) => `${cells.map(quote).join(",")}${next(ends)}`).join("");
      expectMapping(columns, dataset);

      const load = await loadFile(warehouse, zip(Buffer.from(`${mark}${text}`)), dataset);
      expect(load).toMatchObject({ rowsLoaded: rows.length, rowsRejected: 0 });
      expect(await rowsOf(load.loadId, columns)).toEqual(
        rows.map((row) => {
          const kept = row.map((cell) => cell.kept);
          // A resource without a name has the last part of its id.
          const id = z.string().parse(kept[columns.findIndex(({ canonical }) => canonical === "resource_id")] ?? "");
          const isUnnamed = (at: number) => columns[at]?.canonical === "resource_name" && kept[at] === "";
          return kept.map((value, at) => (isUnnamed(at) ? id.split("/").at(-1) : value));
        }),
      );
      for (const [at, { canonical, kind }] of columns.entries()) {
        if (kind !== "cost" || canonical === null) continue;
        const sum = rows.reduce((total, row) => total.plus(String(row[at]?.kept)), new Big(0));
        expect(sum.minus(await sumOf(load.loadId, canonical)).toFixed()).toBe("0");
      }
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

test("any number is kept to its last digit, or refused with its text", async () => {
  const anyNumber = fc.oneof(
    numbers.map(({ text }) => text),
    fc.tuple(signs, digits(50), digits(36)).map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`),
    fc
      .tuple(signs, digits(30), digits(30), fc.integer({ min: -60, max: 60 }))
      .map(([sign, whole, fraction, e]) => `${sign}${whole}.${fraction}e${e}`),
    fc.string({
      unit: fc.constantFrom("0", "1", "5", "9", "+", "-", ".", "e", "E", ",", " ", "x", "N"),
      minLength: 1,
      maxLength: 6,
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyNumber, { minLength: 50, maxLength: 200 }), async (amounts) => {
      const text = ["Date,Cost,Quantity", ...amounts.map((number) => `2026-05-01,1,"${number}"`), ""].join("\n");
      const { loadId } = await loadFile(warehouse, Buffer.from(text));
      const rows = z
        .array(z.object({ line: z.coerce.number(), quantity: z.string().nullable() }))
        .parse(
          await warehouse.rows("SELECT line, quantity FROM cost_entries WHERE load_id = {loadId:UUID}", { loadId }),
        );
      const kept = rows.map(({ line, quantity }) => [amounts[line - 1], quantity]);
      expect(kept).toEqual(kept.map(([amount = ""]) => [amount, plain(String(amount))]));
      const lines = new Set(rows.map(({ line }) => line));
      expect(amounts.filter((amount, at) => fits(amount) && !lines.has(at + 1))).toEqual([]);
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

/** Whether it is one number that has no more digits, as it is written, than can be kept. */
function fits(text: string): boolean {
  const [, fraction = "", exponent = "0"] = /^[+-]?(?=\.?\d)\d*\.?(\d*)(?:e([+-]?\d{1,3}))?$/i.exec(text) ?? [
    null,
    null,
  ];
  if (fraction === null) return false;
  const amount = new Big(plain(text)).abs();
  if (amount.eq(0) && Number(exponent) > 45) return false; // 0e48 is written with 48 digits before the point, too
  return fraction.replace(/0+$/, "").length - Number(exponent) <= 30 && amount.lt("1e46");
}

/** The amount as text without exponent and surplus zeros; big.js does not take `5.` and `.`. */
function plain(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  return new Big(`${sign === "-" ? "-" : ""}${whole || "0"}.${fraction || "0"}e${exponent}`)
    .toFixed()
    .replace(/^-0$/, "0");
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

/** A spelling of the column that its dataset does not take for another dataset's. */
function spellingOf(column: CanonicalColumn, dataset: Dataset, pick: number): { name: string; kind: ColumnKind } {
  const all = column.spellings.map((spelling) =>
    typeof spelling === "string" ? { name: spelling, kind: column.kind } : spelling,
  );
  const isCost = column.name === "cost_in_billing_currency";
  const possible = isCost ? all.filter(({ name }) => (name === "BilledCost") === (dataset === "focus")) : all;
  const found = possible[pick % possible.length];
  if (found === undefined) throw new RangeError(`${column.name} has no spelling`);
  return found;
}

function inSomeCase(name: string, form: number): string {
  const forms = [name, name.toLowerCase(), name.toUpperCase()];
  return forms[form] ?? `Übersetzt, "so" (${name})`;
}

function expectMapping(columns: readonly Column[], dataset: Dataset): void {
  const names = columns.map(({ name }) => name);
  const { mapped, extra } = mapHeader(names, dataset, "part.csv");
  const found = new Set(mapped.map(({ index, canonical, kind }) => [index, canonical, kind].join(" ")));
  const expected = columns.flatMap(({ canonical, kind }, index) =>
    canonical === null ? [] : [[index, canonical, kind].join(" ")],
  );
  expect(expected.filter((each) => !found.has(each))).toEqual([]);
  expect(extra.map(({ index }) => index)).toEqual([...columns.keys()].filter((at) => columns[at]?.canonical === null));
}

async function rowsOf(loadId: string, columns: readonly Column[]): Promise<unknown[][]> {
  const expressions = columns.map(({ name, canonical, kind }, at) => {
    if (canonical === null) return `hex(extra['${name}']) AS c${at}`;
    if (["text", "json", "keyword", "identifier"].includes(kind)) return `hex(${canonical}) AS c${at}`;
    return `${canonical} AS c${at}`;
  });
  const rows = await warehouse.rows(
    `SELECT ${expressions.join(", ")} FROM cost_entries WHERE load_id = {loadId:UUID} ORDER BY line`,
    { loadId },
  );
  return z
    .array(z.record(z.string(), z.unknown()))
    .parse(rows)
    .map((row) => columns.map(({ kind, canonical }, at) => readBack(row[`c${at}`], kind, canonical)));
}

function readBack(value: unknown, kind: ColumnKind, canonical: string | null): unknown {
  const isText = canonical === null || ["text", "json", "keyword", "identifier"].includes(kind);
  return isText ? Buffer.from(String(value), "hex").toString() : value;
}

async function sumOf(loadId: string, canonical: string): Promise<string> {
  const rows = await warehouse.rows(
    `SELECT sum(${canonical}) AS total FROM cost_entries WHERE load_id = {loadId:UUID}`,
    {
      loadId,
    },
  );
  return z.tuple([z.object({ total: z.string() })]).parse(rows)[0].total;
}

function next<T>(stream: Iterator<T>): T {
  const result = stream.next();
  if (result.done === true) throw new RangeError("The stream has ended");
  return result.value;
}
