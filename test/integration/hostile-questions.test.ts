import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clickHouseCode, type Warehouse } from "../../clickhouse/client.ts";
import { renderCostEntries } from "../../clickhouse/cost-entries-statement.ts";
import { renderCosts, type CostStatement } from "../../clickhouse/cost-statement.ts";
import { ANY_TRACKING } from "../../clickhouse/tracking-set.ts";
import type { TrackingSet } from "../../clickhouse/tracking-set.ts";
import { COST_DIMENSIONS, groupingText, parseGrouping } from "../../src/domain/cost-dimensions.ts";
import type { CostCondition, CostFilter } from "../../src/domain/cost-filter.ts";
import { parseCostFilter } from "../../src/domain/cost-filter.ts";
import { parseFilterLine } from "../../src/domain/cost-filter-line.ts";
import { MEASURES } from "../../src/domain/cost-question.ts";
import type { CostQuestion, EntriesQuestion } from "../../src/domain/cost-question.ts";
import { parseBounds } from "../../src/domain/cost-window.ts";
import { InvalidRequestError } from "../../src/domain/errors.ts";
import { aQuestion, by, currentSet } from "../support/cost-scene.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** What has broken queries elsewhere. */
const HOSTILE = [
  "'",
  "''",
  '"',
  "`",
  "\\",
  "\\'",
  "\\\\'",
  "\\N",
  "\u0000",
  "a\u0000b",
  "\n",
  "\t\r\b\f\v",
  "--",
  "-- '\n",
  "/*",
  "*/ 1 /*",
  "#",
  ";",
  "; DROP TABLE cost_entries",
  "' OR 1 = 1 --",
  "') OR (1 = 1",
  "{x:String}",
  "{v0:String}",
  "{v0:Identifier}",
  "$heredoc$",
  "%27",
  "%",
  "_",
  "NULL",
  "null",
  "true",
  "0x27",
  "tag:",
  "tag:env",
  "a.b.c",
  "visible.2",
  "c.load_id",
  "count()",
  "[1, 2]",
  "(",
  "[",
  "*",
  "?+",
  "Größe & Söhne",
  "日本語",
  "👩‍🚀",
  "\u202Eabc",
  "ﬁ",
  "e\u0301",
  "\uFEFF",
  "\uD800",
  "x".repeat(5_000),
  "'".repeat(512),
];
/** Those that a row can hold as they are: a lone surrogate is no text. */
const STORED = HOSTILE.filter((text) => !/\p{Cs}/u.test(text));

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  await showLines(warehouse, STORED);
});

afterAll(async () => {
  await engine.close();
});

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc.mixedCase(fc.constantFrom(...HOSTILE)),
);
/** Names that callers give: keys of tags, and tracking targets. */
const tagKey = fc
  .tuple(fc.constantFrom("tag:", "tracking:"), hostile)
  .map(([kind, text]) => `${kind}${text.slice(0, 500)}`)
  .filter((text) => !text.endsWith(":") && !/\p{Cs}/u.test(text));
const textDimension = fc.constantFrom(...COST_DIMENSIONS.filter(({ kind }) => kind !== "day").map(({ name }) => name));
const place = fc.oneof(textDimension, tagKey);
const condition: fc.Arbitrary<CostCondition> = fc.oneof(
  fc.record({
    dimension: place,
    op: fc.constantFrom("in", "prefix", "contains"),
    values: fc.array(hostile, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ dimension: place, op: fc.constant("eq"), values: fc.tuple(hostile) }),
  fc.record({ dimension: place, op: fc.constant("regex"), values: fc.tuple(hostile) }),
  fc.record({ dimension: place, op: fc.constantFrom("exists", "missing") }),
);
const { filter } = fc.letrec<{ filter: CostFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthIdentifier: "filter" },
    condition,
    fc.record({ and: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("filter") }),
  ),
}));
const question: fc.Arbitrary<CostQuestion> = fc
  .record({
    time: fc.constantFrom(parseBounds("2026-05-01", "2026-06-01"), parseBounds("2026-04-03", "2026-05-20")),
    granularity: fc.constantFrom("none", "day", "week", "month", "quarter", "year"),
    dimensions: fc.uniqueArray(
      fc.constantFrom("meter_name", "source", "resource_location", "billing_currency", "unit_of_measure"),
      { maxLength: 2 },
    ),
    tags: fc.uniqueArray(tagKey, { maxLength: 3 }),
    measures: fc.uniqueArray(fc.constantFrom(...MEASURES), { minLength: 1, maxLength: 4 }),
    filter,
    top: fc.constantFrom(null, 2),
    compareTo: fc.constantFrom(null, "previous", "year"),
    isOrdered: fc.boolean(),
    alias: fc.option(hostile, { nil: undefined }),
  })
  .map(({ dimensions, tags, isOrdered, alias, ...rest }) =>
    aQuestion({
      ...rest,
      groupBy: by(...dimensions, ...tags),
      order: isOrdered ? tags.map((tag) => ({ by: tag, descending: true })) : [],
      limit: 50,
      aliases: alias === undefined ? {} : { meter_name: `name ${alias}` },
    }),
  )
  .filter(
    (asked) => !(refusalOf(() => renderCosts(asked, { asOf: "2026-06-01" }, RULES)) instanceof InvalidRequestError),
  );

