import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { readQuery } from "../../../clickhouse/query.ts";
import { saveSnapshotNote } from "../../../clickhouse/snapshot-notes.ts";
import { findPublishedRun } from "../../../clickhouse/snapshot-run.ts";
import { listSources } from "../../../clickhouse/sources.ts";
import { withdrawRun } from "../../../clickhouse/withdraw-run.ts";
import { InvalidParameterError } from "../../domain/errors.ts";
import { isDay } from "../../domain/month.ts";
import { sendJson } from "../api-answer.ts";
import { itemJson, requireItem } from "../api-items.ts";
import { answerOf, API_ITEMS, NO_CONTENT } from "../api-shapes.ts";
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";

const Id = z.object({ id: z.string() });
const Nothing = z.strictObject({});
const Day = z.string().refine(isDay, "Expected a day like 2026-05-27.");
const NewSnapshot = z.strictObject({
  source: z.string().describe("The source to import"),
  dataset: z.enum(["actual", "amortized", "usage", "focus"]).optional(),
  from: Day.optional().describe("First day"),
  to: Day.optional().describe("Day before which the days end"),
  run_id: z.string().min(1).optional().describe("Only this run"),
  overwrite: z.boolean().default(false).describe("Import again what is published"),
});
const Note = z.strictObject({ note: z.string().max(2_000).describe("Empty to take it back") });
const Dates = z.object({ available_report_dates: z.array(z.string()) });
const Started = z.object({
  id: z.string(),
  source: z.string(),
  status: z.literal("in_progress"),
  location: z.string(),
});
const DATES = readQuery("api-report-dates");
const SNAPSHOTS = readQuery("snapshots");
const DateRows = z.array(z.object({ report_date: z.string() }));

/** What callers do with snapshots, and up to which days these report. */
export const addApiSnapshots =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const { warehouse, queries, imports, tracking } = dependencies;

    for (const path of ["/api/snapshots/available-report-dates", "/api/reports/available-report-dates"]) {
      app.get(
        path,
        {
          schema: {
            tags: ["api"],
            summary: "The report dates of complete snapshots",
            querystring: Nothing,
            response: answerOf(Dates),
          },
        },
        async (request, reply) => {
          const sql = `WITH\nsnapshots AS\n(\n${SNAPSHOTS})\n${DATES}`;
          const rows = DateRows.parse(await queries.rows({ sql }, { signal: callerSignal(reply) }));
          const dates = rows.map((row) => row.report_date);
          return sendJson(request, reply, JSON.stringify({ available_report_dates: dates }));
        },
      );
    }

    app.post(
      "/api/snapshots",
      {
        schema: {
          tags: ["api"],
          summary: "Start an import",
          body: NewSnapshot,
          querystring: Nothing,
          response: answerOf(Started, 202),
        },
      },
      async (request, reply) => {
        const { run_id: runId, source, dataset, from, to, overwrite } = request.body;
        if (!(await listSources(warehouse, {})).some(({ name }) => name === source)) {
          throw new InvalidParameterError("source", "There is no such source. `/v1/sources` lists those there are.");
        }
        if (from !== undefined && to !== undefined && from >= to) {
          throw new InvalidParameterError("to", "Expected a day after from, which is not included.");
        }
        const { id } = await imports.start({
          source,
          overwrite,
          ...(dataset === undefined ? {} : { dataset }),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
          ...(runId === undefined ? {} : { runId }),
        });
        const location = `/v1/imports/${encodeURIComponent(id)}`;
        return reply.code(202).headers({ location }).send({ id, source, status: "in_progress", location });
      },
    );

    app.patch(
      "/api/snapshots/:id",
      {
        schema: {
          tags: ["api"],
          summary: "Note something of a snapshot",
          params: Id,
          body: Note,
          querystring: Nothing,
          response: answerOf(API_ITEMS.snapshots),
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        await requireItem(dependencies, "snapshots", id, reply);
        await saveSnapshotNote(warehouse, id, request.body.note);
        return sendJson(request, reply, itemJson(await requireItem(dependencies, "snapshots", id, reply)));
      },
    );

    app.delete(
      "/api/snapshots/:id",
      {
        schema: {
          tags: ["api"],
          summary: "Withdraw a snapshot: what it replaced shows again",
          params: Id,
          querystring: Nothing,
          response: NO_CONTENT,
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        await requireItem(dependencies, "snapshots", id, reply);
        const run = await findPublishedRun(warehouse, id);
        if (run === undefined) {
          throw new HttpError(409, "conflict", "This snapshot is not published, so there is nothing to withdraw.");
        }
        await withdrawRun(warehouse, run);
        tracking.catchUp();
        return reply.code(204).send();
      },
    );
  };
