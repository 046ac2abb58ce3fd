import { z } from "zod";
import { NotFoundError } from "../src/domain/errors.ts";
import type { Warehouse } from "./client.ts";
import { listKnownRuns } from "./known-runs.ts";
import type { StoredRun } from "./known-runs.ts";
import type { PublicationRecord } from "./publications.ts";
import { publishSeries } from "./publish-series.ts";
import { defineQuery } from "./query.ts";
import { listSources } from "./sources.ts";

/** A run that was taken back, and the publication that answers for its series now; null when nothing does. */
export type Withdrawn = { readonly run: StoredRun; readonly current: PublicationRecord | null };

const PublishedRunRow = z.object({
  source: z.string(),
  export: z.string(),
  dataset: z.string(),
  month: z.string(),
  run_id: z.string(),
});

const findPublishedRun = defineQuery<{ publication_id: string }, z.infer<typeof PublishedRunRow>>(
  "publication-run",
  PublishedRunRow,
);

/** Takes a published run back: what it had replaced answers again. */
export async function withdrawRun(warehouse: Warehouse, run: StoredRun): Promise<Withdrawn> {
  const source = (await listSources(warehouse, {})).find(({ name }) => name === run.source);
  const priority = source?.priority ?? run.priority;
  return { run, current: (await publishSeries(warehouse, run, { kind: "withdraw", run }, priority)) ?? null };
}

/**
 * Takes the run back that a publication published, also where that run was published anew since. Throws NotFoundError
 * when there is no such publication, or nothing of its run is published any more.
 */
export async function withdrawPublication(warehouse: Warehouse, publicationId: string): Promise<Withdrawn> {
  const [found] = await findPublishedRun(warehouse, { publication_id: publicationId });
  if (found === undefined) {
    throw new NotFoundError(`There is no publication ${publicationId}. \`/v1/publications\` lists those there are.`);
  }
  const { run_id: runId, ...series } = found;
  const run = (await listKnownRuns(warehouse, series)).find((known) => known.runId === runId);
  if (run === undefined || run.isWithdrawn === true || run.isPruned) {
    throw new NotFoundError(
      `Publication ${publicationId}: run ${runId} of ${series.source} is ${run?.isPruned ? "pruned" : "withdrawn"} ` +
        "already. `/v1/publications` lists what answers.",
    );
  }
  return withdrawRun(warehouse, run);
}
