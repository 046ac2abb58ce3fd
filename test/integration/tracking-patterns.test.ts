import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { findBrokenPatterns } from "../../clickhouse/tracking-patterns.ts";
import type { TrackingRule } from "../../src/domain/tracking-rule.ts";
import { aResource, aRule, bringRules, showResources } from "../support/tracking.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(async () => engine.close());

function matching(value: string): TrackingRule {
  return aRule({ id: value, match: { field: "tag:text", operator: "regex", value } });
}

describe("a pattern that does not compile is refused with the place of the mistake:", () => {
  test.each([
    ["web(-1", "Missing close parenthesis", 3],
    ["ääää(-1", "Missing close parenthesis", 4],
    ["a[z-a]", "Range out of order", 4],
    ["a[0-9", "Unterminated character class", 1],
    ["shop(?=-prod)", "invalid perl operator: (?=", 4],
    ["(?<!dev)-web", "invalid", 0],
    ["(a)-\\1", "invalid escape sequence: \\1", 4],
    ["web\\h", "invalid escape sequence: \\h", 3],
    ["ab(?x) c", "invalid perl operator: (?x", 2],
    ["a++", "bad repetition operator: ++", 1],
    ["**", "Invalid repeat", 0],
    ["x{1001}", "repeats too often at character 2", 1],
    ["a.{1,900}b.{1,899}c", "repeats too often at character 3", 2],
    ["(x.{1,300}y.{1,300}){1,3}z", "repeats too often", 3],
    ["(\\pL{1,20}-){1,5}", "repeats too often at character 13", 12],
    ["a{3,2}", "Invalid repeat", 1],
    ["web(?U)a", "Unrecognised character after (?", 3],
    ["(\\pL{1,50}-){1,20}", "repeats too often", 4],
  ])("%s", async (pattern, expected, place) => {
    const broken = await findBrokenPatterns(
      warehouse,
      ["fine", pattern, "good"].map((one) => matching(one)),
    );
    expect([...broken.keys()]).toEqual([pattern]);
    const { reason, index } = broken.get(pattern) ?? { reason: "", index: null };
    expect(reason).toContain(expected);
    expect(index).toBe(place);
  });
});

test("patterns find what RE2 finds, in any case", async () => {
  const tags: Record<string, string> = {
    empty: "",
    plain: "web-01",
    lines: "x\nWeb\ny",
    ending: "prod\n",
    umlaut: "ÄRGER",
    greek: "ΟΔΟΣ",
    emoji: "😀",
    hash: "0123456789abcdef".repeat(4),
  };
  const wanted: Record<string, readonly string[]> = {
    "^$": ["empty"],
    "q*": Object.keys(tags),
    "^web": ["plain"],
    "(?m)^web$": ["lines"],
    "x.*y": ["lines"],
    "(?-s)x.*y": [],
    prod$: [],
    "prod\\n$": ["ending"],
    "^[À-Ü]RGER$": ["umlaut"],
    "^.{5}$": ["umlaut", "ending"],
    οδος: ["greek"],
    "^\\x{1F600}$": ["emoji"],
    "^.$": ["emoji"],
    "\\bweb\\b": ["plain", "lines"],
    "WEB-\\d{2}": ["plain"],
    "^[0-9A-F]{64}$": ["hash"],
    "^[[:alnum:]]{3,80}$": ["hash"],
    "^\\Qweb-01\\E\\z": ["plain"],
    "(?P<name>we)b-(?:0|1)+": ["plain"],
    "^\\p{Greek}+$": ["greek"],
  };
  await showResources(
    warehouse,
    Object.entries(tags).map(([segment, text]) => aResource({ segment, tags: { text } })),
  );
  const others = aRule({ id: "others", match: { not: { field: "region", operator: "equals", value: "nowhere" } } });
  await bringRules(warehouse, [others, ...Object.keys(wanted).map((pattern) => matching(pattern))]);
  expect(await evaluateTracking(warehouse)).toMatchObject({ brokenRules: [], conflicts: Object.keys(tags).length });
  const found = Object.fromEntries(Object.keys(wanted).map((pattern) => [pattern, new Set<string>()]));
  const rows = await warehouse.rows("SELECT resource_id AS id, candidates.rule_id AS rules FROM tracking_conflicts");
  for (const { id, rules } of z.array(z.object({ id: z.string(), rules: z.array(z.string()) })).parse(rows)) {
    for (const rule of rules) found[rule]?.add(id.split("/").at(-1) ?? "");
  }
  expect(found).toEqual(
    Object.fromEntries(Object.entries(wanted).map(([pattern, segments]) => [pattern, new Set(segments)])),
  );
});
