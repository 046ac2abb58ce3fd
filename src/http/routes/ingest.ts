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
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";
import { AnyFile, Pushed, PushQuery, toPushed } from "../push-schema.ts";
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

/** Files that are sent instead of being fetched. */
export const addIngestRoutes =
  ({ ingest, settings, tracking }: HttpDependencies): FastifyPluginAsyncZod =>
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
          if (pushed.report !== null) tracking.catchUp();
          return await reply
            .code(pushed.report === null ? 200 : 201)
            .header("location", `/v1/runs/${encodeURIComponent(runId)}`)
            .send(toPushed(pushed));
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
