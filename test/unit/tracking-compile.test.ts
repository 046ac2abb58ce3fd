import { expect, test } from "vitest";
import { compileRules, hasFewTerms, MOST_TERMS } from "../../src/domain/tracking-compile.ts";
import type { Match, TrackingRule } from "../../src/domain/tracking-rule.ts";

function aRule(match: Match): TrackingRule {
  return { id: "1", priority: 1, name: "1", match, targets: {}, validFrom: null, validTo: null, enabled: true };
}

function oneOf(count: number, name: string): Match {
  return {
    any: Array.from({ length: count }, (_, index) => ({
      field: "last_segment",
      operator: "contains",
      value: `${name}${index}`,
    })),
  };
}

test("alternatives that multiply to as many terms as a rule may have are taken", () => {
  const { terms } = compileRules([aRule({ all: [oneOf(16, "a"), oneOf(16, "b")] })]);
  expect(terms.length).toBe(MOST_TERMS);
});

test("a rule with more is refused as soon as it is clear, however many more there would be", () => {
  const started = performance.now();
  expect(hasFewTerms(aRule({ all: Array.from("abcdefgh", (name) => oneOf(256, name)) }))).toBe(false);
  expect(hasFewTerms(aRule({ all: [oneOf(16, "a"), oneOf(17, "b")] }))).toBe(false);
  expect(performance.now() - started).toBeLessThan(200);
});

test("combinations that cannot be true are not counted", () => {
  const some = oneOf(200, "a");
  const { terms } = compileRules([aRule({ all: [some, { not: some }] })]);
  expect(terms).toEqual([]);
});
