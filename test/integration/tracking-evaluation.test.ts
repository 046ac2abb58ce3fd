import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking, extendTracking, trackResources, tryRules } from "../../clickhouse/tracking-evaluation.ts";
import { dropEvaluations } from "../../clickhouse/tracking-retention.ts";
import { removeRule } from "../../clickhouse/tracking-rules.ts";
import type { Condition } from "../../src/domain/tracking-rule.ts";
import { mortalWarehouse } from "../support/mortal-warehouse.ts";
import {
  aResource,
  aRule,
  bringRules,
  listAssignments,
  rulesBySegment,
  showLoads,
  showResources,
} from "../support/tracking.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => engine.close());

beforeEach(async () => {
  warehouse = await engine.database();
});

const web: Condition = { field: "last_segment", operator: "prefix", value: "web" };
const shop: Condition = { field: "resource_group", operator: "equals", value: "rg-shop" };
const prod: Condition = { field: "tag:env", operator: "equals", value: "prod" };
const day = 86_400_000;

describe("what readers see", () => {
  test("is the evaluation that was finished last, and nothing before the first one", async () => {
    await showResources(warehouse, [aResource({ segment: "web-1" }), aResource({ segment: "db-1" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: web })]);
    expect(await listAssignments(warehouse)).toEqual([]);
    expect(await evaluateTracking(warehouse)).toMatchObject({
      kind: "whole",
      resources: 2,
      assigned: 1,
      conflicts: 0,
      brokenRules: [],
    });
    expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "1", "db-1": "" });

    await bringRules(warehouse, [aRule({ id: "2", match: shop, priority: 1 })]);
    expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "1", "db-1": "" });
    expect(await evaluateTracking(warehouse)).toMatchObject({ resources: 2, assigned: 2, conflicts: 1 });
    expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "2", "db-1": "2" });

    await removeRule(warehouse, "2", "a test");
    await evaluateTracking(warehouse);
    expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "1", "db-1": "" });
  });

  test("stays the same when a process dies, and the next one makes up for it", async () => {
    await showResources(warehouse, [aResource({ segment: "web-1" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: web })]);
    await evaluateTracking(warehouse);
    const before = await rulesBySegment(warehouse);
    await bringRules(warehouse, [aRule({ id: "2", match: shop, priority: 1 })]);
    let deaths = 0;
    for (let statement = 0; ; statement++) {
      const mortal = mortalWarehouse(warehouse, { statement, moment: statement % 2 === 0 ? "before" : "after" });
      const isDone = await evaluateTracking(mortal).then(
        () => true,
        () => false,
      );
      const seen = await rulesBySegment(warehouse);
      if (isDone || seen["web-1"] === "2") break;
      deaths++;
      expect(seen).toEqual(before);
    }
    expect(deaths).toBeGreaterThan(10);
    expect(await trackResources(warehouse)).toMatchObject({ kind: "none" });
    expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "2" });
  });

  test("is of the last to begin where two are under way at once", async () => {
    await showResources(warehouse, [aResource({ segment: "web-1" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: web })]);
    const reports = await Promise.all([
      evaluateTracking(warehouse),
      evaluateTracking(warehouse),
      trackResources(warehouse),
    ]);
    expect(reports.map(({ resources }) => resources)).toEqual([1, 1, 1]);
    expect(await listAssignments(warehouse)).toMatchObject([{ rule: "1", candidates: 1 }]);
  });

  test("ends with a signal, and nothing of it is seen", async () => {
    await showResources(warehouse, [aResource({ segment: "web-1" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: web })]);
    await expect(evaluateTracking(warehouse, { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    expect(await listAssignments(warehouse)).toEqual([]);
  });
});

describe("after a publication", () => {
  test("resources that are new are assigned by the rules of the evaluation that there is", async () => {
    await showResources(warehouse, [aResource({ segment: "web-1" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: web }), aRule({ id: "2", match: { not: web } })]);
    expect(await trackResources(warehouse)).toMatchObject({ kind: "whole", resources: 1 });
    expect(await trackResources(warehouse)).toMatchObject({ kind: "none", resources: 0 });

    await showResources(warehouse, [
      aResource({ segment: "web-1" }),
      aResource({ segment: "web-2" }),
      aResource({ segment: "db" }),
    ]);
    expect(await trackResources(warehouse)).toMatchObject({
      kind: "extension",
      resources: 2,
      assigned: 2,
      conflicts: 0,
    });
    expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "1", "web-2": "1", db: "2" });
    expect(await trackResources(warehouse)).toMatchObject({ kind: "none" });
  });

  test("resources that have changed are assigned anew, and those that are gone are not there any more", async () => {
    await showResources(warehouse, [
      aResource({ segment: "a" }),
      aResource({ segment: "b" }),
      aResource({ segment: "c" }),
    ]);
    await bringRules(warehouse, [aRule({ id: "1", match: prod })]);
    await evaluateTracking(warehouse);
    await showResources(warehouse, [aResource({ segment: "a", tags: { Env: "PROD" } }), aResource({ segment: "b" })], {
      isInstead: true,
    });
    expect(await extendTracking(warehouse)).toMatchObject({ kind: "extension", resources: 1, assigned: 1 });
    expect(await rulesBySegment(warehouse)).toEqual({ a: "1", b: "" });

    await showResources(warehouse, [aResource({ segment: "c" })], { isInstead: true });
    await extendTracking(warehouse);
    expect(await rulesBySegment(warehouse)).toEqual({ c: "" });
  });

  test("a subscription that is renamed changes its resources, also those that no new load shows", async () => {
    const before = { subscriptionName: "Contoso Production" };
    await showResources(warehouse, [aResource({ segment: "a", ...before }), aResource({ segment: "b", ...before })]);
    const named = (value: string): Condition => ({ field: "subscription_name", operator: "equals", value });
    const rules = [
      aRule({ id: "old", match: named("contoso production") }),
      aRule({ id: "new", match: named("Contoso") }),
    ];
    await bringRules(warehouse, rules);
    await evaluateTracking(warehouse);
    expect(await rulesBySegment(warehouse)).toEqual({ a: "old", b: "old" });
    const after = { subscriptionName: "Contoso" };
    await showResources(warehouse, [aResource({ segment: "b", ...after })], { lastDate: "2026-06-02" });
    expect(await extendTracking(warehouse)).toMatchObject({ kind: "extension", resources: 2 });
    expect(await rulesBySegment(warehouse)).toEqual({ a: "new", b: "new" });
  });

  test("of several loads that show a resource the newest one says what it is", async () => {
    await showResources(warehouse, [aResource({ segment: "a", tags: { env: "prod" } })], { lastDate: "2026-05-31" });
    await showResources(warehouse, [aResource({ segment: "a", tags: { env: "test" }, meterCategories: ["Storage"] })], {
      lastDate: "2026-05-30",
    });
    const storage: Condition = { field: "meter_category", operator: "equals", value: "storage" };
    await bringRules(warehouse, [
      aRule({ id: "1", match: prod }),
      aRule({ id: "2", match: { all: [prod, storage] }, priority: 1 }),
    ]);
    await evaluateTracking(warehouse);
    // What its lines say is of all loads.
    expect(await rulesBySegment(warehouse)).toEqual({ a: "2" });
  });

  test("a process that dies leaves what the next one completes", async () => {
    await showResources(warehouse, [aResource({ segment: "web-1" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: web })]);
    await evaluateTracking(warehouse);
    for (let number = 2; number < 14; number++) {
      await showResources(warehouse, [aResource({ segment: `web-${number}` })]);
      const death = { statement: number - 2, moment: number % 2 === 0 ? "before" : "after" } as const;
      await extendTracking(mortalWarehouse(warehouse, death)).catch(() => undefined);
    }
    await Promise.all([extendTracking(warehouse), extendTracking(warehouse)]);
    expect(Object.values(await rulesBySegment(warehouse))).toEqual(Array(13).fill("1"));
  });

  test("what a process left that died goes with a publication that is taken back", async () => {
    const before = await showResources(warehouse, [aResource({ segment: "a" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: prod })]);
    await evaluateTracking(warehouse);
    await showResources(
      warehouse,
      ["a", "b"].map((segment) => aResource({ segment, tags: { env: "prod" } })),
    );
    for (let statement = 0; ; statement++) {
      await extendTracking(mortalWarehouse(warehouse, { statement, moment: "after" })).catch(() => undefined);
      const isLeft = (await rulesBySegment(warehouse))["b"] === "1";
      if (isLeft) break;
    }
    await showLoads(warehouse, [before]);
    expect(await extendTracking(warehouse)).toMatchObject({ kind: "extension", resources: 1 });
    expect(await rulesBySegment(warehouse)).toEqual({ a: "" });
    expect(await extendTracking(warehouse)).toMatchObject({ kind: "none" });
  });

  test("what began later counts, also where the other one ends behind it", async () => {
    const before = await showResources(warehouse, [aResource({ segment: "a" }), aResource({ segment: "gone" })]);
    await bringRules(warehouse, [aRule({ id: "1", match: prod })]);
    await evaluateTracking(warehouse);
    const tagged = ["a", "b"].map((segment) => aResource({ segment, tags: { env: "prod" } }));
    await showResources(warehouse, tagged, { isInstead: true });
    let isOvertaken = false;
    const slow: Warehouse = {
      ...warehouse,
      run: async (sql, ...rest) => {
        if (!isOvertaken && sql.includes("INSERT INTO tracking_assignments")) {
          isOvertaken = true;
          await showLoads(warehouse, [before]);
          await showResources(warehouse, [aResource({ segment: "c" })]);
          await extendTracking(warehouse);
        }
        return warehouse.run(sql, ...rest);
      },
    };
    await extendTracking(slow);
    expect(isOvertaken).toBe(true);
    expect(await rulesBySegment(warehouse)).toEqual({ a: "", c: "", gone: "" });
  });

  test("nothing is done where there never were rules", async () => {
    await showResources(warehouse, [aResource()]);
    expect(await trackResources(warehouse)).toMatchObject({ kind: "none", evaluationId: "" });
    expect(await warehouse.rows("SELECT * FROM tracking_evaluations")).toEqual([]);
  });
});

