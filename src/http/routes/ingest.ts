import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import {
  FileError,
  HeaderError,
  PartLimitError,
  ReconciliationError,
  RejectedRowsError,
  StorageError,
} from "../../domain/errors.ts";
import { isMonth } from "../../domain/month.ts";
import { DATASETS } from "../../domain/run.ts";
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies, PushedRun } from "../dependencies.ts";
import { HttpError } from "../errors.ts";
import { receiveBody } from "../receive-body.ts";
import { askForBody, READS_BODY } from "../request-bodies.ts";

/** What a file may be sent as. Its bytes decide what it is; pages of other origins cannot send any of these by a form. */
const MEDIA_TYPES = [
  "text/csv",
  "application/x-ndjson",
  "application/gzip",
  "application/vnd.apache.parquet",
  "application/octet-stream",
] as const;

const MOST_OF_A_NAME = 200;
const segment = (what: string) =>
  z
    .string({ error: `expected ${what}` })
    .regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]+$/u, { error: `expected ${what} without / and \\` })
    .max(MOST_OF_A_NAME, { error: `expected at most ${MOST_OF_A_NAME} characters` });
const rows = { error: "expected a number of rows" };

const PushQuery = z.strictObject({
  run_id: segment("the id of a run").describe(
    "Names what is sent: the same id is not taken twice for an export, dataset and month",
  ),
  billing_month: z
    .string({ error: "expected a month like 2026-05" })
    .refine(isMonth, { error: "expected a month like 2026-05" })
    .describe("Billing month, of which the file replaces all days"),
  dataset: z.enum(DATASETS, { error: `expected ${DATASETS.join(", ")}` }).describe("Which figures the file holds"),
  export_name: segment("the name of an export")
    .default("push")
    .describe("Export of the source that the file belongs to: a later run of it replaces an earlier one"),
  row_count: z.coerce
    .number(rows)
    .int(rows)
    .min(0, rows)
    .optional()
    .describe("Rows of the file, its header not counted: when they are not that many, nothing is published"),
  overwrite: z
    .enum(["true", "false"], { error: "expected true or false" })
    .default("false")
    .describe("Whether a run that is published is taken again"),
});

/** For the documentation: what comes is no body to fastify. */
const AnyFile = z.unknown().meta({ type: "string", format: "binary", description: "The file" });

const amount = (what: string) => z.string().describe(`${what}, as text with all digits`);

const Report = z.object({
  rowsLoaded: z.int().describe("Rows that were loaded"),
  rowsRejected: z.int().describe("Rows that were refused, which the source allows"),
  totals: z
    .array(
      z.object({
        currency: z.string().describe("Billing currency"),
        actual: amount("Actual cost"),
        amortized: amount("Amortized cost"),
      }),
    )
    .describe("What the run adds up to, by currency"),
  rejects: z
    .array(
      z.object({
        currency: z.string().describe("Billing currency; empty where it cannot be read"),
        rows: z.int().describe("Rows that were refused"),
        rowsWithoutCost: z.int().describe("Those of them whose cost cannot be read"),
        total: amount("Cost of the others"),
      }),
    )
    .describe("Refused rows by currency"),
  publication: z
    .object({
      publicationId: z.string().describe("The publication, as in `/v1/publications`"),
      isCurrent: z.boolean().describe("Whether the run answers now; false where a later one does"),
      silences: z.int().describe("Subscription days of other exports for which it answers"),
      silenced: z.int().describe("Subscription days for which other exports answer"),
    })
    .describe("What became visible"),
});

const Pushed = z.object({
  outcome: z.enum(["imported", "already imported"]).describe("Whether the file was taken, or was published before"),
  source: z.string().describe("Name of the source"),
  export: z.string().describe("Identity of the export"),
  exportName: z.string().describe("Name of the export"),
  dataset: z.enum(DATASETS).describe("Which figures the file holds"),
  month: z.string().describe("Billing month"),
  runId: z.string().describe("Run"),
  submittedAt: z.string().describe("When it was sent; later runs replace earlier ones"),
  report: Report.nullable().describe(
    "What came of it; null where it was published before: `/v1/runs/{runId}` says more",
  ),
});

