import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listConflictPairs, listConflicts } from "../../clickhouse/tracking-conflicts.ts";
import { listCoverage } from "../../clickhouse/tracking-coverage.ts";
import { dryRunRules } from "../../clickhouse/tracking-dry-run.ts";
import { evaluateTracking, extendTracking } from "../../clickhouse/tracking-evaluation.ts";
import { explainResource } from "../../clickhouse/tracking-explain.ts";
import { findTrackedResource } from "../../clickhouse/tracking-resources.ts";
import { saveRules } from "../../clickhouse/tracking-rules.ts";
import { testRules } from "../../clickhouse/tracking-test.ts";
import { listUnusedRules } from "../../clickhouse/tracking-unused.ts";
import { parseDay, parseMonth } from "../../src/domain/month.ts";
import { createScenes } from "../support/scene.ts";
import {
  ACTUAL,
  aRule,
  BASE,
  BATCH,
  bringResources,
  DATA,
  LAKE,
  linesOf,
  RULES,
  SHOP,
  sumOf,
  WEB,
  when,
} from "../support/tracking-scene.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const MAY = parseMonth("2026-05");
const DAY = parseDay("2026-05-20");

let engine: TestEngine;
let warehouse: Warehouse; // its rules and costs are never changed by a test
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
  const scene = await scenes.scene();
  warehouse = scene.warehouse;
  await bringResources(scene);
  await saveRules(warehouse, { saved: RULES, removed: [], fallback: undefined }, "test");
  await evaluateTracking(warehouse);
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

const isMay = ({ date }: { date?: string | undefined }) => date?.startsWith("2026-05") === true;

test("coverage holds the cost that has a rule against all of it, exactly, each metric and currency by itself", async () => {
  const lines = await listCoverage(warehouse, { month: MAY, by: "month" });
  const usd = (resource: string) =>
    sumOf(ACTUAL, (one) => isMay(one) && one.currency === "USD" && one.resource === resource);
  expect(lines).toEqual([
    {
      month: "2026-05",
      subscriptionId: null,
      subscriptionName: "",
      metric: "actual",
      currency: "EUR",
      cost: sumOf(ACTUAL, ({ currency }) => currency === "EUR"),
      assigned: sumOf(
        ACTUAL,
        ({ resource, date = "" }) => resource === BATCH || (resource === LAKE && date >= "2026-05-10"),
      ),
      unassigned: "4",
      withoutResource: "0",
      share: "99.03",
      resources: 2,
      assignedResources: 2,
    },
    {
      month: "2026-05",
      subscriptionId: null,
      subscriptionName: "",
      metric: "actual",
      currency: "USD",
      cost: sumOf(ACTUAL, (one) => isMay(one) && one.currency === "USD"),
      assigned: usd(WEB),
      unassigned: "107.78",
      withoutResource: usd(""),
      share: "15.98",
      resources: 2,
      assignedResources: 1,
    },
    {
      month: "2026-05",
      subscriptionId: null,
      subscriptionName: "",
      metric: "amortized",
      currency: "USD",
      cost: "1",
      assigned: "0.9",
      unassigned: "0.1",
      withoutResource: "0",
      share: "90",
      resources: 2,
      assignedResources: 1,
    },
  ]);
});

test("coverage has a line for each month and subscription, where they are asked for", async () => {
  const both = await listCoverage(warehouse, { by: "both" });
  expect(both.map((line) => [line.month, line.subscriptionName, line.metric, line.currency, line.assigned])).toEqual([
    ["2026-04", "Shop", "actual", "USD", "0.5"],
    ["2026-05", "Data", "actual", "EUR", "8.5"],
    ["2026-05", "Data", "actual", "USD", "0"],
    ["2026-05", "Data", "amortized", "USD", "0"],
    ["2026-05", "Shop", "actual", "EUR", "400.1249999999999999999999999999"],
    ["2026-05", "Shop", "actual", "USD", "20.5000000000000000000000000001"],
    ["2026-05", "Shop", "amortized", "USD", "0.9"],
  ]);
  const bySubscription = await listCoverage(warehouse, { by: "subscription" });
  expect(bySubscription.map((line) => [line.month, line.subscriptionId, line.currency, line.resources])).toEqual([
    [null, DATA, "EUR", 1],
    [null, DATA, "USD", 1],
    [null, DATA, "USD", 1],
    [null, SHOP, "EUR", 1],
    [null, SHOP, "USD", 1],
    [null, SHOP, "USD", 1],
  ]);
});

