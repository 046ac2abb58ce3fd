import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpDependencies } from "./dependencies.ts";
import { callerSignal } from "./caller-signal.ts";
import type { Statement } from "./query-lane.ts";

/** ClickHouse writes numbers as JSON numbers with all their digits. */
const RAW_NUMBERS = {
  output_format_json_quote_decimals: 0,
  output_format_json_quote_64bit_integers: 0,
  output_format_json_escape_forward_slashes: 0,
};

/** The rows of a statement, each a JSON object as ClickHouse writes it: numbers keep all their digits. */
export async function jsonRows(
  { queries }: Pick<HttpDependencies, "queries">,
  statement: Statement,
  reply: FastifyReply,
): Promise<string[]> {
  const options = { signal: callerSignal(reply), settings: RAW_NUMBERS };
  const text = (await queries.bytes(statement, "JSONEachRow", options)).toString();
  return text === "" ? [] : text.trimEnd().split("\n");
}

/** Answers with JSON that depends on more than publications, such as names of ours: its ETag is that of its text. */
export function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): FastifyReply {
  const etag = `"${createHash("sha1").update(body).digest("base64url")}"`;
  reply.headers({ ...headers, etag, "cache-control": "no-cache" });
  const known = request.method === "GET" ? (request.headers["if-none-match"] ?? "") : "";
  if (known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)) return reply.code(304).send();
  return reply.type("application/json; charset=utf-8").send(body);
}

/** A row without its last column where that has nothing: only what cannot be told in USD is worth a word. */
export function withoutEmpty(row: string): string {
  return row.replace(/,"not_convertible":\[\]\}$/, "}");
}
