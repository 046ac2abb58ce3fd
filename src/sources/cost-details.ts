import { AZURE_ENDPOINTS } from "../domain/azure-cloud.ts";
import { ApiError, ApiRefusalError, OverwrittenError } from "../domain/errors.ts";
import type { Extraction } from "../domain/extraction.ts";
import { metricOf } from "../domain/extraction.ts";
import type { CostDetailsSource } from "../domain/source.ts";
import { askedAtOf } from "./asked-at.ts";
import type { AzureAnswer, AzureClient } from "./azure-client.ts";
import { API_VERSION, nameOfOperation, operationAt, operationIdOf, operationOf } from "./cost-details-operation.ts";
import type { ManagementHosts } from "./cost-details-operation.ts";
import { blobsOf, parseReport, reasonOf, unreadableReport } from "./cost-details-report.ts";
import type { Report, ReportBlob } from "./cost-details-report.ts";
import { createManagementClient } from "./management-client.ts";
import type { ManagementOptions } from "./management-client.ts";
import { secondsToWait } from "./retry-after.ts";

/** Where reports are asked for, and how. */
export type CostDetailsPlace = Pick<CostDetailsSource, "scope" | "by"> &
  ManagementHosts & { readonly client: AzureClient };

/** How far a report is. None of it is secret: links to the blobs are asked for when they are opened. */
export type ReportState =
  /** `operation` is where to look: path and query, to be put behind the management API's url. */
  | { readonly kind: "pending"; readonly operation: string; readonly waitSeconds: number }
  | { readonly kind: "no data" }
  | { readonly kind: "ready"; readonly operation: string; readonly byteCounts: readonly (number | null)[] };

/** Where a source's reports are asked for, and how. */
export function costDetailsPlace(
  source: CostDetailsSource,
  environment: NodeJS.ProcessEnv,
  options?: ManagementOptions,
): CostDetailsPlace {
  const { scope, by, cloud } = source;
  const { client, management } = createManagementClient(source, environment, options);
  return { client, management, cloudManagement: AZURE_ENDPOINTS[cloud].management, scope, by };
}

const METRICS = { actual: "ActualCost", amortized: "AmortizedCost" } as const;
/** Reports take minutes; Azure says how long to wait, and this is for when it does not. */
const WAIT_SECONDS = 30;

/**
 * Asks for a report of a month's costs: at most one month, at most 13 months back (Microsoft Learn, "Generate Cost
 * Details Report - Create Operation").
 */
export async function requestReport(
  place: CostDetailsPlace,
  extraction: Extraction,
  signal?: AbortSignal,
): Promise<{ readonly askedAt: string; readonly state: ReportState }> {
  const { client, management, scope } = place;
  const path = `${scope}/providers/Microsoft.CostManagement/generateCostDetailsReport`;
  const body = { metric: METRICS[metricOf(extraction)], ...periodOf(place, extraction) };
  const url = `${management}${path}?api-version=${API_VERSION}`;
  const answer = await client.ask({ method: "POST", url, body, signal });
  return { askedAt: askedAtOf(answer.headers), state: stateOf(answer, place, null) };
}

/**
 * Looks how far a report is. Throws ApiRefusalError when Azure could not make it, and OverwrittenError when it does not
 * know of it any more.
 */
export async function pollReport(
  place: CostDetailsPlace,
  operation: string,
  signal?: AbortSignal,
): Promise<ReportState> {
  return stateOf(await askOperation(place, operation, signal), place, operation);
}

/**
 * The blobs of a finished report, with links that are good for about an hour. Throws OverwrittenError when the report is
 * not there any more.
 */
export async function listReportBlobs(
  place: CostDetailsPlace,
  operation: string,
  signal?: AbortSignal,
): Promise<ReportBlob[]> {
  const answer = await askOperation(place, operation, signal);
  const name = nameOfOperation(operation);
  const report = answer.status === 200 ? parseReport(answer.text, name) : undefined;
  if (report === undefined || statusOf(report) !== "completed") throw goneReport(operation);
  const blobs = blobsOf(report, name);
  for (const { link } of blobs) requireSafeLink(link, place, operation);
  return blobs;
}