test("of a resource that very many rules match the first 100 are kept, and all are counted", async () => {
  const [ruleCount, resourceCount] = [1100, 4000]; // more candidates than one statement looks at
  const segments = Array.from({ length: resourceCount }, (_, index) => `vm-${index}`);
  await showResources(
    warehouse,
    segments.map((segment) => aResource({ segment })),
  );
  const rules = Array.from({ length: ruleCount }, (_, index) => aRule({ id: String(index + 1), match: { not: web } }));
  await bringRules(warehouse, rules);
  const figures = { resources: resourceCount, assigned: resourceCount, conflicts: resourceCount };
  expect(await evaluateTracking(warehouse)).toMatchObject(figures);
  expect(
    await warehouse.rows(`
      SELECT winner, candidate_count, length(candidates) AS kept, candidates[100].1 AS last, uniqExact(resource_id) AS resources
      FROM tracking_conflicts GROUP BY ALL`),
  ).toEqual([{ winner: "1", candidate_count: ruleCount, kept: "100", last: "100", resources: String(resourceCount) }]);
});

test("rules that somebody inserted by SQL take part, and those that are none are left out and told", async () => {
  await showResources(warehouse, [aResource({ segment: "web-1" })]);
  await warehouse.run(`INSERT INTO tracking_rules (id, match, targets) VALUES
    ('good', '{"field": "last_segment", "operator": "contains", "value": "web"}', {'owner': 'a'}),
    ('json', '{', {'owner': 'a'}),
    ('empty', '{"all": []}', {'owner': 'a'}),
    ('targets', '{"field": "region", "operator": "equals", "value": "x"}', {}),
    ('regex', '{"field": "last_segment", "operator": "regex", "value": "web(-1"}', {'owner': 'a'}),
    ('backwards', '{"field": "last_segment", "operator": "regex", "value": "(w)eb.1\\\\\\\\1"}', {'owner': 'a'})`);
  const { assigned, brokenRules } = await evaluateTracking(warehouse);
  expect(assigned).toBe(1);
  const reasons = Object.fromEntries(brokenRules.map(({ id, reason }) => [id, reason]));
  expect(reasons).toMatchObject({
    json: "match: expected a condition (field, operator, value), or one of all, any, not",
    empty: "match.all: expected a list of conditions that is not empty",
    targets: "targets: expected names and texts, such as owner: platform",
  });
  expect(reasons["regex"]).toContain('the pattern "web(-1" does not compile at character 4: Missing close parenthesis');
  expect(reasons["backwards"]).toMatch(/^the pattern .* does not compile at character 8: /);
  const [row] = await warehouse.rows("SELECT length(broken_rules) AS broken, rules FROM tracking_evaluations FINAL");
  expect(row).toEqual({ broken: "5", rules: 1 });
  expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "good" });
});

