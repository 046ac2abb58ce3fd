import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { readRuleSet, saveRules } from "../../clickhouse/tracking-rules.ts";
import { parseDay } from "../../src/domain/month.ts";
import { compareRuleSets } from "../../src/domain/tracking-changes.ts";
import { hasFewTerms } from "../../src/domain/tracking-compile.ts";
import { TRACKING_FIELDS } from "../../src/domain/tracking-rule.ts";
import type { Condition, Match, TrackingField, TrackingRule } from "../../src/domain/tracking-rule.ts";
import { aResource, listAssignments, showResources } from "../support/tracking.ts";
import type { TestResource } from "../support/tracking.ts";
import { assignByHand } from "../support/tracking-reference.ts";
import type { ReferencePeriod } from "../support/tracking-reference.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(async () => engine.close());

const RUNS = 12;

/** What names are made of: they meet often, in other cases, and in every way that a pattern might misunderstand. */
const PIECES = [
  "shop SHOP Web web- prod rg- rg-prod uction 1 12 - _ . a.b x".split(" "),
  String.raw`% * ? [a] (b|c) {2} ^ $ | + \ \d ' " # \E \x \Q`.split(" "),
  ["`", " ", "\t", "\n"],
  ["Ä", "ä", "ß", "ẞ", "ΟΔΟΣ", "οδος", "İ", "ı", "é", "e\u0301", "😀", "👩‍👩‍👧", "日本", "\u00A0", "\u212A"],
].flat();
const REGEXES = [
  String.raw`^web prod$ [0-9]+ a|shop (web|shop)- . \. ^$ x{1,2} [^a-z] \d\d \w- Ä ^(rg|web)-.* \bshop\b`.split(" "),
  String.raw`(?:s)(hop) 😀 [\[]a\] [\x20\t] ^[\x00-\x7f]*$ [A-Z]{3,} 日.?`.split(" "),
].flat();

const piece = fc.constantFrom(...PIECES);
const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
const fragment = fc.array(piece, { minLength: 1, maxLength: 2 }).map((pieces) => pieces.join(""));
const field: fc.Arbitrary<TrackingField> = fc.constantFrom(
  ...TRACKING_FIELDS,
  "tag:env",
  "tag:ENV",
  "tag:Kosten Stelle",
  "tag:Σ",
);

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field, operator: fc.constant("equals" as const), value: text }),
  fc.record({ field, operator: fc.constantFrom("contains", "prefix", "suffix"), value: fragment }),
  fc.record({
    field,
    operator: fc.constant("wildcard" as const),
    value: fc.array(fc.oneof(piece, fc.constant("*")), { minLength: 1, maxLength: 5 }).map((all) => all.join("")),
  }),
  fc.record({ field, operator: fc.constant("regex" as const), value: fc.constantFrom(...REGEXES) }),
);

const { match } = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: condition },
    { weight: 1, arbitrary: fc.array(tie("match"), { minLength: 1, maxLength: 3 }).map((all): Match => ({ all })) },
    { weight: 1, arbitrary: fc.array(tie("match"), { minLength: 1, maxLength: 3 }).map((any): Match => ({ any })) },
    { weight: 1, arbitrary: tie("match").map((not): Match => ({ not })) },
  ),
}));

const day = fc.constantFrom(
  null,
  null,
  null,
  "2026-01-01",
  "2026-03-01",
  "2026-03-02",
  "2026-06-01",
  "1970-01-01",
  "2149-06-05",
);
const days = fc.tuple(day, day).map(([one, other]) => {
  const [from, to] = one !== null && other !== null && one > other ? [other, one] : [one, other];
  return {
    validFrom: from === null ? null : parseDay(from),
    validTo: to === null || to === from ? null : parseDay(to),
  };
});

const rule: fc.Arbitrary<TrackingRule> = fc
  .record({
    id: fc.oneof(fc.nat(30).map(String), fc.constantFrom("007", "a", "B", "b", "10a", "ß")),
    priority: fc.integer({ min: -1, max: 2 }),
    name: fragment,
    match,
    targets: fc.dictionary(fragment, fragment, { minKeys: 1, maxKeys: 2 }),
    days,
    enabled: fc.constantFrom(true, true, true, false),
  })
  .map(({ days: limits, ...rest }) => ({ ...rest, ...limits }))
  .filter(hasFewTerms);

const resource: fc.Arbitrary<TestResource> = fc
  .record({
    segment: text.map((name) => name.replaceAll("/", "")),
    name: text,
    group: text,
    subscription: fc.constantFrom("1caaa5a3-2b66", "1CAAA5A3-web", "shop"),
    type: fc.constantFrom("Microsoft.Web/sites", "microsoft.compute/virtualMachines", ""),
    region: fc.constantFrom("WestEurope", "web", ""),
    tags: fc.dictionary(fc.constantFrom("env", "Env", "kosten stelle", "ς", "other"), text, { maxKeys: 3 }),
    meterCategories: fc.uniqueArray(text, { maxLength: 3 }),
    costCenters: fc.uniqueArray(text, { maxLength: 2 }),
  })
  .map((settings) => aResource({ ...settings, subscriptionName: `${settings.subscription} Shop` }));

test(
  "the warehouse assigns as the plain reference does, whatever the rules and resources are",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(rule, { selector: ({ id }) => id, minLength: 1, maxLength: 40 }),
        fc.uniqueArray(resource, { selector: ({ id }) => id, minLength: 1, maxLength: 50 }),
        async (rules, resources) => {
          await showResources(warehouse, resources, { isInstead: true });
          await saveRules(
            warehouse,
            compareRuleSets(await readRuleSet(warehouse), { rules, fallback: "none" }, "removed"),
            "",
          );
          const { brokenRules } = await evaluateTracking(warehouse);
          expect(brokenRules).toEqual([]);
          const expected = resources
            .toSorted((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)))
            .flatMap((one) => assignByHand(rules, one));
          expect(await listAssignments(warehouse)).toEqual(expected.map(shownOf));
          expect(await listConflicts()).toEqual(
            expected
              .filter(({ candidates }) => candidates > 1)
              .map(({ resource: id, from, reason, winning }) => ({
                resource: id,
                from,
                reason,
                candidates: winning.map((one) => [one.rule.id, one.by?.field ?? "", one.by?.value ?? ""]),
              })),
          );
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  },
  10 * 60_000,
);

function shownOf({ resource: id, from, to, rule: winner, field: by, text: matched, candidates }: ReferencePeriod) {
  return { resource: id, from, to, rule: winner, field: by, text: matched, candidates };
}

async function listConflicts() {
  const rows = await warehouse.rows(`
    SELECT resource_id AS resource, valid_from AS "from", reason, arrayMap(one -> (one.rule_id, one.field, one.text), candidates) AS candidates
    FROM tracking_conflicts WHERE is_current ORDER BY resource_id, valid_from`);
  const Rows = z.array(
    z.object({ resource: z.string(), from: z.string(), reason: z.string(), candidates: z.array(z.unknown()) }),
  );
  return Rows.parse(rows);
}
