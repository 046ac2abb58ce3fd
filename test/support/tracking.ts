import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveRules } from "../../clickhouse/tracking-rules.ts";
import type { TrackingFallback, TrackingRule } from "../../src/domain/tracking-rule.ts";

/** What the warehouse knows of a resource. */
export type TestResource = {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly subscription: string;
  readonly subscriptionName: string;
  readonly type: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly meterCategories: readonly string[];
  readonly costCenters: readonly string[];
};

/** A row of the view resource_tracking, as far as tests look at it. */
export type Assignment = {
  readonly resource: string;
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  readonly field: string;
  readonly text: string;
  readonly candidates: number;
};

export const SUBSCRIPTION = "1caaa5a3-2b66-438e-8ab4-bce37d518c5d";
/** What stands for no bound. */
export const FIRST_DAY = "1970-01-01";
export const LAST_DAY = "2149-06-06";

/** A virtual machine in `rg-shop`, or whatever is said. */
export function aResource({
  segment = "vm-shop-01",
  ...rest
}: Partial<TestResource> & { readonly segment?: string } = {}): TestResource {
  const { group = "rg-shop", subscription = SUBSCRIPTION } = rest;
  return {
    id: `/subscriptions/${subscription}/resourcegroups/${group}/providers/microsoft.compute/virtualmachines/${segment}`,
    name: segment,
    group,
    subscription,
    subscriptionName: "Contoso Production",
    type: "Microsoft.Compute/virtualMachines",
    region: "WestEurope",
    tags: {},
    meterCategories: ["Virtual Machines"],
    costCenters: [],
    ...rest,
  };
}

/** A rule that says nothing special. */
export function aRule(rule: Pick<TrackingRule, "id" | "match"> & Partial<TrackingRule>): TrackingRule {
  return {
    priority: 100,
    name: rule.id,
    targets: { owner: rule.id },
    validFrom: null,
    validTo: null,
    enabled: true,
    ...rule,
  };
}

/** Makes a load with these resources visible, beside those that are, or instead of them. Gives its id. */
export async function showResources(
  warehouse: Warehouse,
  resources: readonly TestResource[],
  { isInstead = false, lastDate = "2026-05-31" }: { readonly isInstead?: boolean; readonly lastDate?: string } = {},
): Promise<string> {
  const loadId = randomUUID();
  const load = { billing_month: "2026-05-01", load_id: loadId, first_date: "2026-05-01", last_date: lastDate };
  await warehouse.insert(
    "resource_slices",
    resources.map((resource) => ({
      ...load,
      resource_id: resource.id,
      resource_name: resource.name,
      resource_group: resource.group,
      resource_type: resource.type,
      resource_location: resource.region,
      subscription_id: resource.subscription,
      tags: resource.tags,
      meter_categories: resource.meterCategories,
      cost_centers: resource.costCenters,
    })),
  );
  await warehouse.insert(
    "subscription_slices",
    resources.map((resource) => ({
      ...load,
      billing_account_id: "1234",
      subscription_id: resource.subscription,
      subscription_name: resource.subscriptionName,
    })),
  );
  const { load_ids } = await visibleLoads(warehouse);
  await showLoads(warehouse, isInstead ? [loadId] : [...load_ids, loadId]);
  return loadId;
}

/** Makes these loads visible, and no others. */
export async function showLoads(warehouse: Warehouse, loadIds: readonly string[]): Promise<void> {
  const { seen } = await visibleLoads(warehouse);
  const row = { seen: seen + 1, moment: "2026-06-01T00:00:00Z", silent_actual: [], silent_amortized: [] };
  await warehouse.insert("visible_loads", [{ ...row, load_ids: loadIds }]);
}

/** Writes rules beside those that there are. */
export async function bringRules(
  warehouse: Warehouse,
  rules: readonly TrackingRule[],
  fallback?: TrackingFallback,
): Promise<void> {
  await saveRules(warehouse, { saved: rules, removed: [], fallback }, "a test");
}

/** What the view resource_tracking shows, by resource and day. */
export async function listAssignments(warehouse: Warehouse): Promise<Assignment[]> {
  const rows = await warehouse.rows(`
    SELECT resource_id AS resource, valid_from AS "from", valid_to AS "to", rule_id AS rule, matched_field AS field, matched_text AS text, candidates
    FROM resource_tracking ORDER BY resource_id, valid_from`);
  return z.array(AssignmentRow).parse(rows);
}

/** The rule of each resource that has one row, by the last segment of its id. */
export async function rulesBySegment(warehouse: Warehouse): Promise<Record<string, string>> {
  const rules: Record<string, string> = {};
  for (const { resource, rule } of await listAssignments(warehouse)) rules[resource.split("/").at(-1) ?? ""] = rule;
  return rules;
}

const AssignmentRow = z.object({
  resource: z.string(),
  from: z.string(),
  to: z.string(),
  rule: z.string(),
  field: z.string(),
  text: z.string(),
  candidates: z.number(),
});

const VisibleLoads = z.tuple([z.object({ seen: z.coerce.number(), load_ids: z.array(z.string()) })]);

async function visibleLoads(warehouse: Warehouse): Promise<z.infer<typeof VisibleLoads>[0]> {
  const rows = await warehouse.rows(
    "SELECT max(seen) AS seen, argMax(load_ids, v.seen) AS load_ids FROM visible_loads AS v",
  );
  return VisibleLoads.parse(rows)[0];
}