test("however many rows are no rules, the others are evaluated", async () => {
  await showResources(warehouse, [aResource({ segment: "web-1" })]);
  await bringRules(warehouse, [aRule({ id: "1", match: web })]);
  await warehouse.run(
    "INSERT INTO tracking_rules (id, match) SELECT concat('broken ', number), '{}' FROM numbers(12000)",
  );
  const { assigned, brokenRules } = await evaluateTracking(warehouse);
  expect([assigned, brokenRules.length]).toEqual([1, 12_000]);
  const rows = await warehouse.rows("SELECT length(broken_rules) AS kept, rules FROM tracking_evaluations FINAL");
  expect(rows).toEqual([{ kept: "100", rules: 1 }]);
});

test("resources without a rule get the last segment of their ids in upper case where that is the fallback", async () => {
  const targetsOf = async () =>
    warehouse.rows("SELECT rule_id, targets FROM resource_tracking ORDER BY rule_id DESC, resource_id");
  await showResources(warehouse, [aResource({ segment: "web-1" }), aResource({ segment: "straße.1" })]);
  await bringRules(warehouse, [aRule({ id: "1", match: web })], "last_segment");
  await evaluateTracking(warehouse);
  expect(await targetsOf()).toEqual([
    { rule_id: "1", targets: { owner: "1" } },
    { rule_id: "", targets: { resource_tracking: "STRASSE.1" } },
  ]);
  await bringRules(warehouse, [], "none");
  expect(await trackResources(warehouse)).toMatchObject({ kind: "whole" });
  expect(await targetsOf()).toEqual([
    { rule_id: "1", targets: { owner: "1" } },
    { rule_id: "", targets: {} },
  ]);
});

