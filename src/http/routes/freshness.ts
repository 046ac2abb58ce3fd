import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listFreshness } from "../../../clickhouse/freshness.ts";
import { DATASETS } from "../../domain/run.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { DatasetParameter, findSourceNames, readerOf, SourcesParameter } from "../listing.ts";

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;
const SPAN = /^([1-9]\d{0,5})([mhd])$/;
const span = { error: "expected a time span like 90m, 36h or 2d" };

const FreshnessQuery = z.strictObject({
  source: SourcesParameter,
  dataset: DatasetParameter,
  staleAfter: z
    .string(span)
    .regex(SPAN, span)
    .default("36h")
    .describe("From which age on figures count as stale: `90m`, `36h`, `2d`. Daily exports are at most a day old"),
});

const Freshness = z.object({
  source: z.string().describe("Name of the source"),
  dataset: z.enum(DATASETS).nullable().describe("Which figures; null where nothing of the source is published"),
  isConfigured: z.boolean().describe("Whether the source is still in the list of sources"),
  isEnabled: z.boolean().describe("Whether imports of all sources include it"),
  lastAttempt: z
    .object({
      startedAt: z.string().describe("When it began"),
      state: z.enum(["running", "done", "failed", "canceled"]).describe("What came of it"),
      error: z.string().nullable().describe("Every error of it, in full"),
    })
    .nullable()
    .describe("The last attempt to import the source, whatever its datasets; null when there was none"),
  lastSuccessAt: z.string().nullable().describe("When an attempt last ended without any error"),
  lastPublishedAt: z
    .string()
    .nullable()
    .describe("When something of the dataset last became visible, of what answers now"),
  submittedAt: z
    .string()
    .nullable()
    .describe("When Azure was asked for the newest run that answers: as of then the figures are"),
  newestDay: z.string().nullable().describe("Newest day that has costs"),
  publications: z.int().describe("How many publications answer"),
  ageSeconds: z.int().nullable().describe("Seconds since `submittedAt`"),
  isStale: z.boolean().describe("Whether the age is greater than `staleAfter`, or nothing is published at all"),
});

const Answer = z.object({
  data: z.array(Freshness),
  rows: z.int().describe("Items in this answer"),
  staleAfterSeconds: z.int().describe("The age from which on figures count as stale"),
  now: z.string().describe("The moment that ages count from"),
});

/** How fresh the figures of each source and dataset are. */
export const addFreshnessRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/freshness",
      {
        schema: {
          querystring: FreshnessQuery,
          response: { 200: Answer },
          tags: ["warehouse"],
          summary: "How fresh the figures of each source and dataset are",
        },
      },
      async (request, reply) => {
        const { source, dataset = "", staleAfter } = request.query;
        const reader = readerOf(dependencies, reply);
        const sources = await findSourceNames(reader, source);
        const now = dependencies.now().toISOString();
        const found = await listFreshness(reader, { sources, dataset, now });
        const staleAfterSeconds = secondsOf(staleAfter);
        const data = found.map((one) => ({
          ...one,
          isStale: one.ageSeconds === null || one.ageSeconds > staleAfterSeconds,
        }));
        return { data, rows: data.length, staleAfterSeconds, now };
      },
    );
  };

function secondsOf(text: string): number {
  const [, count, unit] = SPAN.exec(text) ?? [];
  return Number(count) * SECONDS[unit === "m" || unit === "h" ? unit : "d"];
}