/** Files that are sent instead of being fetched. */
export const addIngestRoutes =
  ({ ingest, settings }: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser([...MEDIA_TYPES], async () => null); // the handler reads the body itself
    app.addContentTypeParser("*", async () => {
      const message = `The Content-Type of a file has to be one of ${MEDIA_TYPES.join(", ")}.`;
      throw new HttpError(415, "unsupported_media_type", message);
    });

    app.post(
      "/v1/ingest/:source",
      {
        config: READS_BODY,
        schema: {
          params: z.object({ source: z.string().max(1000).describe("Name of the source, enabled or not") }),
          querystring: PushQuery,
          body: AnyFile,
          consumes: [...MEDIA_TYPES],
          response: { 200: Pushed, 201: Pushed },
          tags: ["warehouse"],
          summary: "Takes a file as a run of a source: CSV or NDJSON, plain or gzipped, or Parquet",
          description:
            "The file is loaded while it comes and published when all of it is there; what fails before leaves nothing " +
            "visible. A run that is published already is answered with 200 without reading the body.",
        },
      },
      async (request, reply) => {
        const { run_id: runId, billing_month: month, dataset, export_name: exportName } = request.query;
        const { row_count: rowCount = null, overwrite } = request.query;
        const received = receiveBody(request.raw, settings.stallTimeoutMs, () => askForBody(request, reply));
        try {
          const pushed = await ingest.push(
            {
              source: request.params.source,
              runId,
              month,
              dataset,
              exportName,
              rowCount,
              byteCount: byteCountOf(request.headers["content-length"]),
              isGzipped: isGzipped(request.headers["content-encoding"]),
              overwrite: overwrite === "true",
            },
            received.bytes,
            callerSignal(reply),
          );
          return await reply
            .code(pushed.report === null ? 200 : 201)
            .header("location", `/v1/runs/${encodeURIComponent(runId)}`)
            .send(toAnswer(pushed));
        } catch (error) {
          throw explain(error);
        } finally {
          received.discard();
        }
      },
    );
  };

function byteCountOf(header: string | undefined): number | null {
  return header === undefined ? null : Number(header);
}

function isGzipped(header = "identity"): boolean {
  const encoding = header.trim().toLowerCase();
  if (encoding === "identity") return false;
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  throw new HttpError(415, "unsupported_encoding", "The Content-Encoding of a file may be gzip and nothing else.", {
    headers: { "accept-encoding": "gzip" },
  });
}

function toAnswer({ run, report }: PushedRun): z.infer<typeof Pushed> {
  const { source, export: id, exportName, dataset, month, runId, submittedAt } = run;
  return {
    outcome: report === null ? "already imported" : "imported",
    source,
    export: id,
    exportName,
    dataset,
    month,
    runId,
    submittedAt,
    report: report && {
      rowsLoaded: report.rowsLoaded,
      rowsRejected: report.rowsRejected,
      totals: report.totals.map(({ billing_currency: currency, actual, amortized }) => ({
        currency,
        actual,
        amortized,
      })),
      rejects: report.rejects.map(({ billing_currency: currency, rows_without_cost: rowsWithoutCost, ...reject }) => ({
        currency,
        rowsWithoutCost,
        ...reject,
      })),
      publication: report.publication,
    },
  };
}

/** What is wrong with a file is its sender's affair; other failures stay what they are. */
function explain(error: unknown): unknown {
  if (error instanceof Error && error.name === "AbortError") {
    return new HttpError(503, "stopping", error.message, { cause: error, headers: { "retry-after": "1" } });
  }
  if (error instanceof PartLimitError) return new HttpError(413, "too_large", error.message, { cause: error });
  if (error instanceof FileError) return new HttpError(422, "invalid_file", error.message, { cause: error });
  if (error instanceof HeaderError) return new HttpError(422, "invalid_header", error.message, { cause: error });
  if (error instanceof RejectedRowsError) return new HttpError(422, "rejected_rows", error.message, { cause: error });
  if (error instanceof ReconciliationError) return new HttpError(422, "row_count", error.message, { cause: error });
  if (error instanceof StorageError) {
    return new HttpError(507, "no_room", "There is no room for the file. Try again later.", { cause: error });
  }
  return error;
}