test("a trial of some resources is seen in no view, and leaves nothing behind", async () => {
  const [one, other] = [aResource({ segment: "web-1" }), aResource({ segment: "web-2" })];
  await showResources(warehouse, [one, other]);
  await bringRules(warehouse, [aRule({ id: "1", match: web })]);
  await evaluateTracking(warehouse);
  const before = await listAssignments(warehouse);
  const ruleSet = {
    rules: [aRule({ id: "7", match: shop }), aRule({ id: "8", match: web })],
    fallback: "none",
  } as const;
  const trial = await tryRules(warehouse, ruleSet, { resourceIds: [one.id] });
  expect(trial).toMatchObject({ resources: 1, assigned: 1, conflicts: 1 });
  expect(await listAssignments(warehouse)).toEqual(before);
  expect(await rowsOf(trial.evaluationId)).toBeGreaterThan(0);
  await trial.discard();
  expect(await rowsOf(trial.evaluationId)).toBe(0);
  expect(await listAssignments(warehouse)).toEqual(before);
});

test("a prune drops old evaluations, and never the one that counts", async () => {
  await showResources(warehouse, [aResource({ segment: "web-1" })]);
  await bringRules(warehouse, [aRule({ id: "1", match: web })]);
  const first = await evaluateTracking(warehouse);
  await evaluateTracking(warehouse);
  const killed = mortalWarehouse(warehouse, { statement: 9, moment: "before" });
  await evaluateTracking(killed).catch(() => undefined);
  const before = await listAssignments(warehouse);

  expect(await dropEvaluations(warehouse)).toEqual({ evaluations: 0, works: 0, rows: 0, bytes: 0 });
  expect(await dropEvaluations(warehouse, { now: new Date(Date.now() + 2 * day) })).toMatchObject({ evaluations: 1 });
  const inAWeek = new Date(Date.now() + 8 * day);
  const said = await dropEvaluations(warehouse, { now: inAWeek, dryRun: true });
  expect(said).toMatchObject({ evaluations: 1, works: 0, rows: await rowsOf(first.evaluationId) });
  expect(said.rows).toBeGreaterThan(0);
  expect(said.bytes).toBeGreaterThan(0);
  expect(await dropEvaluations(warehouse, { now: inAWeek })).toEqual(said);
  expect(await rowsOf(first.evaluationId)).toBe(0);
  expect(await dropEvaluations(warehouse, { now: inAWeek })).toMatchObject({ evaluations: 0, rows: 0 });
  expect(await listAssignments(warehouse)).toEqual(before);
  expect(await countRows("tracking_subjects")).toBe(0);
  expect(await countRows("tracking_matches")).toBe(0);
});

