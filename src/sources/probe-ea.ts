import type { Day } from "../domain/month.ts";
import type { EaSource } from "../domain/source.ts";
import { createEaClient } from "./ea-client.ts";
import { eaRestOf, eaUrlOf } from "./ea-url.ts";
import type { Finding, Probe } from "./probe-source.ts";
import { requireData } from "./require-data.ts";

/** Whether the key of an enrolment is accepted. */
export async function probeEa(source: EaSource, { environment, signal, longestWaitSeconds }: Probe): Promise<Finding> {
  const client = createEaClient(source, environment, { longestWaitSeconds });
  const answer = await client.ask({ method: "GET", url: leastUrlOf(source), signal });
  const place = `${source.url}, enrolment ${source.enrollment}`;
  requireData(answer, place);
  const message = `${place}: the key in ${source.credential.env} is accepted`;
  return { message, warning: null, statusCode: answer.status };
}

/** The least that each family answers: its list of periods or of reports, or this month's first page. */
function leastUrlOf(source: EaSource): string {
  const today = new Date().toISOString().slice(0, 10) as Day;
  switch (source.api) {
    case "v2":
    case "v3":
      return `${source.url}/v2/enrollments/${source.enrollment}/billingperiods`;
    case "usage-report":
      return `${eaRestOf(source)}/usage-reports`;
    case "usage-report-v3":
      return eaUrlOf(source, { first: today, last: today });
  }
}
