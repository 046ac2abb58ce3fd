import { listSources } from "../../clickhouse/sources.ts";
import type { ImportSourceInput } from "../../workflows/import-source.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { daysOfMonth, firstDayOf, lastDayOf, parseMonth } from "../domain/month.ts";
import type { DayRange, Month } from "../domain/month.ts";
import type { Dataset } from "../domain/run.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { importOneInTemporal, tellImport } from "./import.ts";
import { requireSource } from "./require-sources.ts";
import { workInProcess } from "./work-in-process.ts";

/** What to ask an API for. */
export type ExtractOptions = {
  readonly sourceName: string;
  readonly month?: Month;
  readonly from?: Month;
  readonly to?: Month;
  readonly dataset?: Dataset;
  readonly invoice?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
};

/** Asks an API anew for months, and imports what comes of it: in Temporal where the environment names one, or here. */
export const extract: Command<ExtractOptions> = (context, options) => {
  const { sourceName: source, dataset, invoice, dryRun } = options;
  if (invoice !== undefined && options.month === undefined) {
    throw new InvalidRequestError(`--invoice ${invoice}: an invoice is of one month. Give it with --month.`);
  }
  const input = { source, billingPeriod: periodOf(options), dataset, invoice, dryRun, extract: true };
  return isTemporalSet(context.env)
    ? importOneInTemporal(context, options, input)
    : extractHere(context, options, input);
};

function extractHere(context: Context, options: ExtractOptions, input: ImportSourceInput): Promise<ExitCode> {
  return changeWarehouse(context, async (warehouse) => {
    requireSource(await listSources(warehouse, {}), input.source);
    const begin = performance.now();
    const report = await workInProcess(
      context,
      warehouse,
      ({ importSource }) => importSource(input),
      () => [],
    );
    if (report === undefined) return EXIT.failed;
    return tellImport(context, options, [{ ...report, error: null }], performance.now() - begin);
  });
}

function periodOf({ month, from, to }: ExtractOptions): DayRange | undefined {
  if (month !== undefined) {
    if (from === undefined && to === undefined) return daysOfMonth(month);
    throw new InvalidRequestError("--month is one month, --from and --to are the first and the last. Give either.");
  }
  if (from === undefined) {
    if (to === undefined) return undefined;
    throw new InvalidRequestError(`--to ${to} is the last month. Give the first one with --from.`);
  }
  const last = to ?? parseMonth(new Date().toISOString().slice(0, 7));
  if (last < from) throw new InvalidRequestError(`--from ${from} is after ${last}. Give the earlier month first.`);
  return { first: firstDayOf(from), last: lastDayOf(last) };
}
