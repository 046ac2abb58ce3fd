import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Reader } from "../../../clickhouse/query.ts";
import { SOURCE_SETTINGS } from "../../../clickhouse/source-settings.ts";
import { listSources, listSourceStatus, removeSource, saveSource } from "../../../clickhouse/sources.ts";
import type { SourceStatus } from "../../../clickhouse/sources.ts";
import { sourceOf } from "../../domain/source-text.ts";
import type { Source } from "../../domain/source.ts";
import { needScope } from "../auth.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";
import { findSource } from "../find-source.ts";
import { readerOf } from "../listing.ts";
import { changeSource, ChangedSource, NewSource, SourceAnswer, toAnswer, WholeSource } from "../source-body.ts";

const TAGS = ["warehouse"];
const Nothing = z.strictObject({});
const NamedSource = z.object({ name: SOURCE_SETTINGS.name });
/** Of a source that is asked for any name may be written: there is none of a wrong one. */
const AnyName = z.object({ name: z.string().max(1000).describe("Name of the source") });

const SourceWithStatus = SourceAnswer.extend({
  lastAttempt: z
    .object({
      state: z.enum(["running", "done", "failed", "canceled"]).describe("What came of it"),
      startedAt: z.string().describe("When it began"),
      finishedAt: z.string().nullable().describe("When it ended"),
      runsFound: z.int().describe("Runs that the listing shows"),
      runsImported: z.int().describe("Runs that it published"),
      runsFailed: z.int().describe("Runs that could not be imported"),
      error: z.string().nullable().describe("Every error of it, in full"),
    })
    .nullable()
    .describe("The last attempt to import it; null when there was none"),
  lastImportAt: z.string().nullable().describe("When an attempt last found nothing wrong or published something"),
});
const Sources = z.object({ data: z.array(SourceWithStatus), rows: z.int().describe("Items in this answer") });

/**
 * A source sends what a variable holds to the host of its url, so whoever may name both could have a secret sent to a
 * host of theirs.
 */
const ADMIN = needScope("admin");

/** Where billing data comes from: listing, adding, changing, removing. */
export const addSourceRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const { warehouse } = dependencies;

    app.get(
      "/v1/sources",
      { schema: { querystring: Nothing, response: { 200: Sources }, tags: TAGS, summary: "All sources, by name" } },
      async (_request, reply) => {
        const data = await listShown(readerOf(dependencies, reply));
        return { data, rows: data.length };
      },
    );

    app.get(
      "/v1/sources/:name",
      {
        schema: {
          params: AnyName,
          querystring: Nothing,
          response: { 200: SourceWithStatus },
          tags: TAGS,
          summary: "One source, with its last attempt and import",
        },
      },
      async ({ params }, reply) => findShown(readerOf(dependencies, reply), params.name),
    );

    app.post(
      "/v1/sources",
      {
        config: ADMIN,
        schema: {
          body: NewSource,
          querystring: Nothing,
          response: { 201: SourceAnswer },
          tags: TAGS,
          summary: "Adds a source; its name must be free",
        },
      },
      async ({ body }, reply) => {
        const source = sourceOf(body);
        if ((await listSources(warehouse, {})).some(({ name }) => name === source.name)) {
          const message = `There is a source ${source.name} already. Change it with PUT or PATCH /v1/sources/${source.name}, or remove it first.`;
          throw new HttpError(409, "already_exists", message);
        }
        await saveSource(warehouse, source);
        return created(reply, source);
      },
    );

    app.put(
      "/v1/sources/:name",
      {
        config: ADMIN,
        schema: {
          params: NamedSource,
          body: WholeSource,
          querystring: Nothing,
          response: { 200: SourceAnswer, 201: SourceAnswer },
          tags: TAGS,
          summary: "Makes a source what the body says, and adds it where it is not there",
        },
      },
      async ({ params, body }, reply) => {
        const source = sourceOf({ ...body, name: params.name });
        const isKnown = (await listSources(warehouse, {})).some(({ name }) => name === source.name);
        await saveSource(warehouse, source);
        return isKnown ? toAnswer(source) : created(reply, source);
      },
    );

    app.patch(
      "/v1/sources/:name",
      {
        config: ADMIN,
        schema: {
          params: AnyName,
          body: ChangedSource,
          querystring: Nothing,
          response: { 200: SourceAnswer },
          tags: TAGS,
          summary: "Changes some settings of a source, such as `enabled`",
        },
      },
      async ({ params, body }) => {
        const source = changeSource(await findSource(warehouse, params.name), body);
        await saveSource(warehouse, source);
        return toAnswer(source);
      },
    );

    app.delete(
      "/v1/sources/:name",
      {
        config: ADMIN,
        schema: {
          params: AnyName,
          querystring: Nothing,
          response: { 204: z.null().describe("It is removed") },
          tags: TAGS,
          summary: "Takes a source from the list, and its schedule away; what it published stays",
        },
      },
      async ({ params }, reply) => {
        const source = await findSource(warehouse, params.name);
        await dependencies.imports.removeSchedule(source.name);
        await removeSource(warehouse, source);
        return reply.code(204).send(null);
      },
    );
  };

function created(reply: FastifyReply, source: Source): z.infer<typeof SourceAnswer> {
  void reply.code(201).header("location", `/v1/sources/${source.name}`);
  return toAnswer(source);
}

async function findShown(reader: Reader, name: string): Promise<z.infer<typeof SourceWithStatus>> {
  const [source, statuses] = await Promise.all([findSource(reader, name), listSourceStatus(reader, {})]);
  return show(
    source,
    statuses.find((status) => status.source === name),
  );
}

async function listShown(reader: Reader): Promise<z.infer<typeof SourceWithStatus>[]> {
  const [sources, statuses] = await Promise.all([listSources(reader, {}), listSourceStatus(reader, {})]);
  const byName = new Map(statuses.map((status) => [status.source, status]));
  return sources.map((source) => show(source, byName.get(source.name)));
}

function show(source: Source, status: SourceStatus | undefined): z.infer<typeof SourceWithStatus> {
  const lastAttempt =
    status === undefined
      ? null
      : {
          state: status.state,
          startedAt: status.attempted_at,
          finishedAt: status.finished_at,
          runsFound: status.runs_found,
          runsImported: status.runs_imported,
          runsFailed: status.runs_failed,
          error: status.error === "" ? null : status.error,
        };
  return { ...toAnswer(source), lastAttempt, lastImportAt: status?.imported_at ?? null };
}