test("a prune makes works forget which loads they saw, but for the last one", async () => {
  await showResources(warehouse, [aResource({ segment: "web-1" })]);
  await bringRules(warehouse, [aRule({ id: "1", match: web })]);
  await evaluateTracking(warehouse);
  for (const segment of ["web-2", "web-3"]) {
    await showResources(warehouse, [aResource({ segment })]);
    await extendTracking(warehouse);
  }
  const before = await listAssignments(warehouse);
  const seen = () =>
    warehouse.rows("SELECT kind, length(load_ids) AS loads FROM tracking_evaluations FINAL ORDER BY started_at");
  await dropEvaluations(warehouse);
  expect(await seen()).toMatchObject([{ loads: "1" }, { loads: "2" }, { loads: "3" }]);
  await dropEvaluations(warehouse, { now: new Date(Date.now() + 2 * day) });
  expect(await seen()).toMatchObject([{ kind: "whole" }, { kind: "extension", loads: "0" }, { loads: "3" }]);
  expect(await extendTracking(warehouse)).toMatchObject({ kind: "none" });
  expect(await listAssignments(warehouse)).toEqual(before);
});

/** How many rows an evaluation has, in all tables that know of evaluations but the one that lists them. */
async function rowsOf(evaluationId: string): Promise<number> {
  const tables = ["tracking_assignments", "tracking_atoms", "tracking_terms", "tracking_evaluation_rules"];
  const counts = await Promise.all(tables.map((table) => countRows(table, `evaluation_id = '${evaluationId}'`)));
  const staged = await countRows("tracking_subjects", `work_id = '${evaluationId}'`);
  return counts.reduce((sum, count) => sum + count, staged);
}

async function countRows(table: string, condition = "true"): Promise<number> {
  const rows = await warehouse.rows(`SELECT count() AS rows FROM ${table} WHERE ${condition}`);
  return z.tuple([z.object({ rows: z.coerce.number() })]).parse(rows)[0].rows;
}
