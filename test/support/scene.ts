import { rm } from "node:fs/promises";
import { join } from "node:path";
import Big from "big.js";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { ImportSourceInput, SourceReport } from "../../workflows/import-source.ts";
import { aRun, recordsOf, type RenderedRun, type RunOptions } from "./exports.ts";
import { withdrawRun } from "./totals.ts";
import { addFolderSource, importAll, type TestEngine } from "./warehouse.ts";

/** A source of a test, with a folder of its own. */
export type Supplier = {
  readonly name: string;
  readonly path: string;
  /** Puts a run into the folder. */
  readonly deliver: (options: RunOptions) => Promise<RenderedRun>;
  /** Imports what is in the folder; throws when a run fails. */
  readonly import: (options?: Partial<Omit<ImportSourceInput, "source">>) => Promise<SourceReport>;
  /** Delivers a run and imports this one, also when a later one supersedes it. */
  readonly bring: (options: RunOptions) => Promise<RenderedRun>;
  /** Removes all that was delivered. */
  readonly empty: () => Promise<void>;
  readonly withdraw: (run: Pick<RenderedRun, "runId">) => Promise<void>;
};

/** A fresh database, and sources that deliver into it. */
export type Scene = {
  readonly warehouse: Warehouse;
  readonly supplier: (name: string, settings?: { readonly priority?: number }) => Promise<Supplier>;
};

/** Makes scenes in one engine, and clears their folders away. */
export function createScenes(engine: () => TestEngine) {
  const folders: { remove(): Promise<void> }[] = [];
  return {
    async scene(): Promise<Scene> {
      const warehouse = await engine().database();
      return {
        warehouse,
        async supplier(name, settings = {}) {
          const source = await addFolderSource(warehouse, { name, ...settings });
          folders.push(source);
          return supplierOf(warehouse, name, source.path);
        },
      };
    },
    clear: () => Promise.all(folders.map((folder) => folder.remove())),
  };
}

function supplierOf(warehouse: Warehouse, name: string, path: string): Supplier {
  const supplier: Supplier = {
    name,
    path,
    async deliver(options) {
      const run = aRun(options);
      await run.writeTo(path);
      return run;
    },
    async import(options = {}) {
      const report = await importAll(warehouse, name, options);
      for (const run of report.runs) {
        if (run.outcome === "failed") throw new Error(`${run.runId} was not imported: ${run.error}`);
      }
      if (report.problems.length > 0) throw new Error(JSON.stringify(report.problems));
      return report;
    },
    async bring(options) {
      const run = await supplier.deliver(options);
      await supplier.import({ runId: run.runId });
      return run;
    },
    empty: () => rm(join(path, "exports"), { recursive: true }),
    withdraw: ({ runId }) => withdrawRun(warehouse, name, runId),
  };
  return supplier;
}

/** The exact sum of a column over those records of the texts that `isCounted` accepts; plain text. */
export function sumWhere(
  { texts }: Pick<RenderedRun, "texts">,
  column: string,
  isCounted: (record: Record<string, string>) => boolean,
): Big {
  return texts
    .flatMap(recordsOf)
    .filter(isCounted)
    .reduce((sum, record) => sum.plus(record[column] ?? "no such column"), new Big(0));
}
