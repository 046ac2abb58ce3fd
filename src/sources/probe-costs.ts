import type { CostDetailsSource, UsageDetailsSource } from "../domain/source.ts";
import { describeBearer } from "./describe-bearer.ts";
import { createManagementClient } from "./management-client.ts";
import type { Finding, Probe } from "./probe-source.ts";
import { requireData } from "./require-data.ts";

/** The sum of this month's costs: what is least to ask, and still nobody answers it to whom the costs are not shown. */
const SUM = {
  type: "ActualCost",
  timeframe: "MonthToDate",
  dataset: { granularity: "None", aggregation: { total: { name: "Cost", function: "Sum" } } },
};

/** Departments and accounts as they were written earlier: reports and usage details know them, queries do not. */
const EARLIER = /^\/providers\/Microsoft\.Billing\/(?:departments|enrollmentAccounts)\//i;

/**
 * Whether the identity of a source may read the costs of its scope. A report is never asked for: there are 50 a day. The
 * Query API, of which a sum takes one of 600 units an hour, needs the same roles as the Cost Details API (Microsoft
 * Learn, "Understand and work with scopes": one row for both), and says, too, where charges are hidden from a role.
 */
export async function probeCosts(source: CostDetailsSource | UsageDetailsSource, probe: Probe): Promise<Finding> {
  const { environment, signal, longestWaitSeconds, tell } = probe;
  const { client, management, signIn } = createManagementClient(source, environment, { longestWaitSeconds });
  const bearer = describeBearer(await signIn.authorize());
  const place = `${management}${source.scope}`;
  tell(`${place}: ${bearer}`);
  const provider = `${place}/providers/Microsoft`;
  const answer =
    source.kind === "cost-details" && !EARLIER.test(source.scope)
      ? await client.ask({
          method: "POST",
          url: `${provider}.CostManagement/query?api-version=2025-03-01`,
          body: SUM,
          signal,
        })
      : await client.ask({
          method: "GET",
          url: `${provider}.Consumption/usageDetails?api-version=2024-08-01&$top=1`,
          signal,
        });
  requireData(answer, place);
  return { message: `${place}: ${bearer}, may read costs`, warning: null, statusCode: answer.status };
}
