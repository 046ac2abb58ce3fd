import type { IncomingMessage } from "node:http";
import axios from "axios";
import { ApiError, BillhouseError, FileError, OverwrittenError, ThrottledError } from "../domain/errors.ts";
import { downloadBytes } from "./byte-download.ts";
import type { DownloadAnswer, DownloadLimits } from "./byte-download.ts";
import { keepSignature } from "./known-secrets.ts";
import { secondsToWait } from "./retry-after.ts";

/** A blob that is read by a link of Azure's, which is as good as a password. */
export type LinkedBlob = {
  /** How messages name it; no part of the link. */
  readonly place: string;
  /** Its stored bytes; null where nobody knows them beforehand. */
  readonly byteCount: number | null;
  /** The link; a new one where the last was refused. */
  readonly link: (isRefused: boolean) => Promise<string>;
};

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: IncomingMessage;
};

/** A ClickHouse server lets go of a body that is silent for 30 s. */
const LONGEST_WAIT_SECONDS = 20;
/** What Azure answers to a signature that has run out, or whose key was changed. */
const REFUSED = [401, 403, 404, 410];

/** No token, no redirect to where the signature would be told, and the bytes as they are stored. */
const http = axios.create({
  responseType: "stream",
  decompress: false,
  maxRedirects: 0,
  validateStatus: () => true,
  headers: { accept: "*/*", "accept-encoding": "identity" },
});

/**
 * The stored bytes of a blob behind a link. A connection that is lost is taken up at the next byte of the same version,
 * and a link that has run out is replaced. Throws FileError when the blob has another size than its report says,
 * OverwrittenError when it is gone or changed, ThrottledError or ApiError; none of them knows the link.
 */
export async function* downloadReportBlob(
  blob: LinkedBlob,
  signal: AbortSignal,
  limits?: DownloadLimits,
): AsyncGenerator<Buffer, void> {
  const { place } = blob;
  let etag: string | undefined;
  const download = {
    start: 0,
    end: blob.byteCount,
    async ask(offset: number, abortSignal: AbortSignal): Promise<DownloadAnswer> {
      if (offset > 0 && etag === undefined) {
        throw new ApiError(`${place}: the connection was lost, and nothing says which version it was: try again`);
      }
      const version = offset === 0 || etag === undefined ? {} : { range: `bytes=${offset}-`, "if-match": etag };
      const get = async (isRefused: boolean) => request(await blob.link(isRefused), version, abortSignal);
      let answer = await get(false);
      if (REFUSED.includes(answer.status)) {
        answer.body.destroy();
        answer = await get(true);
      }
      if (!isFrom(answer, offset)) {
        answer.body.destroy();
        throw failureOf(answer, place);
      }
      etag ??= answer.headers["etag"];
      const length = answer.headers["content-length"];
      return { byteCount: length === undefined ? null : Number(length), body: answer.body };
    },
    isLost: (error: unknown) =>
      error instanceof ThrottledError
        ? (error.retryAfterSeconds ?? 0) <= LONGEST_WAIT_SECONDS
        : !(error instanceof BillhouseError),
    wrongSize: (found: number, expected: number) =>
      new FileError(
        `${place}: has ${found} bytes, not ${expected} as its report says, so that rows would be missing. ` +
          "Nothing was published. Import again, and a new report is asked for.",
      ),
  };
  try {
    yield* downloadBytes(download, signal, limits);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof BillhouseError) throw error;
    throw new ApiError(`${place}: ${problemOf(error)}: check the network, then try again`);
  }
}

/** A service that does not answer, or fails: a later try may succeed. Its message may be shown. */
class Unanswered extends Error {}

/** Axios's errors hold the link, in their config and as their request: none of them leaves this function. */
async function request(link: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  keepSignature(link);
  try {
    const { status, headers: answered, data } = await http.get<IncomingMessage>(link, { headers, signal });
    const entries = Object.entries(answered).map(([name, value]): [string, string] => [
      name.toLowerCase(),
      String(value),
    ]);
    return { status, headers: Object.fromEntries(entries), body: data };
  } catch (error) {
    throw new Unanswered(`${new URL(link).host} does not answer (${codeOf(error)})`);
  }
}

/** Whether an answer has the bytes from there on. */
function isFrom({ status, headers }: Answer, offset: number): boolean {
  if (offset === 0) return status === 200;
  return status === 206 && (headers["content-range"] ?? "").startsWith(`bytes ${offset}-`);
}

function failureOf({ status, headers }: Answer, place: string): Error {
  const code = /^\w+$/.exec(headers["x-ms-error-code"] ?? "")?.[0] ?? "";
  const id = /^[\w-]+$/.exec(headers["x-ms-request-id"] ?? "")?.[0];
  const what = `${`${status} ${code}`.trim()}${id === undefined ? "" : `, request id ${id}`}`;
  if (status === 404 || status === 410 || status === 412) {
    return new OverwrittenError(
      `${place}: ${what}: the blob is gone or changed: import again, and a new report is asked for`,
    );
  }
  if (status === 429 || status === 503) {
    const retryAfterSeconds = secondsToWait(headers, Date.now());
    return new ThrottledError(`${place}: ${what}: the storage asks to be left alone; try again later`, {
      retryAfterSeconds,
    });
  }
  if (status >= 500 || status === 408) return new Unanswered(`the storage failed (${what})`);
  const refused = "Azure refuses a link that it has just given";
  return new ApiError(
    `${place}: ${what}: ${status === 401 || status === 403 ? refused : "these are not its bytes"}: see whether a proxy stands between, then try again`,
  );
}

function problemOf(error: unknown): string {
  return error instanceof Unanswered ? error.message : `the connection was lost (${codeOf(error)})`;
}

/** Such as ECONNRESET. Messages of the network are not told: they may quote what was asked for. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "no code";
}
