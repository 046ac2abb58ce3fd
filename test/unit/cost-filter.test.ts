import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCostFilter, type CostCondition, type CostFilter } from "../../src/domain/cost-filter.ts";
import { parseFilterLine } from "../../src/domain/cost-filter-line.ts";

const WEB = { dimension: "resource_group", op: "prefix", values: ["rg-web"] } as const;

describe("a filter of JSON", () => {
  test("is what it was where nothing is wrong", () => {
    const filter = { and: [WEB, { or: [{ not: WEB }, { dimension: "tag:env", op: "missing" }] }] };
    expect(parseCostFilter(filter)).toEqual(filter);
  });

  test("takes a billing month for its first day", () => {
    expect(parseCostFilter({ dimension: "billing_month", op: "in", values: ["2026-05", "2026-06-01"] })).toMatchObject({
      values: ["2026-05-01", "2026-06-01"],
    });
  });

  test.each([
    ["text", "filter is not an object"],
    [null, "filter is not an object"],
    [[WEB], "filter is not an object"],
    [{}, "filter.dimension is not text"],
    [{ and: [] }, "filter.and is not a list"],
    [{ and: [WEB], or: [WEB] }, 'filter has several of "and", "or"'],
    [{ and: [WEB, { or: [{ ...WEB, op: "like" }] }] }, "filter.and[1].or[0].op is not one of eq, in"],
    [{ not: { ...WEB, value: "x" } }, 'filter.not knows no "value"'],
    [{ ...WEB, dimension: "nonsense" }, '"nonsense" is not a dimension. Use one of source'],
    [{ ...WEB, dimension: "tag:" }, '"tag:" needs a name'],
    [{ ...WEB, values: ["a", 1] }, "filter.values[1] is not text"],
    [{ ...WEB, values: undefined }, "filter.values is not a list"],
    [{ ...WEB, op: "eq", values: ["a", "b"] }, "eq takes one value"],
    [{ ...WEB, op: "exists" }, "exists takes none"],
    [{ dimension: "date", op: "prefix", values: ["2026"] }, "date is a day"],
    [{ dimension: "date", op: "eq", values: ["2026-02-30"] }, '"2026-02-30" is not a day'],
    [{ usdPerLine: { min: "1" } }, 'filter knows no "usdPerLine"'],
  ])("%j is refused", (json, message) => {
    expect(() => parseCostFilter(json)).toThrow(message);
  });
});

test("a filter is neither deep nor long without end", () => {
  const refused = (json: unknown, message: string) => expect(() => parseCostFilter(json)).toThrow(message);
  refused(nested(30), "is nested deeper than 20");
  refused({ or: Array.from({ length: 60 }, () => ({ or: [WEB, WEB, WEB, WEB] })) }, "more than 200 conditions");
  refused(
    { ...WEB, op: "in", values: Array.from({ length: 900 }, () => "x".repeat(100)) },
    "more than 60000 characters",
  );
  for (const start of ["(".repeat(50_000), "not ".repeat(50_000)]) {
    expect(() => parseFilterLine(`${start}source = 'a'`)).toThrow("is nested deeper than 20");
  }
});

