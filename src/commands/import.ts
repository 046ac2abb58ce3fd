import { listSources } from "../../clickhouse/sources.ts";
import type { RunOutcome } from "../../workflows/import-source.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import type { DayRange } from "../domain/month.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { printImport } from "./import-summary.ts";
import { requireSources } from "./require-sources.ts";
import { isGood, runImports } from "./run-imports.ts";
import type { SourceResult } from "./run-imports.ts";

/** What to import. */
export type ImportOptions = {
  readonly sourceName: readonly string[];
  readonly billingPeriod?: DayRange;
  readonly runId?: string;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
};

/** Imports what sources hold and is not published yet. */
export const importSources: Command<ImportOptions> = (context, options) =>
  changeWarehouse(context, async (warehouse) => {
    const sources = requireSources(await listSources(warehouse, {}), options.sourceName);
    const begin = performance.now();
    const inputs = sources.map(({ name }) => ({ ...options, source: name }));
    const results = await runImports(context, warehouse, inputs);
    if (results === undefined) return EXIT.failed;
    requireRun(results, options.runId);
    if (options.json) context.print(JSON.stringify({ sources: results }, null, 2));
    else printImport(context, results, performance.now() - begin);
    return results.every(isGood) ? EXIT.done : EXIT.failed;
  });

function requireRun(results: readonly SourceResult[], runId: string | undefined): void {
  const isAnother = (run: RunOutcome) => run.outcome === "skipped" && run.reason === "another run id";
  if (runId === undefined || !results.every((result) => result.error === null && result.runs.every(isAnother))) return;
  const places = results.map((result) => result.source).join(", ");
  throw new InvalidRequestError(
    `${places}: no run ${runId} that can be imported. \`billhouse inspect\` lists the runs there are.`,
  );
}
