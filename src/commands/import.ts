import { listSources } from "../../clickhouse/sources.ts";
import type { SourceResult } from "../../workflows/import-all.ts";
import type { ImportSourceInput, RunOutcome } from "../../workflows/import-source.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import type { DayRange } from "../domain/month.ts";
import type { SkippedCount } from "../domain/plan.ts";
import { isApiSource } from "../domain/source.ts";
import type { Source } from "../domain/source.ts";
import { IMPORT_ALL_ID, importId } from "../domain/workflow-names.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { printImport } from "./import-summary.ts";
import { requireSources } from "./require-sources.ts";
import { isGood, runImports } from "./run-imports.ts";

/** What to import. */
export type ImportOptions = {
  readonly sourceName: readonly string[];
  readonly billingPeriod?: DayRange;
  readonly runId?: string;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
};

/** Imports what sources hold and is not published yet: in Temporal where the environment names one, otherwise here. */
export const importSources: Command<ImportOptions> = (context, options) =>
  isTemporalSet(context.env) ? importInTemporal(context, options) : importHere(context, options);

function importHere(context: Context, options: ImportOptions): Promise<ExitCode> {
  return changeWarehouse(context, async (warehouse) => {
    const { sourceName, billingPeriod, runId, overwrite, dryRun } = options;
    const isWanted = (source: Source) => sourceName.length > 0 || runId === undefined || !isApiSource(source);
    const sources = requireSources(await listSources(warehouse, {}), sourceName).filter(isWanted);
    const begin = performance.now();
    const input = { sources: sources.map(({ name }) => name), billingPeriod, runId, overwrite, dryRun };
    const results = await runImports(context, warehouse, input);
    if (results === undefined) return EXIT.failed;
    return tellImport(context, options, results, performance.now() - begin);
  });
}

async function importInTemporal(context: Context, options: ImportOptions): Promise<ExitCode> {
  const { billingPeriod, runId, overwrite, dryRun } = options;
  const what = { billingPeriod, runId, overwrite, dryRun };
  const sources = [...new Set(options.sourceName)];
  const [source] = sources;
  if (source !== undefined && sources.length === 1) return importOneInTemporal(context, options, { source, ...what });
  const { withTemporal } = await import("../temporal/connect.ts");
  const { runWorkflow } = await import("./run-workflow.ts");
  const { resultOf } = await import("./workflow-results.ts");
  return withTemporal(context.env, async (temporal) => {
    const input = { sources, ...what };
    const end = await runWorkflow(context, temporal, { workflowId: IMPORT_ALL_ID, type: "importAll", input });
    if (end === undefined) return EXIT.failed;
    const results = resultOf.importAll(end);
    if (results.length > 0) return tellImport(context, options, results, end.milliseconds);
    throw new InvalidRequestError(
      "No source is enabled. Add one with `billhouse sources add`, or enable it with `billhouse sources enable NAME`.",
    );
  });
}

/** Imports one source in Temporal, and says what came of it. */
export async function importOneInTemporal(
  context: Context,
  options: Pick<ImportOptions, "json" | "runId">,
  input: ImportSourceInput,
): Promise<ExitCode> {
  const { withTemporal } = await import("../temporal/connect.ts");
  const { runWorkflow } = await import("./run-workflow.ts");
  const { resultOf } = await import("./workflow-results.ts");
  const { source } = input;
  return withTemporal(context.env, async (temporal) => {
    const end = await runWorkflow(context, temporal, { workflowId: importId(source), type: "importSource", input });
    if (end === undefined) return EXIT.failed;
    return tellImport(context, options, resultOf.importSource(end, source), end.milliseconds);
  });
}

/** Says what came of an import, on stdout. */
export function tellImport(
  context: Context,
  { json, runId }: Pick<ImportOptions, "json" | "runId">,
  results: readonly SourceResult[],
  milliseconds: number,
): ExitCode {
  requireRun(results, runId);
  if (json) context.print(JSON.stringify({ sources: results }, null, 2));
  else printImport(context, results, milliseconds);
  return results.every(isGood) ? EXIT.done : EXIT.failed;
}

function requireRun(results: readonly SourceResult[], runId: string | undefined): void {
  const isAnother = (run: RunOutcome | SkippedCount) => "reason" in run && run.reason === "another run id";
  const isFruitless = ({ error, runs, moreSkipped }: SourceResult) =>
    error === null && [...runs, ...moreSkipped].every(isAnother);
  if (runId === undefined || !results.every(isFruitless)) return;
  const places = results.map((result) => result.source).join(", ");
  throw new InvalidRequestError(
    `${places}: no run ${runId} that can be imported. \`billhouse inspect\` lists the runs there are.`,
  );
}
