import { z } from "zod";
import { AZURE_CLOUDS } from "../src/domain/azure-cloud.ts";
import { wrongScope } from "../src/domain/azure-scope.ts";
import type { ScopedApi } from "../src/domain/azure-scope.ts";
import type { Extraction } from "../src/domain/extraction.ts";
import { EA_APIS, EXTRACTION_DEFAULTS, MONTH_UNITS } from "../src/domain/source.ts";

// What is wrong with an address is said without the value: somebody may have put a key or password there.
const addressForm = {
  error: "expected an address like https://gateway.example.com, without a slash, query or password",
};
const cloudForm = { error: `expected ${AZURE_CLOUDS.join(", ")}` };
const enterpriseForm = {
  error: "expected public or china: other clouds have no EA reporting API; another address is given as url",
};
const enrollmentForm = { error: 'expected the number of the enrolment as text, such as "12345678"' };
const apiForm = { error: `expected ${EA_APIS.join(", ")}` };
const currencyForm = { error: "expected the code of a currency, such as CNY" };
const factorForm = { error: 'expected a decimal number above 0 as text, such as "1.06"' };
const byForm = { error: `expected ${MONTH_UNITS.join(" or ")}` };

/** Which of Azure's clouds. */
export const Cloud = z.enum(AZURE_CLOUDS, cloudForm).describe("Which of Azure's clouds");

/** Another address than the cloud's own. */
export const Address = z.string(addressForm).refine(isAddress, addressForm);

/** A cloud that has the EA reporting API. */
export const EnterpriseCloud = z.enum(["public", "china"], enterpriseForm).describe("Whose `url` is asked");

/** The number of an EA enrolment; some have letters. */
export const Enrollment = z
  .string(enrollmentForm)
  .regex(/^[A-Za-z0-9_-]{1,40}$/, enrollmentForm)
  .describe("Number of the enrolment");

/** Which form of the EA reporting API. */
export const EaApi = z.enum(EA_APIS, apiForm).describe("Which form of the EA reporting API");

/** The currency of an enrolment's costs. */
export const Currency = z
  .string(currencyForm)
  .regex(/^[A-Z]{3}$/, currencyForm)
  .describe("Currency of the costs, which this API does not tell; null where nobody says it");

/** What costs are multiplied by; text, so that no digit is lost. */
export const TaxFactor = z
  .string(factorForm)
  .regex(/^\d{1,6}(?:\.\d{1,12})?$/, factorForm)
  .refine((text) => /[1-9]/.test(text), factorForm)
  .describe('What costs are multiplied by for a column of their own, such as `"1.06"`; null for none');

/** How a month is asked for. */
export const By = z.enum(MONTH_UNITS, byForm).describe("How a month is asked for; periods are of EA");

/** What an API is asked about. */
export function scopeOf(api: ScopedApi) {
  return z
    .string({ error: "expected a scope like /subscriptions/<id>" })
    .superRefine((scope, context) => {
      const message = wrongScope(scope, api);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .describe("What is asked about, such as `/providers/Microsoft.Billing/billingAccounts/1234567`");
}

/** For what, how far back and how often an API is asked; without `usual` for all that it knows. */
export function extractionOf<Dataset extends Extraction["dataset"]>(knows: {
  readonly datasets: readonly Dataset[];
  readonly usual?: readonly NoInfer<Dataset>[];
  readonly monthsBack: number;
  readonly refreshHours: number;
}) {
  const limit = knows.datasets.length === 1 ? "and nothing else: this API knows no others" : "each at most once";
  const datasetsForm = { error: `expected a list of ${knows.datasets.join(", ")}, ${limit}` };
  const monthsForm = { error: `expected a number of months from 0 to ${knows.monthsBack}` };
  const hoursForm = { error: `expected a number of hours from 1 to ${MOST_HOURS}` };
  return {
    datasets: z
      .array(z.enum(knows.datasets, datasetsForm), datasetsForm)
      .min(1, datasetsForm)
      .refine((datasets) => new Set(datasets).size === datasets.length, datasetsForm)
      .refine((datasets) => !["actual", "usage"].every((name) => datasets.some((dataset) => dataset === name)), {
        error: "expected either actual or usage: both answer for the same days, and usage lacks purchases",
      })
      .default([...(knows.usual ?? knows.datasets)])
      .describe("Which figures are asked for"),
    monthsBack: z
      .int(monthsForm)
      .min(0, monthsForm)
      .max(knows.monthsBack, monthsForm)
      .default(EXTRACTION_DEFAULTS.monthsBack)
      .describe("How many months before the present one are asked for without a billing period"),
    refreshHours: z
      .int(hoursForm)
      .min(1, hoursForm)
      .max(MOST_HOURS, hoursForm)
      .default(knows.refreshHours)
      .describe("After how many hours a month whose figures may still change is asked for again"),
  };
}

/** A year: less often nothing is asked for again. */
const MOST_HOURS = 8784;

/** Keys and tokens are sent there, so it is https; plain http stays on this machine. */
function isAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || text.endsWith("/") || /[?#@\s]/.test(text)) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
}
