import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createActivities } from "../../activities/activities.ts";
import { createPlanRuns } from "../../activities/plan-runs.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import type { Month } from "../domain/month.ts";
import type { Dataset } from "../domain/run.ts";
import { SOURCE_DEFAULTS, SOURCE_NAME } from "../domain/source.ts";
import type { Source } from "../domain/source.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { createLocalStore, digestRunId, spool } from "../sources/local-files.ts";
import type { LocalFile } from "../sources/local-files.ts";
import { runOfFile, runOfManifest } from "../sources/local-run.ts";
import type { LocalRun } from "../sources/local-run.ts";
import { printImport } from "./import-summary.ts";
import { isGood, runImports } from "./run-imports.ts";

/** Which files to import, and as what. */
export type ImportFileOptions = {
  readonly file: readonly string[];
  readonly manifest?: string;
  readonly sourceName: string;
  readonly month?: Month;
  readonly dataset?: Dataset;
  readonly exportName?: string;
  readonly runId?: string;
  readonly overwrite: boolean;
  readonly json: boolean;
};

const STDIN = "-";

/** Imports local files as one run of a source, in the same way as any other run. */
export const importFile: Command<ImportFileOptions> = async (context, options) => {
  requireSense(options);
  const spooled = options.file.includes(STDIN) ? await spool(context.stdin, context.signal) : undefined;
  try {
    const files = options.file.map((file): LocalFile =>
      file === STDIN && spooled !== undefined
        ? { path: "stdin", location: spooled.location }
        : { path: file, location: resolve(context.cwd, file) },
    );
    const local = await describeRun(context, options, files);
    return await changeWarehouse(context, async (warehouse) => importRun(context, warehouse, options, local));
  } finally {
    await spooled?.remove();
  }
};

function requireSense({ file, manifest, sourceName, ...facts }: ImportFileOptions): void {
  if (!SOURCE_NAME.test(sourceName)) {
    throw new InvalidRequestError(
      `--source-name ${JSON.stringify(sourceName)}: expected a name of a-z, 0-9, . _ and -, such as contoso.`,
    );
  }
  if (manifest === undefined && file.length > 1) {
    throw new InvalidRequestError("Several files are one run only if a manifest says so. Give it with --manifest.");
  }
  if (file.filter((name) => name === STDIN).length > 1) {
    throw new InvalidRequestError("Standard input is one file. Give - once.");
  }
  const said = (["month", "dataset", "exportName", "runId"] as const).filter((fact) => facts[fact] !== undefined);
  if (manifest !== undefined && said.length > 0) {
    throw new InvalidRequestError(
      "The manifest says month, dataset, export and run id. Leave out --month, --dataset, --export-name and --run-id.",
    );
  }
}

async function describeRun(
  { cwd, signal }: Context,
  { manifest, sourceName, runId, ...facts }: ImportFileOptions,
  files: readonly LocalFile[],
): Promise<LocalRun> {
  if (manifest !== undefined) {
    const location = resolve(cwd, manifest);
    return runOfManifest(sourceName, { path: location, location }, await readManifest(location, manifest), files);
  }
  const [file] = files;
  if (file === undefined) throw new InvalidRequestError("There is no file. Give it with --file.");
  const digest = async () => runId?.toLowerCase() ?? digestRunId(file, signal);
  return runOfFile(sourceName, file, facts, digest);
}

async function readManifest(location: string, manifest: string): Promise<string> {
  try {
    return await readFile(location, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new InvalidRequestError(`${manifest}: cannot be read (${code}). Give the path of a manifest.`, { cause });
  }
}

async function importRun(
  context: Context,
  warehouse: Warehouse,
  { sourceName: name, overwrite, json }: ImportFileOptions,
  { run, files, warnings }: LocalRun,
) {
  const known = (await listSources(warehouse, {})).find((candidate) => candidate.name === name);
  // The name of no source is one of its own: what it published is found under it, and there is no place to list.
  const source: Source = known ?? { ...SOURCE_DEFAULTS, name, kind: "folder", path: context.cwd };
  const store = createLocalStore(files);
  const begin = performance.now();
  const found = { runs: [run], problems: [], skipped: [], warnings, leftoverCount: 0 };
  const input = { sources: [name], runId: run.runId, overwrite };
  const results = await runImports(context, warehouse, input, (dependencies) => ({
    ...createActivities({ ...dependencies, openStore: () => store }),
    findSource: () => Promise.resolve(source),
    planRuns: createPlanRuns({ ...dependencies, openStore: () => store }, () => Promise.resolve(found)),
  }));
  if (results === undefined) return EXIT.failed;
  if (json) context.print(JSON.stringify({ sources: results }, null, 2));
  else printImport(context, results, performance.now() - begin);
  return results.every(isGood) ? EXIT.done : EXIT.failed;
}
