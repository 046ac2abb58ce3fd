import { z } from "zod";

/** A number with all its digits, as ClickHouse writes it. */
const amount = z.number();

const Customer = z.object({ id: z.string(), tenant_id: z.string(), name: z.string() });
const Subscription = z.object({
  id: z.string(),
  subscription_id: z.string(),
  name: z.string(),
  customer: Customer.nullable(),
});
const Resource = z.object({
  id: z.string(),
  resource_id: z.string(),
  resource_name: z.string(),
  name: z.string(),
  resource_group: z.string(),
  location: z.string(),
});
const Meter = z.object({
  id: z.string(),
  meter_id: z.string(),
  name: z.string(),
  category: z.string(),
  subcategory: z.string(),
  service_family: z.string(),
  unit: z.string(),
});
const Snapshot = z.object({
  id: z.string(),
  run_id: z.string(),
  report_date: z.string().describe("Last day that it has costs of"),
  file_name: z.string().describe("Its manifest, or its first file where it has none"),
  status: z.enum(["in_progress", "complete", "failed"]),
  created_at: z.string(),
  source: z.string(),
  note: z.string(),
});

/** What each list of `/api/` is made of. */
export const API_ITEMS = {
  customers: Customer,
  subscriptions: Subscription,
  resources: Resource,
  meters: Meter,
  snapshots: Snapshot,
} as const;

/** A line that carries an actual cost. */
export const CostEntry = z.object({
  id: z.string(),
  date: z.string(),
  subscription: Subscription.nullable(),
  resource: Resource.nullable(),
  meter: Meter.nullable(),
  snapshot: Snapshot,
  cost_in_usd: amount
    .nullable()
    .describe("Null where the file says nothing in USD and it is billed in another currency"),
  cost_in_billing_currency: amount,
  billing_currency: z.string(),
  quantity: amount.nullable(),
  unit_price: amount.nullable(),
  payg_price: amount.nullable(),
  pricing_model: z.string(),
  charge_type: z.string(),
  publisher_name: z.string(),
  cost_center: z.string(),
  tags: z.record(z.string(), z.string()),
});

const NotConvertible = z
  .array(z.object({ billing_currency: z.string(), amount }))
  .optional()
  .describe("What of it cannot be told in USD, where there is something");
const totals = {
  total_usd: amount.nullable(),
  total_billing: amount.nullable().describe("Null where there are several currencies: they are not added up"),
};

/** Costs by whatever was asked: the groups stand beside the totals. */
export const AggregateRow = z.looseObject({
  total_cost: amount.nullable(),
  ...totals,
  not_convertible: NotConvertible,
});

/** A summary; its rows have what they are grouped by beside the totals. */
export const Summary = z.object({
  date: z.string().nullable(),
  sources_queried: z.number().int(),
  sources_included: z.number().int(),
  sources_missing: z.array(z.object({ name: z.string(), reason: z.enum(["no snapshot", "no snapshot for date"]) })),
  data: z.array(z.looseObject({ ...totals, not_convertible: NotConvertible })),
  not_convertible: NotConvertible,
});

/** The resources of a group. */
export const ResourceTotals = z.object({
  resource_group: z.union([z.string(), z.array(z.string())]),
  date: z.string().nullable(),
  total_resources: z.number().int(),
  data: z.array(
    z.object({ resource_id: z.string(), resource_name: z.string(), ...totals, not_convertible: NotConvertible }),
  ),
  not_convertible: NotConvertible,
});

/**
 * What an answer of a route is like, for its documentation: the bytes come from ClickHouse, so nothing is checked by it.
 */
export function answerOf(schema: z.ZodType, status = 200): unknown {
  return { [status]: { description: "The answer", content: { "application/json": { schema } } } };
}

/** The answer to what was taken away. */
export const NO_CONTENT: unknown = { 204: z.null().describe("Done") };
