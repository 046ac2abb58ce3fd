import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { clickHouseCode, clickHouseMessage } from "../../clickhouse/client.ts";
import type { Answer as RawAnswer } from "../../clickhouse/client.ts";
import { SET_MOVED } from "../../clickhouse/visible-set.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import type { AnswerCache, CachedAnswer } from "./answer-cache.ts";
import type { HttpDependencies } from "./dependencies.ts";
import { HttpError } from "./errors.ts";

/** An answer that was computed as a whole. */
export type WholeAnswer = {
  readonly body: string | Buffer;
  /** JSON unless it says otherwise. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An answer whose bytes are passed on as ClickHouse writes them. */
export type StreamedAnswer = {
  readonly answer: RawAnswer;
  /** What ClickHouse says unless it is given. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const ATTEMPTS = 5;
const WORTH_PACKING = 1400; // what fits into one packet is sent as it is
const PACKING_LEVEL = 3; // a third of the time of the usual 6, a tenth more bytes
const DIGEST_LENGTH = 22; // 132 bits: answers that are kept are told apart by it
const compress = promisify(gzip);
const JSON_TYPE = "application/json; charset=utf-8";
const THROWN = "395"; // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO

/**
 * Does work that is to see one set of publications; when they change before its statements have begun it is done again
 * for those that answer now.
 */
export async function withVisibleSet<T>(
  { visibleSets }: Pick<HttpDependencies, "visibleSets">,
  work: (set: VisibleSet) => Promise<T>,
): Promise<T> {
  return retryMoved(await visibleSets.current(), visibleSets, work);
}

/**
 * Answers a question with what `compute` makes of the current publications: 304 where the caller has it already, out of
 * memory where it was computed before, and else anew. Only what the request, the publications, the edits and the day
 * decide may be in the answer. With `isCheckedAfter` the set is not asked for before an answer that has to be computed, but
 * behind it: once more where it was another one. `alsoReads` names what else decides it.
 */
export async function answerFromSet(
  dependencies: HttpDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  compute: (set: VisibleSet) => Promise<WholeAnswer>,
  { isCheckedAfter = false, alsoReads }: { readonly isCheckedAfter?: boolean; readonly alsoReads?: string } = {},
): Promise<FastifyReply> {
  const { visibleSets, cache } = dependencies;
  const isStored = !/\bno-store\b/i.test(request.headers["cache-control"] ?? "");
  const latest = isCheckedAfter && request.headers["if-none-match"] === undefined ? visibleSets.latest() : undefined;
  const asking = digestOf(dependencies, request, alsoReads);
  const isNew = latest !== undefined && (!isStored || cache.get(tagOf(latest, await asking)) === undefined);
  const [current, asked] = await Promise.all([isNew ? latest : visibleSets.current(), asking]);
  if (isKnown(request, reply, current, asked)) return notModified(cache, reply);
  const kept = isStored ? cache.get(tagOf(current, asked)) : undefined;
  if (kept !== undefined) {
    cache.tell("memory");
    return send(reply, tagOf(current, asked), kept);
  }
  const [set, answer] = isCheckedAfter
    ? await checkAfter(current, visibleSets, compute)
    : await retryMoved(current, visibleSets, async (moved) => [moved, await compute(moved)] as const);
  const whole = await pack(answer, acceptsGzip(request));
  cache.tell("warehouse");
  if (isStored) cache.set(tagOf(set, asked), whole);
  return send(reply, tagOf(set, asked), whole);
}

/** Answers a request with the bytes that ClickHouse writes, as they come; 304 where the caller has them already. */
export async function streamFromSet(
  dependencies: HttpDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  open: (set: VisibleSet) => Promise<StreamedAnswer>,
  { alsoReads }: { readonly alsoReads?: string } = {},
): Promise<FastifyReply> {
  const { visibleSets, cache } = dependencies;
  const [current, asked] = await Promise.all([visibleSets.current(), digestOf(dependencies, request, alsoReads)]);
  if (isKnown(request, reply, current, asked)) return notModified(cache, reply);
  const [set, opened] = await retryMoved(current, visibleSets, async (moved) => [moved, await open(moved)] as const);
  const { answer, headers = {}, contentType = answer.contentType } = opened;
  cache.tell("warehouse");
  try {
    if (answer.encoding !== undefined) reply.header("content-encoding", answer.encoding);
    setHeaders(reply, tagOf(set, asked)).headers(headers).type(contentType);
  } catch (error) {
    answer.stream.destroy(); // its query would run on, and hold its place
    throw error;
  }
  return reply.send(answer.stream);
}

function notModified(cache: AnswerCache, reply: FastifyReply): FastifyReply {
  cache.tell("not modified");
  return reply.code(304).send();
}

/** Computes an answer of a set that is current when it is there. */
async function checkAfter<T>(
  begun: VisibleSet,
  visibleSets: HttpDependencies["visibleSets"],
  compute: (set: VisibleSet) => Promise<T>,
): Promise<readonly [VisibleSet, T]> {
  let set = begun;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const [used, answer] = await retryMoved(set, visibleSets, async (moved) => {
      const checked = { ...moved, isCheckedAfter: true };
      return [checked, await compute(checked)] as const;
    });
    set = await visibleSets.current();
    if (set.id === used.id) return [set, answer];
  }
  throw moving();
}

async function retryMoved<T>(
  current: VisibleSet,
  visibleSets: HttpDependencies["visibleSets"],
  work: (set: VisibleSet) => Promise<T>,
): Promise<T> {
  let set = current;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(set);
    } catch (error) {
      if (clickHouseCode(error) !== THROWN || !(clickHouseMessage(error) ?? "").includes(SET_MOVED)) throw error;
      if (attempt === ATTEMPTS) {
        throw moving(error);
      }
      set = await visibleSets.current();
    }
  }
}

