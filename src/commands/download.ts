import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { listSources } from "../../clickhouse/sources.ts";
import { readConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { FileError, OverwrittenError, StorageError } from "../domain/errors.ts";
import { inBatches } from "../domain/in-batches.ts";
import { daysOfMonth } from "../domain/month.ts";
import type { Month } from "../domain/month.ts";
import type { Run } from "../domain/run.ts";
import type { StoredSource } from "../domain/source.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { discoverRuns } from "../sources/discover.ts";
import { downloadFile, isThere, placeBelow } from "../sources/download.ts";
import type { DownloadFile, DownloadOutcome } from "../sources/download.ts";
import { openStore } from "../sources/open-store.ts";
import type { Store, StoredFile } from "../sources/store.ts";
import { countOf, formatBytes } from "./format.ts";
import { requireSource, requireStored } from "./require-sources.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** What to download, and whereto. */
export type DownloadOptions = {
  readonly sourceName: string;
  readonly outputDir: string;
  readonly month?: Month;
  readonly dataset?: string;
  readonly skipCsv: boolean;
  readonly listOnly: boolean;
  readonly json: boolean;
};

/** A run with the files that are fetched of it: the parts first, since a manifest says that they are complete. */
type Delivery = { readonly run: Run; readonly parts: readonly DownloadFile[]; readonly manifest: DownloadFile | null };
type FileLine = Pick<DownloadFile, "path" | "byteCount"> &
  Pick<Run, "dataset" | "month" | "runId"> & { readonly outcome: DownloadOutcome | "missing" | "failed" };
type Found = { readonly deliveries: readonly Delivery[]; readonly problems: readonly string[] };

const CONCURRENT_DOWNLOADS = 4;
const COLUMNS: readonly Column<FileLine>[] = [
  { title: "dataset", value: ({ dataset }) => dataset },
  { title: "month", value: ({ month }) => month },
  { title: "run", value: ({ runId }) => runId },
  { title: "stored", value: ({ byteCount }) => formatBytes(byteCount), align: "right" },
  { title: "outcome", value: ({ outcome }) => outcome },
  { title: "file", value: ({ path }) => path },
];

/** Copies the runs of a source to a directory, with the same paths, so that it can be a source itself. */
export const download: Command<DownloadOptions> = async (context, options) => {
  const directory = resolve(context.cwd, options.outputDir);
  const source = await readWarehouse(context, async (warehouse) =>
    requireStored(requireSource(await listSources(warehouse, {}), options.sourceName)),
  );
  const store = openStore(source, context.env);
  const { deliveries, problems } = await findDeliveries(context, source, store, options);
  if (options.listOnly) {
    const lines = await listFiles(deliveries, directory, context.signal);
    printFiles(context, options, lines, problems);
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  }
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw new StorageError(`${directory}: cannot be made: correct --output-dir`, { cause });
  });
  const failures: string[] = [];
  const lines: FileLine[] = [];
  const tell = await createTeller(context);
  try {
    for (const delivery of deliveries) {
      const failure = await fetchDelivery(store, delivery, directory, context.signal, (line) => {
        lines.push(line);
        tell(line);
      });
      if (failure !== undefined) failures.push(failure);
    }
  } catch (error) {
    if (context.signal.aborted) context.note("Stopped before the end. Download again to go on where it stopped.");
    throw error;
  }
  printFiles(context, options, lines, [...failures, ...problems]);
  return failures.length + problems.length === 0 ? EXIT.done : EXIT.failed;
};

