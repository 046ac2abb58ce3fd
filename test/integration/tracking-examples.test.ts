import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { shortRule, TRACKING_OPERATORS } from "../../src/domain/tracking-rule.ts";
import type { TrackingRule } from "../../src/domain/tracking-rule.ts";
import {
  aResource,
  aRule,
  bringRules,
  listAssignments,
  rulesBySegment,
  showResources,
  SUBSCRIPTION,
} from "../support/tracking.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => engine.close());

/** A warehouse in which rules were evaluated over resources. */
async function evaluated(
  resources: Parameters<typeof showResources>[1],
  rules: readonly TrackingRule[],
): Promise<Warehouse> {
  const warehouse = await engine.database();
  await showResources(warehouse, resources);
  await bringRules(warehouse, rules);
  await evaluateTracking(warehouse);
  return warehouse;
}

describe("the worked examples of resource tracking", () => {
  test("a rule on the node pool's name in the last segment beats one on the group at the same priority", async () => {
    const scaleSet = aResource({ segment: "aks-batch-12345678-vmss", group: "mc_rg-shop_shop_westeurope" });
    const warehouse = await evaluated(
      [scaleSet],
      [shortRule("7", "rg-shop", { priority: 5 }), shortRule("8", "aks-batch", { priority: 5 })],
    );
    expect(await listAssignments(warehouse)).toMatchObject([
      { rule: "8", field: "last_segment", text: "aks-batch", candidates: 2 },
    ]);
  });

  test("id 125 on the resource group beats id 133 on the subscription, and on the last segment", async () => {
    const warehouse = await evaluated(
      [aResource({ segment: "one" }), aResource({ segment: "two-batch" })],
      [shortRule("133", SUBSCRIPTION.slice(0, 8)), shortRule("125", "rg-shop"), shortRule("134", "batch")],
    );
    expect(await rulesBySegment(warehouse)).toEqual({ one: "125", "two-batch": "125" });
  });

  test("id 125 on the resource group beats id 133 on the last segment", async () => {
    const warehouse = await evaluated(
      [aResource({ segment: "two-batch" })],
      [shortRule("133", "batch"), shortRule("125", "rg-shop")],
    );
    expect(await listAssignments(warehouse)).toMatchObject([
      { rule: "125", field: "resource_group", text: "rg-shop", candidates: 2 },
    ]);
  });

  test("upper or lower case of the id makes no difference", async () => {
    const names = ["VM-Web-1", "vm-web-2", "Vm-WEB-3"];
    const warehouse = await evaluated(
      names.map((segment) => aResource({ segment, group: segment.toUpperCase() })),
      [
        shortRule("1", "vM-wEb-1"),
        aRule({ id: "2", match: { field: "resource_id", operator: "suffix", value: "/VIRTUALMACHINES/VM-WEB-2" } }),
        aRule({ id: "3", match: { field: "resource_group", operator: "equals", value: "vm-web-3" } }),
      ],
    );
    expect(await rulesBySegment(warehouse)).toEqual({ "VM-Web-1": "1", "vm-web-2": "2", "Vm-WEB-3": "3" });
  });

  test("rg-prod does not match the group rg-production under equals, and does under contains", async () => {
    const resources = ["rg-prod", "rg-production", "my-rg-prod"].map((group) => aResource({ segment: group, group }));
    const warehouse = await evaluated(resources, []);
    const found = new Map<string, readonly string[]>();
    for (const operator of TRACKING_OPERATORS) {
      const match = { field: "resource_group", operator, value: "RG-prod" } as const;
      await bringRules(warehouse, [aRule({ id: "1", match })]);
      await evaluateTracking(warehouse);
      const rules = await rulesBySegment(warehouse);
      found.set(
        operator,
        Object.keys(rules).filter((name) => rules[name] === "1"),
      );
    }
    expect(Object.fromEntries(found)).toEqual({
      equals: ["rg-prod"],
      contains: ["my-rg-prod", "rg-prod", "rg-production"],
      prefix: ["rg-prod", "rg-production"],
      suffix: ["my-rg-prod", "rg-prod"],
      wildcard: ["rg-prod"],
      regex: ["my-rg-prod", "rg-prod", "rg-production"],
    });
  });
});

describe("the order in which rules win", () => {
  test("ids that are numbers come before texts, and by their value", async () => {
    const byRegion = (id: string) =>
      aRule({ id, match: { field: "region", operator: "equals", value: "westeurope" }, priority: 1 });
    const ids = ["a", "10", "9", "B", "0009", "123456789012345678901234567890", "123456789012345678901234567889"];
    const warehouse = await evaluated([aResource()], ids.map(byRegion));
    expect(await warehouse.rows("SELECT candidates.rule_id AS ids, winner, reason FROM tracking_conflicts")).toEqual([
      {
        ids: ["0009", "9", "10", "123456789012345678901234567889", "123456789012345678901234567890", "B", "a"],
        winner: "0009",
        reason: "id",
      },
    ]);
  });

  test("of short rules the smaller number wins, however many digits it has", async () => {
    const ids = ["20261122045001", "4000000000", "999999999", "1000000000"];
    const warehouse = await evaluated(
      [aResource()],
      [shortRule("5", "nobody"), ...ids.map((id) => shortRule(id, "shop"))],
    );
    expect(await warehouse.rows("SELECT candidates.rule_id AS ids FROM tracking_conflicts")).toEqual([
      { ids: ["999999999", "1000000000", "4000000000", "20261122045001"] },
    ]);
  });
});
