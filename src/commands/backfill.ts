import { listSources } from "../../clickhouse/sources.ts";
import { backfill as backfillMonths } from "../../workflows/backfill.ts";
import type { BackfillInput, BackfillReport, MonthResult } from "../../workflows/backfill.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { parseMonth } from "../domain/month.ts";
import type { Month } from "../domain/month.ts";
import { backfillId } from "../domain/workflow-names.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { countOf, formatDuration } from "./format.ts";
import { requireSource } from "./require-sources.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";
import { workInProcess } from "./work-in-process.ts";

/** Which months of a source to import. */
export type BackfillOptions = {
  readonly sourceName: string;
  readonly from: Month;
  readonly to?: Month;
  readonly overwrite: boolean;
  readonly json: boolean;
};

const COLUMNS: readonly Column<MonthResult>[] = [
  { title: "month", value: ({ month }) => month },
  { title: "imported", value: ({ imported }) => imported, align: "right" },
  { title: "skipped", value: ({ skipped }) => skipped, align: "right" },
  { title: "failed", value: ({ failed }) => failed, align: "right" },
];

/** Imports months of a source one after another, newest first: in Temporal where there is one, or here. */
export const backfill: Command<BackfillOptions> = (context, options) => {
  const { sourceName: source, from, to = parseMonth(new Date().toISOString().slice(0, 7)), overwrite } = options;
  if (to < from) throw new InvalidRequestError(`--from ${from} is after --to ${to}. Give the earlier month first.`);
  const input = { source, from, to, overwrite };
  return isTemporalSet(context.env)
    ? backfillInTemporal(context, options, input)
    : backfillHere(context, options, input);
};

function backfillHere(context: Context, options: BackfillOptions, input: BackfillInput): Promise<ExitCode> {
  return changeWarehouse(context, async (warehouse) => {
    requireSource(await listSources(warehouse, {}), input.source);
    const begin = performance.now();
    const done: MonthResult[] = [];
    const report = await workInProcess(
      context,
      warehouse,
      ({ importSource, gate }) =>
        backfillMonths(
          { importMonth: (_, each) => importSource(each), gate, onMonth: (month) => done.push(month) },
          input,
        ),
      () => done.map(({ month }) => month),
    );
    return report === undefined ? EXIT.failed : tellBackfill(context, options, report, performance.now() - begin);
  });
}

async function backfillInTemporal(context: Context, options: BackfillOptions, input: BackfillInput): Promise<ExitCode> {
  const { withTemporal } = await import("../temporal/connect.ts");
  const { runWorkflow } = await import("./run-workflow.ts");
  const { resultOf } = await import("./workflow-results.ts");
  return withTemporal(context.env, async (temporal) => {
    const workflowId = backfillId(input.source);
    const end = await runWorkflow(context, temporal, { workflowId, type: "backfill", input });
    if (end === undefined) return EXIT.failed;
    return tellBackfill(context, options, resultOf.backfill(end), end.milliseconds);
  });
}

/** Says what came of a backfill, on stdout. */
export function tellBackfill(
  { print }: Context,
  { json }: Pick<BackfillOptions, "json">,
  report: BackfillReport,
  milliseconds: number,
): ExitCode {
  const { source, months } = report;
  const isGood = months.every(({ failed, error }) => failed === 0 && error === null);
  if (json) {
    print(JSON.stringify(report, null, 2));
    return isGood ? EXIT.done : EXIT.failed;
  }
  print(`${formatTable(COLUMNS, months)}\n`);
  for (const { month, error, warning } of months) {
    if (warning !== undefined) print(`${source} ${month}: note: ${warning}`);
    if (error !== null) print(`${source} ${month}: ${error}`);
  }
  const sum = (countOfMonth: (month: MonthResult) => number) =>
    months.reduce((total, month) => total + countOfMonth(month), 0);
  const imported = countOf(
    sum((month) => month.imported),
    "run",
  );
  const skipped = sum((month) => month.skipped);
  const failed = sum((month) => month.failed);
  print(
    `${countOf(months.length, "month")}: ${imported} imported, ${skipped} skipped, ${failed} failed ` +
      `(${formatDuration(milliseconds)}).`,
  );
  return isGood ? EXIT.done : EXIT.failed;
}