async function findDeliveries(
  { signal }: Context,
  source: StoredSource,
  store: Store,
  { month, dataset, skipCsv }: DownloadOptions,
): Promise<Found> {
  const listing = new Map<string, StoredFile>();
  const remembering: Store = {
    ...store,
    async *list(stop) {
      for await (const file of store.list(stop)) {
        listing.set(file.path, file);
        yield file;
      }
    },
  };
  const billingPeriod = month === undefined ? undefined : daysOfMonth(month);
  const { runs, problems } = await discoverRuns(source, remembering, { billingPeriod, signal });
  const wanted = runs.filter(
    (run) => (month === undefined || run.month === month) && (dataset === undefined || run.dataset === dataset),
  );
  const fileOf = (path: string, declaredMd5?: string): DownloadFile[] => {
    const file = listing.get(path);
    if (file === undefined) return [];
    const md5s = [
      ...(declaredMd5 === undefined ? [] : [{ by: "the manifest", md5: declaredMd5 }]),
      ...(file.md5 === undefined ? [] : [{ by: "the storage account", md5: file.md5 }]),
    ];
    return [{ ...file, md5s }];
  };
  const deliveries = wanted.map((run) => ({
    run,
    parts: skipCsv ? [] : run.parts.flatMap((part) => fileOf(part.path, part.declaredMd5)),
    manifest: run.manifestPath === null ? null : (fileOf(run.manifestPath)[0] ?? null),
  }));
  return { deliveries, problems: problems.map(({ message }) => message) };
}

async function listFiles(deliveries: readonly Delivery[], directory: string, signal: AbortSignal): Promise<FileLine[]> {
  const lines: FileLine[] = [];
  for (const { run, parts, manifest } of deliveries) {
    for (const file of [...parts, ...(manifest === null ? [] : [manifest])]) {
      const isHere = await isThere(placeBelow(directory, file.path), file, signal);
      lines.push(lineOf(run, file, isHere ? "already there" : "missing"));
    }
  }
  return lines;
}

/** Fetches the files of a run; gives what is wrong with it where that concerns no other run. */
async function fetchDelivery(
  store: Store,
  { run, parts, manifest }: Delivery,
  directory: string,
  signal: AbortSignal,
  tell: (line: FileLine) => void,
): Promise<string | undefined> {
  const fetchOne = async (file: DownloadFile) => {
    try {
      tell(lineOf(run, file, await downloadFile(store, file, directory, signal)));
    } catch (error) {
      if (!signal.aborted) tell(lineOf(run, file, "failed"));
      throw error;
    }
  };
  try {
    await inBatches(parts, CONCURRENT_DOWNLOADS, fetchOne);
    if (manifest !== null) await fetchOne(manifest);
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof FileError || error instanceof OverwrittenError)) throw error;
    return error.message;
  }
}

function lineOf(
  { dataset, month, runId }: Run,
  { path, byteCount }: DownloadFile,
  outcome: FileLine["outcome"],
): FileLine {
  return { dataset, month, runId, path, byteCount, outcome };
}

async function createTeller({ stderr, env, cwd, note }: Context): Promise<(line: FileLine) => void> {
  if (stderr.isTTY === true) {
    return ({ path, byteCount, outcome }) =>
      note(`${outcome.padEnd(13)} ${formatBytes(byteCount).padStart(8)}  ${path}`);
  }
  const { createLog } = await import("../log.ts");
  const log = createLog(stderr, readConfig(env, cwd).logLevel);
  return ({ outcome, ...line }) => (outcome === "failed" ? log.error : log.info).call(log, line, `file ${outcome}`);
}

function printFiles(
  { print }: Context,
  { json, listOnly }: DownloadOptions,
  files: readonly FileLine[],
  problems: readonly string[],
): void {
  if (json) return print(JSON.stringify({ files, problems }, null, 2));
  if (files.length > 0) print(`${formatTable(COLUMNS, files)}\n`);
  for (const problem of problems) print(problem);
  const facts = (["downloaded", "continued", "already there", "missing", "failed"] as const).flatMap((outcome) => {
    const some = files.filter((file) => file.outcome === outcome);
    const bytes = formatBytes(some.reduce((sum, file) => sum + file.byteCount, 0));
    const what = outcome === "missing" ? "to download" : outcome;
    return some.length === 0 ? [] : [`${countOf(some.length, "file")} ${what} (${bytes})`];
  });
  const none = listOnly ? "There is nothing to download." : "There was nothing to download.";
  print(facts.length === 0 ? none : `${facts.join(", ")}.`);
}