/** Rules whose statements have the most words. */
const RULES: TrackingSet = { ...ANY_TRACKING, fallback: "last_segment", hasPeriods: true };

test("what a caller writes never enters the words of a statement, and breaks none", async () => {
  const set = await currentSet(warehouse);
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const accepted = { ...asked, filter: parseCostFilter(asked.filter) };
      for (const [way, rules] of [
        [set, RULES],
        [{ ...set, hasSilence: true }, ANY_TRACKING],
      ] as const) {
        const statement = renderCosts(accepted, way, rules);
        expect(wordsOf(statement)).toBe(wordsOf(renderCosts(harmless(accepted), way, rules)));
        await expectAnswer(statement);
      }
    }),
    { numRuns: 100 },
  );
});

test("the same is true of lines", async () => {
  const set = await currentSet(warehouse);
  await fc.assert(
    fc.asyncProperty(filter, fc.uniqueArray(tagKey, { maxLength: 2 }), async (asked, tags) => {
      const lines: EntriesQuestion = {
        ...aQuestion({}),
        columns: ["date", "meter_name", ...tags],
        metric: null,
        filter: parseCostFilter(asked),
        order: tags.map((tag) => ({ by: tag, descending: false })),
        limit: 5,
      };
      const statement = renderCostEntries(lines, set, RULES);
      const calm = harmlessTexts();
      const columns = lines.columns.map((name) => calm(name));
      const order = lines.order.map((key) => ({ ...key, by: calm(key.by) }));
      const like = renderCostEntries({ ...lines, columns, order, filter: calmFilter(lines.filter, calm) }, set, RULES);
      expect(wordsOf(statement)).toBe(wordsOf(like));
      await expectAnswer(statement);
    }),
    { numRuns: 60 },
  );
});

test("every value is compared as it stands, whatever it is made of", async () => {
  const set = await currentSet(warehouse);
  const stored = fc.mixedCase(fc.constantFrom(...STORED.filter((text) => text.length < 1_000)));
  const dimension = fc.constantFrom("meter_name", "tag:label", "invoice_id", "reservation_id");
  const op = fc.constantFrom("in" as const, "prefix" as const, "contains" as const);
  await fc.assert(
    fc.asyncProperty(dimension, op, fc.array(stored, { minLength: 1, maxLength: 3 }), async (name, compare, values) => {
      const asked = aQuestion({
        groupBy: [{ kind: "dimension", name: "meter_name" }],
        measures: ["entries"],
        filter: parseCostFilter({ dimension: name, op: compare, values }),
      });
      const { sql, parameters } = renderCosts(asked, set);
      const found = (await warehouse.rows(sql, parameters)) as { meter_name: string; entries: string }[];
      const fits = {
        in: (text: string, value: string) => text === value,
        prefix: (text: string, value: string) => text.startsWith(value),
        contains: (text: string, value: string) => text.includes(value),
      }[compare];
      const expected = STORED.filter((text) => values.some((value) => fits(text.toLowerCase(), value.toLowerCase())));
      expect(found.map((row) => row.meter_name).toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 100 },
  );
});

test("a tag is found by its key, and its column is told by it", async () => {
  const set = await currentSet(warehouse);
  for (const key of STORED.filter((text) => text.length <= 512)) {
    const asked = aQuestion({
      groupBy: [{ kind: "tag", key }],
      measures: ["entries"],
      filter: { dimension: `tag:${key}`, op: "exists" },
    });
    const { sql, parameters } = renderCosts(asked, set);
    const name = `tag:${key.replaceAll(/[\\'"`%\p{Cc}]/gu, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`)}`;
    const holders = STORED.filter((text) => text.toLowerCase() === key.toLowerCase());
    const rows = holders.map((text) => ({ [name]: text, entries: "1" }));
    expect(await warehouse.rows(sql, parameters)).toEqual(expect.arrayContaining(rows));
  }
});

test("names that are not on the list are refused before anything is asked", async () => {
  const set = await currentSet(warehouse);
  const known = new Set(COST_DIMENSIONS.map(({ name }) => name));
  const unknown = hostile.filter((text) => !known.has(text) && !KEYED.test(text));
  fc.assert(
    fc.property(unknown, (name) => {
      const refused = (ask: () => unknown) => expect(ask).toThrow(InvalidRequestError);
      refused(() => parseCostFilter({ dimension: name, op: "exists" }));
      refused(() => parseCostFilter({ dimension: "meter_name", op: name, values: ["x"] }));
      refused(() => parseCostFilter({ dimension: "date", op: "eq", values: [name] }));
      refused(() => parseCostFilter({ [name]: [] }));
      refused(() => parseCostFilter({ dimension: "tag:\uD800", op: "exists" }));
      refused(() => renderCosts(aQuestion({ groupBy: [{ kind: "dimension", name }] }), set));
      refused(() => renderCosts(aQuestion({ groupBy: [{ kind: "tracking", target: name }] }), set));
      refused(() => renderCosts(aQuestion({ order: [{ by: name, descending: false }] }), set));
      refused(() => renderCosts(aQuestion({ asOf: name }), set));
      refused(() => renderCosts(aQuestion({ filter: { usdPerLine: { min: name } } }), set));
      refused(() => renderCostEntries({ ...aQuestion({}), columns: [name], metric: null }, set));
    }),
    { numRuns: 300 },
  );
});

test("a line of hostile text is a filter or is refused, and a filter's values come out as they went in", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(hostile, fc.constantFrom("meter_name", "=", "'", "(", ")", " and ", "not ", " in ")), {
        maxLength: 12,
      }),
      (parts) => {
        expect(refusalOf(() => parseFilterLine(parts.join("")))).toSatisfy(
          (refusal) => refusal === null || refusal instanceof InvalidRequestError,
        );
      },
    ),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(hostile, hostile, (value, key) => {
      const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
      const name = key.slice(0, 500).replaceAll(/\p{Cs}/gu, "x");
      expect(parseFilterLine(`tag:${quote(name)} in (${quote(value)}, 'b')`)).toEqual({
        dimension: `tag:${name}`,
        op: "in",
        values: [value, "b"],
      });
    }),
  );
});

