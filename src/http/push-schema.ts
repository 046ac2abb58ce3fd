import { z } from "zod";
import { isMonth } from "../domain/month.ts";
import { DATASETS } from "../domain/run.ts";
import type { PushedRun } from "./dependencies.ts";

const MOST_OF_A_NAME = 200;
const segment = (what: string) =>
  z
    .string({ error: `expected ${what}` })
    .regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]+$/u, { error: `expected ${what} without / and \\` })
    .max(MOST_OF_A_NAME, { error: `expected at most ${MOST_OF_A_NAME} characters` });
const rows = { error: "expected a number of rows" };

/** What is said of a file. */
export const PushQuery = z.strictObject({
  run_id: segment("the id of a run").describe(
    "Names what is sent: the same id is not taken twice for an export, dataset and month",
  ),
  billing_month: z
    .string({ error: "expected a month like 2026-05" })
    .refine(isMonth, { error: "expected a month like 2026-05" })
    .describe("Billing month, of which the file replaces all days"),
  dataset: z.enum(DATASETS, { error: `expected ${DATASETS.join(", ")}` }).describe("Which figures the file holds"),
  export_name: segment("the name of an export")
    .default("push")
    .describe("Export of the source that the file belongs to: a later run of it replaces an earlier one"),
  row_count: z.coerce
    .number(rows)
    .int(rows)
    .min(0, rows)
    .optional()
    .describe("Rows of the file, its header not counted: when they are not that many, nothing is published"),
  overwrite: z
    .enum(["true", "false"], { error: "expected true or false" })
    .default("false")
    .describe("Whether a run that is published is taken again"),
});

/** The file, for the documentation: what comes is no body to fastify. */
export const AnyFile = z.unknown().meta({ type: "string", format: "binary", description: "The file" });

const amount = (what: string) => z.string().describe(`${what}, as text with all digits`);

const Report = z.object({
  rowsLoaded: z.int().describe("Rows that were loaded"),
  rowsRejected: z.int().describe("Rows that were refused, which the source allows"),
  rowsMalformed: z
    .int()
    .describe("Loaded rows whose tags or additional info cannot be read as JSON; their text is kept"),
  totals: z
    .array(
      z.object({
        currency: z.string().describe("Billing currency"),
        actual: amount("Actual cost"),
        amortized: amount("Amortized cost"),
      }),
    )
    .describe("What the run adds up to, by currency"),
  rejects: z
    .array(
      z.object({
        currency: z.string().describe("Billing currency; empty where it cannot be read"),
        rows: z.int().describe("Rows that were refused"),
        rowsWithoutCost: z.int().describe("Those of them whose cost cannot be read"),
        total: amount("Cost of the others"),
      }),
    )
    .describe("Refused rows by currency"),
  publication: z
    .object({
      publicationId: z.string().describe("The publication, as in `/v1/publications`"),
      isCurrent: z.boolean().describe("Whether the run answers now; false where a later one does"),
      silences: z.int().describe("Subscription days of other exports for which it answers"),
      silenced: z.int().describe("Subscription days for which other exports answer"),
    })
    .describe("What became visible"),
});

/** What came of a file. */
export const Pushed = z.object({
  outcome: z.enum(["imported", "already imported"]).describe("Whether the file was taken, or was published before"),
  source: z.string().describe("Name of the source"),
  export: z.string().describe("Identity of the export"),
  exportName: z.string().describe("Name of the export"),
  dataset: z.enum(DATASETS).describe("Which figures the file holds"),
  month: z.string().describe("Billing month"),
  runId: z.string().describe("Run"),
  submittedAt: z.string().describe("When it was sent; later runs replace earlier ones"),
  report: Report.nullable().describe(
    "What came of it; null where it was published before: `/v1/runs/{runId}` says more",
  ),
});

/** What came of a file, as the answer says it. */
export function toPushed({ run, report }: PushedRun): z.infer<typeof Pushed> {
  const { source, export: id, exportName, dataset, month, runId, submittedAt } = run;
  return {
    outcome: report === null ? "already imported" : "imported",
    source,
    export: id,
    exportName,
    dataset,
    month,
    runId,
    submittedAt,
    report: report && {
      rowsLoaded: report.rowsLoaded,
      rowsRejected: report.rowsRejected,
      rowsMalformed: report.rowsMalformed ?? 0,
      totals: report.totals.map(({ billing_currency: currency, actual, amortized }) => ({
        currency,
        actual,
        amortized,
      })),
      rejects: report.rejects.map(({ billing_currency: currency, rows_without_cost: rowsWithoutCost, ...reject }) => ({
        currency,
        rowsWithoutCost,
        ...reject,
      })),
      publication: report.publication,
    },
  };
}