test("a conflict names the run, every candidate, the winner, why it won, and what the resource cost in the month", async () => {
  const conflicts = await listConflicts(warehouse, { limit: 10 });
  expect(conflicts.map(({ resourceId, winner, reason }) => [resourceId, winner, reason])).toEqual([
    [BATCH, "7", "id"],
    [WEB, "web", "priority"],
    [LAKE, "lake", "priority"],
  ]);
  expect(conflicts[2]).toMatchObject({
    validFrom: "2026-05-10",
    validTo: null,
    costs: [{ metric: "actual", currency: "EUR", cost: "8.5" }], // of the days of the conflict only
  });
  expect(conflicts[1]).toMatchObject({
    subscriptionId: SHOP,
    validFrom: null,
    validTo: null,
    candidateCount: 2,
    month: "2026-05",
    source: "contoso",
    candidates: [
      { ruleId: "web", priority: 10, field: "last_segment", operator: "prefix", text: "VM-Web" },
      { ruleId: "group", priority: 20, field: "resource_group", operator: "equals", text: "RG-Web" },
    ],
    costs: [
      { metric: "actual", currency: "USD", cost: sumOf(ACTUAL, (one) => isMay(one) && one.resource === WEB) },
      { metric: "amortized", currency: "USD", cost: "0.9" },
    ],
  });
  expect(conflicts[0]?.candidates.map(({ ruleId }) => ruleId)).toEqual(["7", "8", "6"]);
});

test("a conflict that stays as it is names the newest run and month that readers see", async () => {
  const scene = await scenes.scene();
  await bringResources(scene);
  const { warehouse: own } = scene;
  await saveRules(own, { saved: RULES, removed: [], fallback: undefined }, "test");
  await evaluateTracking(own);
  const [before] = await listConflicts(own, { limit: 1, resourceId: WEB });
  const june = [{ resource: WEB, date: "2026-06-02", cost: "77.7", currency: "USD" }];
  const spender = await scene.supplier("contoso");
  await spender.bring({ dataset: "actual", month: "2026-06", lines: linesOf(june, "2026-06") });
  expect(await extendTracking(own)).toMatchObject({ kind: "none" });
  const [after] = await listConflicts(own, { limit: 1, resourceId: WEB });
  expect(after).toMatchObject({ month: "2026-06", costs: [{ metric: "actual", currency: "USD", cost: "77.7" }] });
  expect(after?.runId).not.toBe(before?.runId);
  const pairs = await listConflictPairs(own, { ruleId: "web", limit: 10 });
  expect(pairs).toMatchObject([{ winner: "web", loser: "group", metric: "actual", currency: "USD", cost: "77.7" }]);
});

test("conflicts can be asked for by month, rule and resource, and page by page", async () => {
  const april = parseMonth("2026-04");
  const inApril = await listConflicts(warehouse, { month: april, limit: 10 });
  expect(inApril.map(({ resourceId, costs }) => [resourceId, costs])).toEqual([
    [WEB, [{ metric: "actual", currency: "USD", cost: "0.5" }]],
  ]);
  const [first] = await listConflicts(warehouse, { limit: 1 });
  expect(first?.resourceId).toBe(BATCH);
  const behind = await listConflicts(warehouse, { limit: 1, after: { resourceId: BATCH, validFrom: null } });
  expect(behind.map(({ resourceId }) => resourceId)).toEqual([WEB]);
  expect(await listConflicts(warehouse, { limit: 9, ruleId: "group" })).toEqual(behind);
  expect(await listConflicts(warehouse, { limit: 1, resourceId: BASE })).toEqual([]);
});

test("pairs of rules are summed up, the dearest of each metric and currency first", async () => {
  const pairs = await listConflictPairs(warehouse, { limit: 10 });
  const batch = sumOf(ACTUAL, ({ resource }) => resource === BATCH);
  const web = sumOf(ACTUAL, (one) => isMay(one) && one.resource === WEB);
  expect(pairs.map((pair) => [pair.winner, pair.loser, pair.metric, pair.currency, pair.cost, pair.resources])).toEqual(
    [
      ["7", "6", "actual", "EUR", batch, 1],
      ["7", "8", "actual", "EUR", batch, 1],
      ["lake", "sea", "actual", "EUR", "8.5", 1],
      ["web", "group", "actual", "USD", web, 1],
      ["web", "group", "amortized", "USD", "0.9", 1],
    ],
  );
  expect(await listConflictPairs(warehouse, { limit: 10, ruleId: "6" })).toEqual([pairs[0]]);
  expect((await listConflictPairs(warehouse, { limit: 1 })).length).toBe(3);
  expect(
    (await listConflictPairs(warehouse, { limit: 9, month: parseMonth("2026-04") })).map(({ cost }) => cost),
  ).toEqual(["0.5"]);
});