/** The answer is there, or a pattern was no RE2; nothing else may be wrong. */
async function expectAnswer({ sql, parameters }: CostStatement): Promise<void> {
  try {
    await warehouse.rows(sql, parameters);
  } catch (error) {
    if (clickHouseCode(error) !== CANNOT_COMPILE_REGEXP || !sql.includes("match(")) throw error;
  }
}

/** What is thrown; null where nothing is. */
function refusalOf(attempt: () => unknown): unknown {
  try {
    attempt();
    return null;
  } catch (error) {
    return error;
  }
}

const CANNOT_COMPILE_REGEXP = "427";

/** A statement without the numbers of its parameters, which tell whether two values are the same. */
function wordsOf({ sql }: CostStatement): string {
  return sql.replaceAll(/\{v\d+:/g, "{v:");
}

/** The same question with every text of the caller replaced by a letter and a number. */
function harmless(asked: CostQuestion): CostQuestion {
  const calm = harmlessTexts();
  return {
    ...asked,
    groupBy: asked.groupBy.map((grouping) =>
      grouping.kind === "dimension" ? grouping : parseGrouping(calm(groupingText(grouping))),
    ),
    filter: calmFilter(asked.filter, calm),
    order: asked.order.map((key) => ({ ...key, by: calm(key.by) })),
    aliases: Object.fromEntries(Object.entries(asked.aliases ?? {}).map(([name, alias]) => [name, calm(alias)])),
  };
}

function calmFilter(asked: CostFilter | null, calm: (text: string) => string): CostFilter | null {
  const inner = (part: CostFilter): CostFilter => {
    if ("and" in part) return { and: part.and.map(inner) };
    if ("or" in part) return { or: part.or.map(inner) };
    if ("not" in part) return { not: inner(part.not) };
    if ("usdPerLine" in part) return part;
    const { dimension, values } = part;
    return {
      ...part,
      dimension: KEYED.test(dimension) ? calm(dimension) : dimension,
      ...(values === undefined ? {} : { values: values.map((value) => calm(value)) }),
    };
  };
  return asked === null ? null : inner(asked);
}

/** Plain text stays what a column of that kind compares as it lies; names of ours stay as they are. */
function harmlessTexts(): (text: string) => string {
  const known = new Map<string, string>();
  const ours = ["date", "meter_name"];
  return (text) => {
    if (ours.includes(text)) return text;
    const found = known.get(text) ?? `${/^\p{ASCII}*$/u.test(text) ? "a" : "ä"}${known.size}`;
    known.set(text, found);
    return `${KEYED.exec(text)?.[0] ?? ""}${found}`;
  };
}

/** What stands before a name of the caller's. */
const KEYED = /^(?:tag|tracking):/;

/** Puts a line for each text into the warehouse, with it in its columns, its tags and as the key of a tag. */
async function showLines(to: Warehouse, texts: readonly string[]): Promise<void> {
  const load_id = randomUUID();
  await to.insert(
    "cost_entries",
    texts.map((text, index) => ({
      load_id,
      own_partition: load_id,
      source: "contoso",
      dataset: "actual",
      billing_month: "2026-05-01",
      line: index + 1,
      date: "2026-05-01",
      billing_currency: "EUR",
      cost_in_billing_currency: "1",
      meter_name: text,
      invoice_id: text,
      reservation_id: text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
      tags: { label: text, [text]: text },
    })),
  );
  await to.insert("visible_loads", [
    { seen: 1, moment: "2026-06-01 00:00:00", load_ids: [load_id], silent_actual: [], silent_amortized: [] },
  ]);
}
