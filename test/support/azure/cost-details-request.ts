import { z } from "zod";
import { refusal } from "./answers.ts";
import type { SimulatedAnswer, SimulatedRequest } from "./server.ts";

/** A report as it was asked for. */
export type AskedReport = {
  readonly scope: string;
  readonly metric: "ActualCost" | "AmortizedCost";
  /** What was asked for, one of the three; the open month where there is none. */
  readonly period: AskedPeriod | null;
  readonly operation: string;
};

type AskedPeriod =
  | { readonly start: string; readonly end: string }
  | { readonly invoiceId: string }
  | { readonly billingPeriod: string };

/** Versions of the Cost Details API (Microsoft Learn). */
const API_VERSIONS = ["2022-05-01", "2022-10-01", "2023-03-01", "2023-08-01", "2023-11-01", "2024-08-01", "2025-03-01"];
const MONTHS_KEPT = 13;
const ACTION = /\/providers\/Microsoft\.CostManagement\/generateCostDetailsReport$/i;
const PARTS = "billingProfiles|customers|departments|enrollmentAccounts|invoiceSections";
/** Billing scopes and subscriptions; neither management groups nor resource groups. */
const SCOPES = [
  /^\/subscriptions\/[^/]+$/i,
  /^\/providers\/Microsoft\.Billing\/(departments|enrollmentAccounts)\/[^/]+$/i,
  new RegExp(`^/providers/Microsoft\\.Billing/billingAccounts/[^/]+(/(${PARTS})/[^/]+){0,2}$`, "i"),
];

const Day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T[\d:.]+Z?)?$/)
  .transform((day) => day.slice(0, 10));
const Body = z.object({
  metric: z.enum(["ActualCost", "AmortizedCost"]).default("ActualCost"),
  timePeriod: z.object({ start: Day, end: Day }).optional(),
  invoiceId: z.string().min(1).optional(),
  billingPeriod: z
    .string()
    .regex(/^\d{6}$/)
    .optional(),
});

/** What is asked for, or what Azure says where it is asked wrongly. */
export function readReportRequest(
  { path, query, body }: SimulatedRequest,
  now: Date,
): Omit<AskedReport, "operation"> | SimulatedAnswer {
  const scope = path.replace(ACTION, "");
  const versionless = versionProblem(query);
  if (versionless !== null) return versionless;
  if (!SCOPES.some((pattern) => pattern.test(scope))) return refusal(400, "BadRequest", "The scope is not supported.");
  const parsed = parseBody(body);
  if (parsed === null) return refusal(400, "BadRequest", "Invalid request body.");
  const { metric, timePeriod, invoiceId, billingPeriod } = parsed;
  const periods: AskedPeriod[] = [];
  if (timePeriod !== undefined) periods.push(timePeriod);
  if (invoiceId !== undefined) periods.push({ invoiceId });
  if (billingPeriod !== undefined) periods.push({ billingPeriod });
  const [period = null, another] = periods;
  if (another !== undefined) {
    return refusal(400, "BadRequest", "Only one of timePeriod, invoiceId or billingPeriod can be given.");
  }
  const wrong = periodProblem(period, scope, now);
  return wrong === null ? { scope, metric, period } : refusal(400, "BadRequest", wrong);
}

/** What Azure says to a request without a version, or with one that it does not know; null where all is well. */
export function versionProblem(query: URLSearchParams): SimulatedAnswer | null {
  const version = query.get("api-version");
  if (version !== null && API_VERSIONS.includes(version)) return null;
  return version === null
    ? refusal(400, "MissingApiVersionParameter", "The api-version query parameter is required for all requests.")
    : refusal(400, "InvalidResourceType", `The api-version '${version}' is not supported.`);
}

function parseBody(body: string): z.infer<typeof Body> | null {
  try {
    return Body.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}

/** At most one month, at most 13 months back; invoices of billing profiles and customers. */
function periodProblem(period: AskedPeriod | null, scope: string, now: Date): string | null {
  if (period === null) return null;
  if ("invoiceId" in period) {
    const hasInvoices = /\/(billingProfiles|customers)\/[^/]+$/i.test(scope);
    return hasInvoices ? null : "invoiceId can only be used at billing profile or customer scope.";
  }
  const { start, end } =
    "start" in period ? period : { start: period.billingPeriod.replace(/^(\d{4})/, "$1-").concat("-01"), end: "" };
  const oldest = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - MONTHS_KEPT, 1))
    .toISOString()
    .slice(0, 10);
  if (start < oldest) return `Start date must be after ${oldest}. The data is only available for the last 13 months.`;
  if (end === "") return null;
  if (start > end) return "The start date must be before the end date.";
  const [year = 0, month = 1, day = 1] = start.split("-").map(Number);
  const monthLater = new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
  return end >= monthLater ? "The maximum allowed date range is 1 months." : null;
}