/** That a report is not there any more: a new one has to be asked for. */
export function goneReport(operation: string): OverwrittenError {
  return new OverwrittenError(
    `${nameOfOperation(operation)}: the report is not there any more: import again, and a new one is asked for`,
  );
}

/** What of the month is asked for: Azure takes one of these only. */
function periodOf({ by }: CostDetailsPlace, { invoice, month, days }: Extraction): object {
  if (invoice !== undefined) return { invoiceId: invoice };
  if (by === "billing-period") return { billingPeriod: month.replace("-", "") };
  return { timePeriod: { start: days.first, end: days.last } };
}

/** Asks where an operation is; once more where the answer breaks off in the middle. */
async function askOperation(
  { client, management }: CostDetailsPlace,
  operation: string,
  signal: AbortSignal | undefined,
): Promise<AzureAnswer> {
  const ask = () => client.ask({ method: "GET", url: `${management}${operation}`, signal });
  try {
    const answer = await ask();
    return answer.status === 200 && !isJson(answer.text) ? await ask() : answer;
  } catch (error) {
    // It was there: whatever is wrong with asking for it, a new one can be asked for, and that says what is wrong.
    throw error instanceof ApiRefusalError
      ? new OverwrittenError(`${error.message}; import again, and a new report is asked for`, { cause: error })
      : error;
  }
}

function stateOf(answer: AzureAnswer, place: CostDetailsPlace, operation: string | null): ReportState {
  if (answer.status === 204) return { kind: "no data" };
  const { location } = answer.headers;
  const next = location === undefined ? operation : operationAt(location, place);
  const waitSeconds = secondsToWait(answer.headers, Date.now()) ?? WAIT_SECONDS;
  if (answer.status === 202) {
    if (next === null) throw new ApiError(`${place.scope}: the report was accepted without a place to look: try again`);
    return { kind: "pending", operation: next, waitSeconds };
  }
  const report = parseReport(answer.text, operation === null ? place.scope : nameOfOperation(operation));
  const where = operation ?? next ?? operationNamedBy(report, place);
  switch (statusOf(report)) {
    case "nodatafound":
      return { kind: "no data" };
    case "completed":
      return readyState(report, where);
    case "failed":
    case "canceled":
    case "cancelled":
    case "timedout":
      throw new ApiRefusalError(
        `${place.scope}: Azure could not make the report${reasonOf(report)}: ask for a shorter period, or try again later`,
      );
    case "":
      throw unreadableReport(place.scope, "has no status");
    default:
      return { kind: "pending", operation: where, waitSeconds };
  }
}

/** A report without a blob has no rows either. */
function readyState(report: Report, operation: string): ReportState {
  const byteCounts = blobsOf(report, nameOfOperation(operation)).map(({ byteCount }) => byteCount);
  return byteCounts.length === 0 ? { kind: "no data" } : { kind: "ready", operation, byteCounts };
}

/** Where a report is that was answered at once: its own `id` is another path in Microsoft's examples. */
function operationNamedBy({ id, name }: Report, { scope }: CostDetailsPlace): string {
  const known = name ?? operationIdOf(id ?? "");
  if (known === "") throw unreadableReport(scope, "has neither a name nor an id");
  return operationOf(scope, known);
}

/** A link is as good as a password: it is not sent over a connection that the token was not sent over either. */
function requireSafeLink(link: string, { management }: CostDetailsPlace, operation: string): void {
  const { protocol } = new URL(link);
  if (protocol === "https:" || protocol === new URL(management).protocol) return;
  throw unreadableReport(nameOfOperation(operation), `has a link of ${protocol} instead of https:`);
}

function statusOf({ status }: Report): string {
  return (status ?? "").toLowerCase();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