test("rules that match nothing and rules that never win are told apart, with those that beat them", async () => {
  const unused = [
    { ruleId: "900", name: "nothing-like-it", priority: 900, use: "never matches", resources: 0, beatenBy: [] },
    beaten("group", 20, "web"),
    beaten("6", 50, "7"),
    beaten("8", 50, "7"),
  ];
  expect(await listUnusedRules(warehouse, { day: DAY })).toEqual([...unused, beaten("sea", 200, "lake")]);
  // `sea` does not hold yet, and neither does `lake`, which wins later.
  expect(await listUnusedRules(warehouse, { day: parseDay("2026-05-09") })).toEqual(unused);
});

/** A rule that matches one resource, at which another one wins. */
function beaten(ruleId: string, priority: number, winner: string) {
  const beatenBy = [{ ruleId: winner, resources: 1 }];
  return { ruleId, name: ruleId, priority, use: "never wins", resources: 1, beatenBy };
}

test("a resource is found by its id or its last segment, in any case", async () => {
  expect(await findTrackedResource(warehouse, WEB.toUpperCase())).toBe(WEB);
  expect(await findTrackedResource(warehouse, "VM-WEB-1")).toBe(WEB);
  await expect(findTrackedResource(warehouse, "web-1")).rejects.toThrow(
    /"web-1": no published run has such a resource/,
  );
});

test("explain says of each rule why it did or did not win", async () => {
  const explained = await explainResource(warehouse, { resourceId: BATCH, day: DAY });
  expect(explained).toMatchObject({ winner: "7", isEvaluated: true });
  expect(explained.rules.map(({ ruleId, outcome, reason }) => [ruleId, outcome, reason])).toEqual([
    ["web", "did not match", 'does not hold: last_segment prefix "VM-Web"'],
    ["group", "did not match", 'does not hold: resource_group equals "RG-Web"'],
    [
      "6",
      "lost by field",
      'resource_group prefix "mc_"; 7 matches last_segment, which is more specific than resource_group',
    ],
    ["7", "won", 'last_segment wildcard "aks-*-vmss"'],
    ["8", "lost by id", 'last_segment contains "batch"; 7 is the smaller id'],
    ["lake", "did not match", 'does not hold: resource_group contains "rg-prod"'],
    ["off", "disabled", "is disabled"],
    ["sea", "did not match", 'does not hold: last_segment equals "lake"'],
    [
      "900",
      "did not match",
      expect.stringMatching(/^does not hold: last_segment contains "nothing-like-it", /) as string,
    ],
  ]);
  expect(explained.fields).toContainEqual({ field: "resource_group", values: ["mc_shop_prod_westeurope"] });
  expect(explained.fields).toContainEqual({ field: "tag:env", values: ["prod"] });
});

test("explain tells the rules of a day, and when another one holds", async () => {
  const on = (day: string) => explainResource(warehouse, { resourceId: LAKE, day: parseDay(day) });
  const before = await on("2026-05-09");
  expect(before.winner).toBe(null);
  expect(before.rules.find(({ ruleId }) => ruleId === "lake")).toMatchObject({
    outcome: "not valid",
    reason: "holds from 2026-05-10",
  });
  const after = await on("2026-05-10");
  expect(after.winner).toBe("lake");
  expect(after.assignments.map(({ validFrom, validTo, ruleId }) => [validFrom, validTo, ruleId])).toEqual([
    [null, "2026-05-10", ""],
    ["2026-05-10", null, "lake"],
  ]);
});

test("a rule set is tested on resources without changing what readers see", async () => {
  const rule = aRule("x", { match: when("last_segment", "suffix", "-1"), targets: { owner: "x" } });
  const tested = await testRules(warehouse, {
    ruleSet: { rules: [rule], fallback: "last_segment" },
    resourceIds: [BASE, LAKE],
    day: DAY,
  });
  expect(
    tested.map(({ resourceId, ruleId, targets, matchedField }) => [resourceId, ruleId, targets, matchedField]),
  ).toEqual([
    [BASE, "x", { owner: "x" }, "last_segment"],
    [LAKE, "", { resource_tracking: "LAKE" }, ""],
  ]);
  expect((await explainResource(warehouse, { resourceId: BASE, day: DAY })).isEvaluated).toBe(true);
});

