import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { InvalidParameterError, NotFoundError } from "../../domain/errors.ts";
import { addDays, daysOfMonth, isDay, isMonth } from "../../domain/month.ts";
import { DATASETS } from "../../domain/run.ts";
import type { HttpDependencies, ImportState } from "../dependencies.ts";

const TAGS = ["warehouse"];
const MOST_LISTED = 100;
const count = { error: `expected a number from 1 to ${MOST_LISTED}` };
const Nothing = z.strictObject({});
const text = { error: "expected a text" };
const day = z
  .string({ error: "expected a day like 2026-05-01" })
  .refine(isDay, { error: "expected a day like 2026-05-01" });

const NewImport = z.strictObject({
  source: z.string({ error: "expected the name of a source" }).describe("Name of the source, enabled or not"),
  month: z
    .string({ error: "expected a month like 2026-05" })
    .refine(isMonth, { error: "expected a month like 2026-05" })
    .optional()
    .describe("Only runs that cover a day of this month"),
  from: day.optional().describe("Only runs that cover this day or a later one"),
  to: day.optional().describe("Only runs that cover a day before this one"),
  dataset: z
    .enum(DATASETS, { error: `expected ${DATASETS.join(", ")}` })
    .optional()
    .describe("Only runs of this dataset"),
  runId: z
    .string(text)
    .min(1, text)
    .max(1000)
    .optional()
    .describe("Only this run, also where a later one replaces it or it was withdrawn"),
  overwrite: z
    .boolean({ error: "expected true or false" })
    .default(false)
    .describe("Whether what is published is imported again"),
});

const Started = z.object({
  id: z.string().describe("The import: GET /v1/imports/{id} follows it"),
  isNew: z.boolean().describe("False where the same import was under way already"),
});

const Import = z.object({
  id: z.string().describe("The import"),
  source: z.string().describe("Name of the source"),
  state: z
    .enum(["running", "done", "failed", "canceled"])
    .describe("`failed` also when some of the runs could not be imported: the others are published"),
  startedAt: z.string().describe("When it was started"),
  endedAt: z.string().nullable().describe("When it ended; null while it runs"),
  error: z.string().nullable().describe("Everything that went wrong, in full"),
  progress: z
    .object({
      runs: z.object({
        total: z.int().describe("Runs that the source holds, as far as they are planned"),
        imported: z.int().describe("Runs that were published"),
        skipped: z.int().describe("Runs that need not be imported"),
        failed: z.int().describe("Runs that could not be imported"),
      }),
      rows: z.int().describe("Rows of the imported runs"),
      rejected: z.int().describe("Rows of them that were refused"),
    })
    .nullable()
    .describe("How far it is; null where nobody can tell"),
});

const FollowedImport = Import.extend({
  report: z
    .looseObject({})
    .nullable()
    .describe("What came of each run, as `billhouse import --json` tells it; null while it runs"),
});

const Imports = z.object({ data: z.array(Import), rows: z.int().describe("Items in this answer") });

/** Starting imports and following them. */
export const addImportRoutes =
  ({ imports }: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/imports",
      {
        schema: {
          querystring: z.strictObject({
            limit: z.coerce
              .number(count)
              .int(count)
              .min(1, count)
              .max(MOST_LISTED, count)
              .default(20)
              .describe("How many at most"),
          }),
          response: { 200: Imports },
          tags: TAGS,
          summary: "The last imports of single sources, the newest first",
        },
      },
      async ({ query }) => {
        const data = [...(await imports.list(query.limit))];
        return { data, rows: data.length };
      },
    );

    app.post(
      "/v1/imports",
      {
        schema: {
          body: NewImport,
          querystring: Nothing,
          response: { 202: Started },
          tags: TAGS,
          summary: "Starts an import of a source, or finds the same one under way",
        },
      },
      async ({ body }, reply) => {
        const { source, dataset, runId, overwrite } = body;
        const started = await imports.start({
          source,
          overwrite,
          ...daysOf(body),
          ...(dataset === undefined ? {} : { dataset }),
          ...(runId === undefined ? {} : { runId }),
        });
        return reply.code(202).header("location", `/v1/imports/${started.id}`).send(started);
      },
    );

    app.get(
      "/v1/imports/:id",
      {
        schema: {
          params: z.object({ id: z.string().max(1000).describe("The import") }),
          querystring: Nothing,
          response: { 200: FollowedImport },
          tags: TAGS,
          summary: "How an import goes, and what came of it",
        },
      },
      async ({ params }): Promise<z.infer<typeof FollowedImport>> => {
        const found: ImportState | undefined = await imports.find(params.id);
        if (found !== undefined) return { ...found, report: found.report === null ? null : { ...found.report } };
        throw new NotFoundError(
          `There is no import ${JSON.stringify(params.id)}, or it is forgotten: /v1/imports lists the last ones, ` +
            "and /v1/sources what came of the last attempt at each source.",
        );
      },
    );
  };

/** The days that are asked for, half open. */
function daysOf({ month, from, to }: z.infer<typeof NewImport>): { readonly from?: string; readonly to?: string } {
  if (month === undefined) return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  if (from !== undefined || to !== undefined) {
    throw new InvalidParameterError("month", "month: give either a month, or from and to. Leave one of them out.");
  }
  const { first, last } = daysOfMonth(month);
  return { from: first, to: addDays(last, 1) };
}
