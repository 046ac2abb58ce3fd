import { expect, test } from "vitest";
import { parseDay } from "../../src/domain/month.ts";
import { shortRule } from "../../src/domain/tracking-rule.ts";
import { describeMatch, describePeriod, describeTargets } from "../../src/domain/tracking-text.ts";

const group = { field: "resource_group", operator: "prefix", value: "rg-" } as const;
const env = { field: "tag:env", operator: "equals", value: 'pr"od' } as const;

test("a match is told on one line, fields that are compared alike together", () => {
  expect(describeMatch(group)).toBe('resource_group prefix "rg-"');
  expect(describeMatch({ all: [group, { any: [env, { not: group }] }] })).toBe(
    'resource_group prefix "rg-" and (tag:env equals "pr\\"od" or not resource_group prefix "rg-")',
  );
  expect(describeMatch({ not: { all: [group, env] } })).toBe(
    'not (resource_group prefix "rg-" and tag:env equals "pr\\"od")',
  );
  expect(describeMatch({ all: [env] })).toBe('tag:env equals "pr\\"od"');
  expect(describeMatch(shortRule("1", "shop").match)).toBe(
    'last_segment, resource_group or subscription_id contains "shop"',
  );
});

test("targets and dates are told in words", () => {
  expect(describeTargets({ owner: "web", environment: "prod" })).toBe("owner: web, environment: prod");
  const [validFrom, validTo] = [parseDay("2026-01-01"), parseDay("2026-02-01")];
  expect(describePeriod({ validFrom: null, validTo: null })).toBe("");
  expect(describePeriod({ validFrom, validTo: null })).toBe("from 2026-01-01");
  expect(describePeriod({ validFrom: null, validTo })).toBe("before 2026-02-01");
  expect(describePeriod({ validFrom, validTo })).toBe("from 2026-01-01, before 2026-02-01");
});
