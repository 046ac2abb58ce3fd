import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listRuns } from "../../../clickhouse/run-list.ts";
import type { ListedRun, RunPlace } from "../../../clickhouse/run-list.ts";
import { NotFoundError } from "../../domain/errors.ts";
import { DATASETS } from "../../domain/run.ts";
import type { HttpDependencies } from "../dependencies.ts";
import {
  CursorParameter,
  DatasetParameter,
  findSourceNames,
  LimitParameter,
  MonthParameter,
  Next,
  PlaceMoment,
  readerOf,
  readPlace,
  SourcesParameter,
  writePlace,
} from "../listing.ts";

const TAGS = ["warehouse"];
const MOST_OF_AN_ID = 1000;

const RunsQuery = z.strictObject({
  source: SourcesParameter,
  dataset: DatasetParameter,
  month: MonthParameter,
  state: z
    .enum(["importing", "imported", "failed"], { error: "expected importing, imported or failed" })
    .optional()
    .describe("How the newest attempt stands; `importing` is also what a killed process has left"),
  limit: LimitParameter,
  cursor: CursorParameter,
});

const Run = z.object({
  source: z.string().describe("Source that delivered the run"),
  export: z.string().describe("Identity of the export: its resource id, or its folder"),
  exportName: z.string().describe("Name of the export"),
  dataset: z.enum(DATASETS).describe("Which figures the files hold"),
  month: z.string().describe("Billing month"),
  runId: z.string().describe("Run, as its manifest names it"),
  submittedAt: z.string().describe("When Azure was asked for the run; later runs replace earlier ones"),
  days: z.object({
    first: z.string().describe("First day that the run is a full snapshot of"),
    last: z.string().describe("Last day, included"),
  }),
  manifestPath: z.string().nullable().describe("Manifest; null for files without one"),
  dataVersion: z.string().nullable().describe("Version of the columns, as the manifest says"),
  parts: z.int().describe("Files of the run"),
  bytes: z.int().describe("Stored bytes of all files"),
  declaredRows: z.int().nullable().describe("Rows that the manifest announces; null where it says nothing"),
  rowsLoaded: z.int().nullable().describe("Rows of the newest attempt that were loaded; null before all files are"),
  rowsRejected: z.int().nullable().describe("Rows of the newest attempt that were refused; null before all files are"),
  rowsMalformed: z
    .int()
    .nullable()
    .describe("Loaded rows whose tags or additional info cannot be read as JSON; null before all files are"),
  state: z.enum(["importing", "imported", "failed"]).describe("How the newest attempt stands"),
  error: z.string().nullable().describe("Why the newest attempt failed, in full"),
  updatedAt: z.string().describe("When this was written"),
  publication: z
    .object({
      publicationId: z.string().describe("The run's newest publication, as in `/v1/publications`"),
      state: z.enum(["published", "withdrawn", "pruned"]).describe("Whether it is still there"),
      isCurrent: z.boolean().describe("Whether it answers now for its source, export, dataset and month"),
    })
    .nullable()
    .describe("Null where the run was never published"),
});

const Runs = z.object({ data: z.array(Run), rows: z.int().describe("Items in this answer"), next: Next });

const Place = z
  .tuple([PlaceMoment, z.string(), z.string(), z.enum(DATASETS), z.string(), z.string()])
  .transform(([submittedAt, source, id, dataset, month, runId]): RunPlace => ({
    submittedAt,
    source,
    export: id,
    dataset,
    month,
    runId,
  }));

/** The runs that imports worked on. */
export const addRunRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/runs",
      {
        schema: {
          querystring: RunsQuery,
          response: { 200: Runs },
          tags: TAGS,
          summary: "Runs that imports worked on, those submitted last first",
        },
      },
      async (request, reply) => {
        const { source, dataset = "", month = "", state = "", limit, cursor } = request.query;
        const reader = readerOf(dependencies, reply);
        const after = cursor === undefined ? undefined : readPlace(cursor, Place);
        const sources = await findSourceNames(reader, source);
        const filter = { sources, dataset, month, state, run_id: "" };
        const found = await listRuns(reader, filter, { limit: limit + 1, after });
        const data = found.slice(0, limit);
        const last = found.length > limit ? data.at(-1) : undefined;
        return { data, rows: data.length, next: last === undefined ? null : placeOf(last) };
      },
    );
    app.get(
      "/v1/runs/:runId",
      {
        schema: {
          params: z.object({ runId: z.string().max(MOST_OF_AN_ID).describe("Run, as its manifest names it") }),
          querystring: z.strictObject({}),
          response: { 200: Runs },
          tags: TAGS,
          summary: "A run; several where sources, datasets or months share its id",
        },
      },
      async (request, reply) => {
        const { runId } = request.params;
        const filter = { sources: [], dataset: "", month: "", state: "", run_id: runId };
        const data = await listRuns(readerOf(dependencies, reply), filter, { limit: MOST_OF_AN_ID });
        if (data.length > 0) return { data, rows: data.length, next: null };
        throw new NotFoundError(
          `No import has worked on a run ${JSON.stringify(runId)}. /v1/runs lists those there are.`,
        );
      },
    );
  };

function placeOf({ submittedAt, source, export: id, dataset, month, runId }: ListedRun): string {
  return writePlace(submittedAt, source, id, dataset, month, runId);
}
