import type { RenderedRun, RunOptions } from "./exports.ts";

/** A column of each kind that a file can get wrong; the last one is text. */
export const HEADER =
  "Date,CostInBillingCurrency,Quantity,BillingCurrencyCode,BillingPeriodEndDate,IsAzureCreditEligible,Tags";
/** A row with nothing wrong; text may be added to its last field. */
export const GOOD = "05/01/2026,1.5,1,USD,05/31/2026,True,";
/** How messages end. */
export const AGAIN = "Nothing was published. Deliver the run again.";
/** What is said of a number, and of a day, that cannot be read. */
export const NUMBER = "is not a number of at most 46 digits before and 30 after the point";
/** See NUMBER. */
export const DAY = "is not a day from 2010 to 2099, such as 2026-05-31 or 05/31/2026";

/** A CSV file of these lines, each with its end. */
export function rows(...lines: readonly string[]): string {
  return [HEADER, ...lines, ""].join("\n");
}

/** What a run has that follows another one of the same export. */
export function later(run: RenderedRun): Pick<RunOptions, "exportName" | "submittedAt" | "gzip"> {
  const { exportName, submittedAt } = run.delivery;
  const [day = "", time = ""] = submittedAt.split("T");
  const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  return { exportName, submittedAt: `${next}T${time}` };
}
