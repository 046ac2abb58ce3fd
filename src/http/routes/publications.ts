import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listPublications } from "../../../clickhouse/publication-list.ts";
import type { PublicationPlace } from "../../../clickhouse/publication-list.ts";
import { withdrawPublication } from "../../../clickhouse/withdraw-run.ts";
import { DATASETS } from "../../domain/run.ts";
import type { HttpDependencies } from "../dependencies.ts";
import {
  CursorParameter,
  DatasetParameter,
  DayParameter,
  daysAsked,
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
const STATES = ["published", "withdrawn", "pruned"] as const;

const PublicationsQuery = z.strictObject({
  source: SourcesParameter,
  dataset: DatasetParameter,
  month: MonthParameter,
  from: DayParameter.describe("Only of runs that cover this day or a later one"),
  to: DayParameter.describe("Only of runs that cover a day before this one"),
  history: z
    .enum(["true", "false"], { error: "expected true or false" })
    .default("false")
    .describe("Whether also what was replaced, withdrawn or pruned is listed"),
  limit: LimitParameter,
  cursor: CursorParameter,
});

const Publication = z.object({
  publicationId: z.string().describe("The publication"),
  source: z.string().describe("Source that delivered the run"),
  export: z.string().describe("Identity of the export: its resource id, or its folder"),
  exportName: z.string().describe("Name of the export"),
  dataset: z.enum(DATASETS).describe("Which figures the files hold"),
  month: z.string().describe("Billing month"),
  runId: z.string().describe("Run that is published"),
  submittedAt: z.string().describe("When Azure was asked for the run"),
  days: z.object({
    first: z.string().describe("First day that the run covers"),
    last: z.string().describe("Last day, included"),
  }),
  state: z.enum(STATES).describe("What this step did; of a pruned publication the rows are gone"),
  priority: z.int().describe("Who answers where two sources cover the same: the smaller one"),
  publishedAt: z.string().describe("When it became so"),
  prunedAt: z.string().nullable().describe("When its rows were given up"),
  isCurrent: z.boolean().describe("Whether it answers now for its source, export, dataset and month"),
  loads: z.int().describe("Loads that together are the truth of the month"),
  rows: z.int().describe("Rows of all of its loads, those of earlier runs included that complete the month"),
  silentDays: z.int().describe("Subscription days of it that another publication answers instead"),
});

const Publications = z.object({
  data: z.array(Publication),
  rows: z.int().describe("Items in this answer"),
  next: Next,
});

const NamedRun = Publication.pick({
  source: true,
  exportName: true,
  dataset: true,
  month: true,
  runId: true,
  submittedAt: true,
  days: true,
});

const Withdrawal = z.object({
  withdrawn: NamedRun.describe("The run that was taken back"),
  answers: NamedRun.extend({ publicationId: Publication.shape.publicationId })
    .nullable()
    .describe("What answers instead from now on; null when nothing of its source, export, dataset and month does"),
});

const Place = z
  .tuple([PlaceMoment, z.enum(STATES), z.string()])
  .transform(([publishedAt, state, publicationId]): PublicationPlace => ({ publishedAt, state, publicationId }));

/** What is visible, what was, and taking back. */
export const addPublicationRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/publications",
      {
        schema: {
          querystring: PublicationsQuery,
          response: { 200: Publications },
          tags: TAGS,
          summary: "What answers now, or everything that ever became visible; oldest first",
        },
      },
      async (request, reply) => {
        const { source, dataset = "", history, limit, cursor, ...asked } = request.query;
        const reader = readerOf(dependencies, reply);
        const after = cursor === undefined ? undefined : readPlace(cursor, Place);
        const { first: first_day, last: last_day } = daysAsked(asked);
        const sources = await findSourceNames(reader, source);
        const filter = { sources, dataset, first_day, last_day, history: history === "true" };
        const found = await listPublications(reader, filter, { limit: limit + 1, after });
        const data = found.slice(0, limit);
        const last = found.length > limit ? data.at(-1) : undefined;
        const next = last === undefined ? null : writePlace(last.publishedAt, last.state, last.publicationId);
        return { data, rows: data.length, next };
      },
    );
    app.delete(
      "/v1/publications/:publicationId",
      {
        schema: {
          params: z.object({
            publicationId: z.uuid({ error: "expected the id of a publication" }).describe("The publication"),
          }),
          querystring: z.strictObject({}),
          response: { 200: Withdrawal },
          tags: TAGS,
          summary: "Takes the run of a publication back; what it had replaced answers again",
        },
      },
      async ({ params }) => {
        const { run, current } = await withdrawPublication(dependencies.warehouse, params.publicationId);
        dependencies.tracking.catchUp();
        return {
          withdrawn: run,
          answers: current === null ? null : { ...current.run, publicationId: current.publicationId },
        };
      },
    );
  };
