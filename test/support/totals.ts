import Big from "big.js";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listLiveRuns } from "../../clickhouse/known-runs.ts";
import type { LiveRun } from "../../clickhouse/known-runs.ts";
import { publishSeries } from "../../clickhouse/publish-series.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";

/** What a view adds up to; plain text without surplus zeros, "0" where nothing is visible. */
export type Totals = { readonly actual: string; readonly amortized: string };

/** The views that show money: each must always say the same. */
export const COST_VIEWS = [
  "costs",
  "costs_daily",
  "costs_monthly",
  "costs_by_location",
  "costs_by_resource_month",
  "costs_summary",
  "costs_by_resource",
] as const;

const Row = z.object({ actual: z.string().nullable(), amortized: z.string().nullable() });

/** Sums up one view, in the engine; `condition` narrows it, in SQL. */
export async function totalsOf(warehouse: Warehouse, view = "costs", condition = "1"): Promise<Totals> {
  const rows = await warehouse.rows(
    `SELECT sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM ${view} WHERE ${condition}`,
  );
  const { actual, amortized } = Row.parse(rows[0]);
  return { actual: plain(actual), amortized: plain(amortized) };
}

/** Sums up every view that shows money; throws when two of them disagree. */
export async function agreedTotals(warehouse: Warehouse, moment?: string): Promise<Totals> {
  const views = COST_VIEWS.map((view) => (moment === undefined ? view : `${view}_as_of(moment = '${moment}')`));
  const totals = await Promise.all(views.map((view) => totalsOf(warehouse, view)));
  const [first, ...others] = totals;
  if (first === undefined || others.some((other) => JSON.stringify(other) !== JSON.stringify(first))) {
    throw new Error(`The views disagree: ${JSON.stringify(totals)}`);
  }
  return first;
}

/** The live runs of a source, all of its series. */
export async function liveRunsOf(warehouse: Warehouse, source: string): Promise<LiveRun[]> {
  return listLiveRuns(warehouse, { source, export: "", dataset: "", month: "" });
}

/** Takes a run back, as the command does. */
export async function withdrawRun(warehouse: Warehouse, source: string, runId: string): Promise<void> {
  const { priority } = (await listSources(warehouse, {})).find(({ name }) => name === source) ?? SOURCE_DEFAULTS;
  for (const run of await liveRunsOf(warehouse, source)) {
    if (run.runId === runId) await publishSeries(warehouse, run, { kind: "withdraw", run }, priority);
  }
}

/** The moment of the newest row of `publications`, as the as-of views take it. */
export async function lastMoment(warehouse: Warehouse): Promise<string> {
  const rows = await warehouse.rows("SELECT toString(max(published_at)) AS moment FROM publications");
  return z.object({ moment: z.string() }).parse(rows[0]).moment;
}

function plain(amount: string | null): string {
  return new Big(amount ?? "0").toFixed();
}