function moving(cause?: unknown): HttpError {
  return new HttpError(503, "publications_moving", "The publications keep changing. Try again.", {
    cause,
    headers: { "retry-after": "1" },
  });
}

async function pack(
  { body, contentType = JSON_TYPE, headers = {} }: WholeAnswer,
  isGzip: boolean,
): Promise<CachedAnswer> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (!isGzip || bytes.length < WORTH_PACKING) return { body: bytes, contentType, headers };
  return {
    body: await compress(bytes, { level: PACKING_LEVEL }),
    contentType,
    headers: { ...headers, "content-encoding": "gzip" },
  };
}

function send(reply: FastifyReply, tag: string, { body, contentType, headers }: CachedAnswer): FastifyReply {
  return setHeaders(reply, tag).headers(headers).type(contentType).send(body);
}

function setHeaders(reply: FastifyReply, tag: string): FastifyReply {
  const vary = [reply.getHeader("vary") ?? [], "Accept, Accept-Encoding"].flat().join(", ");
  return reply.headers({ etag: `"${tag}"`, "cache-control": "no-cache", vary });
}

/** Whether the caller has this answer already. */
function isKnown(request: FastifyRequest, reply: FastifyReply, set: VisibleSet, asked: string): boolean {
  const known = request.headers["if-none-match"];
  if (known === undefined) return false;
  const tag = tagOf(set, asked);
  const isSame = known.split(",").some((given) => given.trim().replace(/^W\//, "") === `"${tag}"`);
  if (isSame) setHeaders(reply, tag);
  return isSame;
}

/** Names an answer: which publications it was computed from, and what was asked. */
function tagOf(set: VisibleSet, asked: string): string {
  return `${set.id}-${asked}`;
}

/** All that an answer depends on but the publications: the question, what was edited by hand, and which day it is. */
async function digestOf(
  { edits, now }: HttpDependencies,
  request: FastifyRequest,
  alsoReads: string | undefined,
): Promise<string> {
  const { method, url, headers, body } = request;
  const today = now().toISOString().slice(0, 10); // "last month" is another one tomorrow
  const parts = [
    await edits.version(),
    today,
    method === "HEAD" ? "GET" : method,
    normalize(url),
    headers.accept,
    headers["accept-encoding"],
    body === undefined || body === null ? "" : JSON.stringify(body),
    ...(alsoReads === undefined ? [] : [alsoReads]),
  ];
  return createHash("sha256").update(parts.join("\n")).digest("base64url").slice(0, DIGEST_LENGTH);
}

/** The same text for URLs that ask the same: without a slash at the end of the path, parameters in order of their names. */
function normalize(url: string): string {
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  const parameters = query.split("&").map((parameter) => parameter.split(/=(.*)/s));
  parameters.sort(([one = ""], [other = ""]) => (one < other ? -1 : one > other ? 1 : 0)); // values of one name keep their order
  return `${path.replace(/\/$/, "")}?${parameters.map(([name = "", value = ""]) => `${name}=${value}`).join("&")}`;
}

function acceptsGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers["accept-encoding"]?.toString() ?? "");
}
