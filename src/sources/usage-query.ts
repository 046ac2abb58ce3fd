import { InvalidRequestError } from "../domain/errors.ts";
import type { Extraction } from "../domain/extraction.ts";
import { parseBillingPeriod } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";

/** What is asked of the Consumption API: a metric and the days of one month. */
export type UsageQuery = { readonly dataset: Extraction["dataset"]; readonly days: DayRange };

const API_VERSION = "2024-08-01";
const METRICS = { actual: "actualcost", amortized: "amortizedcost", usage: "usage" } as const;
const PART_PATH = /^(actual|amortized|usage)\/(\d{8}-\d{8})$/;

/** Where a scope's usage details are asked for, below the management API; a page has no more than `top` items. */
export function usageUrlOf(scope: string, { dataset, days }: UsageQuery, top: number): string {
  const parameters = {
    "api-version": API_VERSION,
    metric: METRICS[dataset],
    $filter: `properties/usageStart ge '${days.first}' and properties/usageEnd le '${days.last}'`,
    $expand: "properties/meterDetails,properties/additionalInfo",
    $top: String(top),
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${scope}/providers/Microsoft.Consumption/usageDetails?${query.join("&")}`;
}

/** What a part is called: enough to ask for it, such as `actual/20260501-20260531`. */
export function usagePathOf({ dataset, days }: UsageQuery): string {
  return `${dataset}/${days.first}-${days.last}`.replaceAll(/(\d{4})-(\d{2})-(\d{2})/g, "$1$2$3");
}

/** Reads what `usagePathOf` wrote; throws InvalidRequestError on anything else. */
export function parseUsagePath(path: string): UsageQuery {
  const [, dataset, days] = PART_PATH.exec(path) ?? [];
  if (days === undefined || (dataset !== "actual" && dataset !== "amortized" && dataset !== "usage")) {
    throw new InvalidRequestError(`${path}: is no part of usage details: import its month again`);
  }
  return { dataset, days: parseBillingPeriod(days) };
}
