import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking, extendTracking, trackResources, tryRules } from "../../clickhouse/tracking-evaluation.ts";
import { dropEvaluations } from "../../clickhouse/tracking-retention.ts";
import { removeRule } from "../../clickhouse/tracking-rules.ts";
import type { Condition } from "../../src/domain/tracking-rule.ts";
import { mortalWarehouse } from "../support/mortal-warehouse.ts";
import { aResource, aRule, bringRules, listAssignments, rulesBySegment, showResources } from "../support/tracking.ts";
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

  test("nothing is done where there never were rules", async () => {
    await showResources(warehouse, [aResource()]);
    expect(await trackResources(warehouse)).toMatchObject({ kind: "none", evaluationId: "" });
    expect(await warehouse.rows("SELECT * FROM tracking_evaluations")).toEqual([]);
  });
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
  expect(Object.fromEntries(brokenRules.map(({ id, reason }) => [id, reason]))).toEqual({
    json: "match: expected a condition (field, operator, value), or one of all, any, not",
    empty: "match.all: expected a list of conditions that is not empty",
    targets: "targets: expected names and texts, such as owner: platform",
    regex: expect.stringContaining('the pattern "web(-1" does not compile at character 4: Missing close parenthesis'),
    backwards: expect.stringMatching(/the pattern .* does not compile.*/i),
  });
  const [row] = await warehouse.rows("SELECT length(broken_rules) AS broken, rules FROM tracking_evaluations FINAL");
  expect(row).toEqual({ broken: "5", rules: 1 });
  expect(await rulesBySegment(warehouse)).toEqual({ "web-1": "good" });
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

  expect(await dropEvaluations(warehouse)).toBe(0);
  expect(await dropEvaluations(warehouse, { now: new Date(Date.now() + 2 * day) })).toBe(1);
  const inAWeek = new Date(Date.now() + 8 * day);
  expect(await dropEvaluations(warehouse, { now: inAWeek, dryRun: true })).toBe(1);
  expect(await rowsOf(first.evaluationId)).toBeGreaterThan(0);
  expect(await dropEvaluations(warehouse, { now: inAWeek })).toBe(1);
  expect(await rowsOf(first.evaluationId)).toBe(0);
  expect(await dropEvaluations(warehouse, { now: inAWeek })).toBe(0);
  expect(await listAssignments(warehouse)).toEqual(before);
  expect(await countRows("tracking_subjects")).toBe(0);
  expect(await countRows("tracking_matches")).toBe(0);
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
