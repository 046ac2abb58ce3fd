import { listCoverage } from "../../clickhouse/tracking-coverage.ts";
import type { CoverageLine } from "../../clickhouse/tracking-coverage.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import type { Month } from "../domain/month.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { formatCount } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";
import { readTrackingState, tellTrackingState } from "./tracking-state.ts";

/** Of which month, and with a line for each of what. */
export type CoverageOptions = {
  readonly month?: Month;
  readonly by: "month" | "subscription" | "both";
  readonly json: boolean;
};

const MONTH: Column<CoverageLine> = { title: "month", value: ({ month }) => month ?? "" };
const SUBSCRIPTION: readonly Column<CoverageLine>[] = [
  { title: "subscription", value: ({ subscriptionId }) => (subscriptionId === "" ? "(none)" : (subscriptionId ?? "")) },
  { title: "name", value: ({ subscriptionName }) => subscriptionName },
];
const FIGURES: readonly Column<CoverageLine>[] = [
  { title: "metric", value: ({ metric }) => metric },
  { title: "currency", value: ({ currency }) => currency },
  { title: "cost", value: ({ cost }) => cost },
  { title: "with a rule", value: ({ assigned }) => assigned },
  { title: "%", value: ({ share }) => share ?? "", align: "right" },
  { title: "without a rule", value: ({ unassigned }) => unassigned },
  { title: "of no resource", value: ({ withoutResource }) => withoutResource },
  { title: "resources", value: ({ resources }) => formatCount(resources), align: "right" },
  { title: "those with a rule", value: ({ assignedResources }) => formatCount(assignedResources), align: "right" },
];

const DEAREST = `The dearest resources without a rule:
  billhouse query "SELECT resource_id, billing_currency, sum(cost_in_billing_currency) AS cost FROM costs_by_tracking
    WHERE rule_id = '' AND resource_id != '' GROUP BY ALL ORDER BY billing_currency, cost DESC LIMIT 20 BY billing_currency"`;

/** Shows how much of the cost, and how many of the resources, have a rule. */
export const coverage: Command<CoverageOptions> = (context, { month, by, json }) =>
  readWarehouse(context, async (warehouse) => {
    const evaluation = await readTrackingState(warehouse);
    const lines = await listCoverage(warehouse, { month, by });
    if (json) context.print(JSON.stringify({ evaluation, lines }, null, 2));
    else printCoverage(context, lines, { month, by });
    tellTrackingState(context, evaluation);
    return EXIT.done;
  });

function printCoverage(
  { print }: Context,
  lines: readonly CoverageLine[],
  { month, by }: { readonly month: Month | undefined; readonly by: CoverageOptions["by"] },
): void {
  if (lines.length === 0) {
    return print(`Nothing is published${month === undefined ? "" : ` of ${month}`}. \`billhouse import\` publishes.`);
  }
  const names = [...(by === "subscription" ? [] : [MONTH]), ...(by === "month" ? [] : SUBSCRIPTION)];
  print(`${formatTable([...names, ...FIGURES], lines)}\n`);
  print(DEAREST);
}
