import { monthOf } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";
import type { EaSource } from "../domain/source.ts";

/**
 * Where the first page of a month is (Microsoft Learn, "Reporting APIs for Enterprise customers - Usage Details"; the
 * rest family is described in the help of the EA portals).
 */
export function eaUrlOf(source: EaSource, days: DayRange): string {
  const { url, enrollment, api, by } = source;
  const month = monthOf(days.first);
  switch (api) {
    case "usage-report":
      return `${eaRestOf(source)}/usage-report?month=${month}&type=detail&fmt=Json`;
    case "usage-report-v3":
      return `${eaRestOf(source)}/usage-report/paginatedV3?month=${month}&pageindex=0&fmt=json`;
    case "v2":
    case "v3":
      return by === "month"
        ? `${url}/${api}/enrollments/${enrollment}/usagedetailsbycustomdate?startTime=${days.first}&endTime=${days.last}`
        : `${url}/${api}/enrollments/${enrollment}/billingPeriods/${month.replace("-", "")}/usagedetails`;
  }
}

/** Where the rest family is; the url of a source may already end in its `/rest`. */
export function eaRestOf({ url, enrollment }: Pick<EaSource, "url" | "enrollment">): string {
  return `${url.replace(/\/rest$/, "")}/rest/${enrollment}`;
}