test("a dry run shows what would change in resources and money, by target value, and changes nothing", async () => {
  const rules = [
    ...RULES.filter(({ id }) => id !== "web" && id !== "7"),
    aRule("db", { match: when("resource_group", "equals", "rg-data"), targets: { owner: "data" } }),
    aRule("7", { priority: 50, match: when("last_segment", "wildcard", "aks-*-vmss"), targets: { owner: "night" } }),
  ];
  const coverageBefore = await listCoverage(warehouse, { by: "both" });
  const found = await dryRunRules(warehouse, { ruleSet: { rules, fallback: "none" }, day: DAY, limit: 10 });
  const web = sumOf(ACTUAL, (one) => isMay(one) && one.resource === WEB);
  const batch = sumOf(ACTUAL, ({ resource }) => resource === BATCH);
  expect(found).toMatchObject({ month: "2026-05", resources: 4, assigned: 4, changed: 3 });
  expect(found.coverage).toMatchObject([
    { metric: "actual", currency: "EUR", before: "408.6249999999999999999999999999", difference: "0" },
    { metric: "actual", currency: "USD", before: web, difference: "7.77", resourcesBefore: 1, resourcesAfter: 2 },
    { metric: "amortized", currency: "USD", cost: "1", before: "0.9", after: "1", difference: "0.1" },
  ]);
  expect(
    found.targets.map(({ target, value, metric, currency, before, after }) =>
      [target, value, metric, currency, before, after].join(" "),
    ),
  ).toEqual([
    `owner batch actual EUR ${batch} 0`,
    `owner night actual EUR 0 ${batch}`,
    `env prod actual USD ${web} 0`,
    `owner group actual USD 0 ${web}`,
    `owner web actual USD ${web} 0`,
    `owner data actual USD 0 7.77`,
    `env prod amortized USD 0.9 0`,
    `owner group amortized USD 0 0.9`,
    `owner web amortized USD 0.9 0`,
    `owner data amortized USD 0 0.1`,
  ]);
  expect(found.rules.map(({ ruleId, currency, difference }) => [ruleId, currency, difference])).toEqual([
    ["group", "USD", web],
    ["web", "USD", `-${web}`],
    ["db", "USD", "7.77"],
    ["group", "USD", "0.9"],
    ["web", "USD", "-0.9"],
    ["db", "USD", "0.1"],
  ]);
  expect(found.changes).toEqual([
    {
      resourceId: BATCH,
      before: { ruleId: "7", targets: { owner: "batch" } },
      after: { ruleId: "7", targets: { owner: "night" } },
      costs: [{ metric: "actual", currency: "EUR", cost: batch }],
    },
    {
      resourceId: WEB,
      before: { ruleId: "web", targets: { env: "prod", owner: "web" } },
      after: { ruleId: "group", targets: { owner: "group" } },
      costs: [
        { metric: "actual", currency: "USD", cost: web },
        { metric: "amortized", currency: "USD", cost: "0.9" },
      ],
    },
    {
      resourceId: BASE,
      before: { ruleId: "", targets: {} },
      after: { ruleId: "db", targets: { owner: "data" } },
      costs: [
        { metric: "actual", currency: "USD", cost: "7.77" },
        { metric: "amortized", currency: "USD", cost: "0.1" },
      ],
    },
  ]);
  expect(await listCoverage(warehouse, { by: "both" })).toEqual(coverageBefore);
});

test("a dry run of the rules that there are changes nothing", async () => {
  const found = await dryRunRules(warehouse, { ruleSet: { rules: RULES, fallback: "none" }, day: DAY, limit: 10 });
  expect(found).toMatchObject({ changed: 0, targets: [], rules: [], changes: [] });
});

test("a dry run of a fallback gives the resources without a rule a target, and still no rule", async () => {
  const found = await dryRunRules(warehouse, {
    ruleSet: { rules: RULES, fallback: "last_segment" },
    day: DAY,
    limit: 1,
  });
  expect(found.changed).toBe(2); // LAKE has a rule from the 10th of May on
  expect(found.rules).toEqual([]);
  expect(found.coverage.map(({ difference }) => difference)).toEqual(["0", "0", "0"]);
  expect(found.targets.map(({ target, value, before, after }) => [target, value, before, after])).toEqual([
    ["resource_tracking", "LAKE", "0", "4"],
    ["resource_tracking", "DB-1", "0", "7.77"],
    ["resource_tracking", "DB-1", "0", "0.1"],
  ]);
  expect(found.changes.map(({ resourceId, before, after }) => [resourceId, before, after])).toEqual([
    [LAKE, { ruleId: "lake", targets: { owner: "lake" } }, { ruleId: "lake", targets: { owner: "lake" } }],
  ]);
});