describe("a filter of one line", () => {
  const is = (dimension: string, ...values: string[]): CostCondition => ({ dimension, op: "in", values });

  test.each<[string, CostFilter]>([
    ["meter_category = 'Virtual Machines'", { dimension: "meter_category", op: "eq", values: ["Virtual Machines"] }],
    ["meter_category != ''", { not: { dimension: "meter_category", op: "eq", values: [""] } }],
    ["source in ('a','b')", is("source", "a", "b")],
    ["source not in ('a')", { not: is("source", "a") }],
    ["source IN 'a'", is("source", "a")],
    ["resource_group prefix 'rg-web'", WEB],
    ["resource_group not prefix ('rg-web')", { not: WEB }],
    ["tag:cost-center exists", { dimension: "tag:cost-center", op: "exists" }],
    ["tag:'cost center' missing", { dimension: "tag:cost center", op: "missing" }],
    ["tag:'it''s' = 'it''s'", { dimension: "tag:it's", op: "eq", values: ["it's"] }],
    ["meter_name regex '^D\\d+ \\('", { dimension: "meter_name", op: "regex", values: ["^D\\d+ \\("] }],
    [
      "source in 'a' and source in 'b' or source in 'c'",
      { or: [{ and: [is("source", "a"), is("source", "b")] }, is("source", "c")] },
    ],
    [
      "source in 'a' AND (source in 'b' OR source in 'c')",
      { and: [is("source", "a"), { or: [is("source", "b"), is("source", "c")] }] },
    ],
    ["not source in 'a' and source in 'b'", { and: [{ not: is("source", "a") }, is("source", "b")] }],
    ["not (source in 'a' and source in 'b')", { not: { and: [is("source", "a"), is("source", "b")] } }],
    ["not not\nsource\tin 'a'", { not: { not: is("source", "a") } }],
  ])("%j", (line, filter) => {
    expect(parseFilterLine(line)).toEqual(filter);
  });

  test.each([
    ["", "filter, character 1: the filter ends, expected a dimension such as meter_category"],
    ["source", "character 7: the filter ends, expected =, !=, exists, missing, in, prefix, contains or regex"],
    ["source not = 'a'", 'character 12: there is "=", expected in, prefix, contains or regex'],
    ["source = a", 'character 10: there is "a", expected a value in single quotes'],
    ['source = "a"', 'character 10: "\\"" means nothing here'],
    ["source = 'a", "character 10: the quote is never closed"],
    ["source = 'a' source = 'b'", 'character 14: there is "source", expected and, or, or the end'],
    ["source in ('a' 'b')", 'character 16: there is "b", expected a comma or a closing parenthesis'],
    ["source in ('a',)", 'character 16: there is ")", expected a value'],
    ["(source = 'a'", "character 14: the filter ends, expected and, or, or a closing parenthesis"],
    ["source = 'a' and", "character 17: the filter ends, expected a dimension"],
    ["source = 'a' and nonsense = 'b'", 'character 18: "nonsense" is not a dimension'],
    ["tag: = 'b'", 'character 1: "tag:" needs a name'],
    ["source = 'a'; drop", 'character 13: ";" means nothing here'],
    ["source = 'a' 👩", 'character 14: "👩" means nothing here'],
    ["date = '2026'", '"2026" is not a day'],
  ])("%j is refused", (line, message) => {
    expect(() => parseFilterLine(line)).toThrow(message);
  });

  test("says the same as JSON, whatever is in it", () => {
    const condition: fc.Arbitrary<CostFilter> = fc.record({
      dimension: fc.constantFrom("source", "meter_name", "tag:env", "tag:cost center's"),
      op: fc.constantFrom("in", "prefix", "contains", "regex"),
      values: fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 3 }),
    });
    const { filter } = fc.letrec<{ filter: CostFilter }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 4 },
        condition,
        fc.record({ and: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }) }),
        fc.record({ or: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }) }),
        fc.record({ not: tie("filter") }),
      ),
    }));
    fc.assert(
      fc.property(filter, (asked) => {
        expect(parseFilterLine(lineOf(asked))).toEqual(parseCostFilter(asked));
      }),
    );
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? WEB : { not: nested(depth - 1) };
}

function lineOf(filter: CostFilter): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  if ("and" in filter) return `(${filter.and.map(lineOf).join(" and ")})`;
  if ("or" in filter) return `(${filter.or.map(lineOf).join(" or ")})`;
  if ("not" in filter) return `not ${lineOf(filter.not)}`;
  if ("usdPerLine" in filter) return "";
  const { dimension, op, values = [] } = filter;
  const name = dimension.startsWith("tag:") ? `tag:${quoted(dimension.slice(4))}` : dimension;
  return `${name} ${op} (${values.map(quoted).join(", ")})`;
}
