import { randomUUID } from "node:crypto";
import Big from "big.js";
import { LosslessNumber } from "lossless-json";
import { expect, vi } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { addMonths, parseMonth } from "../../src/domain/month.ts";
import type { ApiSource } from "../../src/domain/source.ts";
import { apiSource } from "./api-source.ts";
import { startAzureSimulator } from "./azure/simulator.ts";
import type { AzureSimulator } from "./azure/simulator.ts";
import { legacyItem, modernItem } from "./azure/usage-details.ts";
import { aRun } from "./exports.ts";

/** The month that sources are asked for: every API has it. */
export const LAST_MONTH = addMonths(parseMonth(new Date().toISOString().slice(0, 7)), -1);

/** What a month costs, to the last digit: one row each. */
export const COSTS = ["0.0000496065685939103754949709", "-12345.0000000000000000000000001", "5.64902E-05", "7", "0.1"];

/** The exact sum of some costs. */
export function exactTotal(costs: readonly string[]): string {
  return costs.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed();
}

/** A source of a test's own, and an API of its own that it asks; many of them share a warehouse. */
export type ApiStage = {
  readonly azure: AzureSimulator;
  readonly source: ApiSource;
  /** Each its own: none silences another. */
  readonly subscriptionId: string;
  /** Lets the API have a month, one row for each of the costs; what it had before is gone. */
  readonly put: (costs: readonly string[], options?: MonthOptions) => void;
  /** The sum of what is published of the source; empty where there is nothing. */
  readonly sum: () => Promise<string>;
  /** How many loads were begun for the source. */
  readonly loads: () => Promise<number>;
  /** Ends the API; a token must not have been sent where it does not belong. */
  readonly close: () => Promise<void>;
};

type MonthOptions = {
  /** The last month where nothing is said. */
  readonly month?: string;
  /** The day of one more row, which costs 1. */
  readonly strayDay?: string;
  /** Only of this invoice. */
  readonly invoiceId?: string;
};

/**
 * Adds a source to the warehouse, which asks for actual costs unless its settings say otherwise. Variables of the
 * simulator stay in the process's environment, where all of its stages have the same.
 */
export async function openApiStage(
  warehouse: Warehouse,
  kind: ApiSource["kind"] = "cost-details",
  settings: Partial<ApiSource> = {},
): Promise<ApiStage> {
  const azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
  const source = { ...apiSource(azure, `${kind}-${randomUUID()}`, kind), ...settings } as ApiSource;
  const subscriptionId = randomUUID();
  await saveSource(warehouse, source);
  return {
    azure,
    source,
    subscriptionId,
    put: (costs, options) => putMonth(azure, kind, subscriptionId, costs, options),
    async sum() {
      const rows = await warehouse.rows(
        "SELECT toString(sum(cost_in_billing_currency)) AS total FROM costs WHERE source = {name:String} HAVING count() > 0",
        { name: source.name },
      );
      const [row] = z.array(z.object({ total: z.string() })).parse(rows);
      return row === undefined ? "" : new Big(row.total).toFixed();
    },
    async loads() {
      const sql = "SELECT toUInt32(uniqExact(load_id)) AS loads FROM loads WHERE source = {name:String}";
      const [row] = z.array(z.object({ loads: z.number() })).parse(await warehouse.rows(sql, { name: source.name }));
      return row?.loads ?? 0;
    },
    async close() {
      await azure.stop();
      expect(azure.violations).toEqual([]);
    },
  };
}

function putMonth(
  azure: AzureSimulator,
  kind: ApiSource["kind"],
  subscriptionId: string,
  costs: readonly string[],
  { month = LAST_MONTH, strayDay, invoiceId }: MonthOptions = {},
): void {
  const rows = costs.map((cost) => ({ cost, date: `${month}-02` }));
  if (strayDay !== undefined) rows.push({ cost: "1", date: strayDay });
  switch (kind) {
    case "cost-details": {
      const { texts } = aRun({ dataset: "actual", month, lines: rows.map((row) => ({ ...row, subscriptionId })) });
      const invoice = invoiceId === undefined ? {} : { invoiceId };
      return azure.costDetails.setReport({ metric: "ActualCost", month, blobs: texts, ...invoice });
    }
    case "usage-details":
      azure.usageDetails.setPageSize(2);
      return azure.usageDetails.setItems({
        metric: "actualcost",
        month,
        items: rows.map((row, index) => usageItem(row, subscriptionId, index)),
      });
    case "ea":
      azure.ea.setPageSize(2);
      return azure.ea.setUsage({
        month,
        items: rows.map(({ cost, date }, index) => ({
          date: `${date}T00:00:00`,
          cost: new LosslessNumber(cost),
          consumedQuantity: index,
          subscriptionGuid: subscriptionId,
          instanceId: "",
        })),
      });
  }
}

/** An item of one kind or the other, in turn. */
function usageItem(row: { readonly cost: string; readonly date: string }, subscriptionId: string, index: number) {
  const cost = new LosslessNumber(row.cost);
  const fields = { date: `${row.date}T00:00:00.0000000Z`, quantity: index };
  return index % 2 === 0
    ? legacyItem({ ...fields, cost, billingCurrency: "USD", subscriptionId })
    : modernItem({
        ...fields,
        costInBillingCurrency: cost,
        billingCurrencyCode: "USD",
        subscriptionGuid: subscriptionId,
      });
}
