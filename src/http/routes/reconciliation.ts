import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listMonthTotals } from "../../../clickhouse/reconcile-months.ts";
import type { MonthTotal } from "../../../clickhouse/reconcile-months.ts";
import { listReconciled } from "../../../clickhouse/reconcile.ts";
import type { Reconciled } from "../../../clickhouse/reconcile.ts";
import { groupBy } from "../../domain/group-by.ts";
import { DATASETS } from "../../domain/run.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { DayParameter, daysAsked, findSourceNames, MonthParameter, readerOf, SourcesParameter } from "../listing.ts";

const ReconciliationQuery = z.strictObject({
  source: SourcesParameter,
  month: MonthParameter,
  from: DayParameter.describe("Only months of which a run covers this day or a later one"),
  to: DayParameter.describe("Only months of which a run covers a day before this one"),
});

const amount = (what: string) =>
  z.string().nullable().describe(`${what}, as text with all digits; null where there is none`);

const Run = z.object({
  publicationId: z.string().describe("The publication that answers"),
  exportName: z.string().describe("Name of the export"),
  dataset: z.enum(DATASETS).describe("Which figures the files hold"),
  runId: z.string().describe("Run, as its manifest names it"),
  submittedAt: z.string().describe("When Azure was asked for the run"),
  manifestParts: z.int().describe("Files that the manifest and the listing name"),
  manifestRows: z.int().nullable().describe("Rows that the manifest announces; null where it says nothing"),
  manifestBytes: z.int().describe("Stored bytes that the manifest and the listing name"),
  bytes: z.int().describe("Stored bytes that the loads have read"),
  rowsLoaded: z.int().describe("Rows that the tables hold of the run"),
  rowsRejected: z.int().describe("Rows of the run that were refused"),
  rowsCarried: z.int().describe("Rows of earlier runs that complete the month"),
  rowDifference: z.int().describe("Rows that are missing, against the manifest or what the loads counted"),
  sums: z
    .array(
      z.object({
        metric: z.enum(["actual", "amortized"]).describe("Which cost"),
        currency: z.string().describe("Billing currency"),
        total: z.string().describe("Its sum over the run's own rows, as text with all digits"),
      }),
    )
    .describe("By metric and currency"),
  rejects: z
    .array(
      z.object({
        currency: z.string().describe("Billing currency; empty where it cannot be read"),
        rows: z.int().describe("Rows that were refused"),
        rowsWithoutCost: z.int().describe("Those of them whose cost cannot be read"),
        total: z.string().describe("Cost of the others, as text with all digits"),
      }),
    )
    .describe("Refused rows by currency"),
  differences: z.array(z.string()).describe("Everything that does not agree, in words; empty when all is well"),
});

const SourceMonth = z.object({
  source: z.string().describe("Name of the source"),
  month: z.string().describe("Billing month"),
  manifestRows: z.int().nullable().describe("Rows that the manifests announce; null where one of them says nothing"),
  manifestBytes: z.int().describe("Stored bytes that the manifests and listings name"),
  bytes: z.int().describe("Stored bytes that the loads have read"),
  rowsLoaded: z.int().describe("Rows that the tables hold of the runs that answer"),
  rowsRejected: z.int().describe("Rows of them that were refused"),
  rowDifference: z.int().describe("Rows that are missing"),
  totals: z
    .array(
      z.object({
        currency: z.string().describe("Billing currency"),
        actual: amount("Actual cost of the cost exports"),
        amortized: amount("Amortized cost of the cost exports"),
        focusBilled: amount("Billed cost of the FOCUS exports"),
        focusEffective: amount("Effective cost of the FOCUS exports"),
        actualDifference: amount("Actual less billed cost"),
        amortizedDifference: amount("Amortized less effective cost"),
      }),
    )
    .describe(
      "By currency: of all that answers of the source and month, those days included that another source answers",
    ),
  isReconciled: z.boolean().describe("Whether nothing is missing and every count agrees"),
  runs: z.array(Run).describe("The runs that answer"),
});

const Answer = z.object({
  data: z.array(SourceMonth),
  rows: z.int().describe("Items in this answer"),
  isReconciled: z.boolean().describe("Whether all of them are"),
});

/** Holds what answers against its manifests, and cost exports against FOCUS exports. */
export const addReconciliationRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/reconciliation",
      {
        schema: {
          querystring: ReconciliationQuery,
          response: { 200: Answer },
          tags: ["warehouse"],
          summary: "Rows, bytes and totals by source and month, against manifests and FOCUS exports",
        },
      },
      async (request, reply) => {
        const { source, ...asked } = request.query;
        const { first: first_day, last: last_day } = daysAsked(asked);
        const reader = readerOf(dependencies, reply);
        const filter = { sources: await findSourceNames(reader, source), first_day, last_day };
        const [runs, totals] = await Promise.all([
          listReconciled(reader, { ...filter, run_id: "", replaced: false }),
          listMonthTotals(reader, filter),
        ]);
        const totalsByMonth = groupBy(totals, keyOf);
        const data = [...groupBy(runs, keyOf)]
          .map(([key, together]) => sourceMonthOf(together, totalsByMonth.get(key) ?? []))
          .filter((one) => one !== undefined)
          .toSorted((a, b) => (a.source === b.source ? compare(a.month, b.month) : compare(a.source, b.source)));
        return { data, rows: data.length, isReconciled: data.every(({ isReconciled }) => isReconciled) };
      },
    );
  };

function sourceMonthOf(
  runs: readonly Reconciled[],
  totals: readonly MonthTotal[],
): z.infer<typeof SourceMonth> | undefined {
  const [first] = runs;
  if (first === undefined) return undefined;
  const { source, month } = first;
  const sum = (countOf: (run: Reconciled) => number) => runs.reduce((total, run) => total + countOf(run), 0);
  return {
    source,
    month,
    manifestRows: runs.some(({ declared }) => declared.rows === null)
      ? null
      : sum(({ declared }) => declared.rows ?? 0),
    manifestBytes: sum(({ declared }) => declared.bytes),
    bytes: sum(({ bytes }) => bytes),
    rowsLoaded: sum(({ rowsLoaded }) => rowsLoaded),
    rowsRejected: sum(({ rowsRejected }) => rowsRejected),
    rowDifference: sum(({ rowDifference }) => rowDifference),
    totals: [...totals],
    isReconciled: runs.every(({ differences }) => differences.length === 0),
    runs: runs.map(runOf),
  };
}

function runOf({ declared, sums, rejects, differences, ...run }: Reconciled): z.infer<typeof Run> {
  return {
    ...run,
    manifestParts: declared.parts,
    manifestRows: declared.rows,
    manifestBytes: declared.bytes,
    sums: [...sums],
    rejects: rejects.map(({ billing_currency: currency, rows, rows_without_cost: rowsWithoutCost, total }) => ({
      currency,
      rows,
      rowsWithoutCost,
      total,
    })),
    differences: [...differences],
  };
}

function keyOf({ source, month }: { readonly source: string; readonly month: string }): string {
  return `${source} ${month}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
