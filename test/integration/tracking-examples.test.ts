import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { shortRule } from "../../src/domain/tracking-rule.ts";
import type { TrackingRule } from "../../src/domain/tracking-rule.ts";
import {
  aResource,
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
});
