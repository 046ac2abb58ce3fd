import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { QueryContext } from "./engine.ts";
import { ClickHouseException, unsupported } from "./exception.ts";

/** What a client asks for besides the statement itself. */
export type QueryRequest = QueryContext & {
  /** The beginning of the statement, or all of it; the body goes on from there. */
  readonly query: string;
  readonly queryId: string;
  readonly defaultFormat: string;
  /** The client allows the answer to be compressed. */
  readonly compressAnswer: boolean;
  /** The client waits for the whole answer, or an error instead. */
  readonly waitsForEnd: boolean;
};

/** A server has them and this warehouse does not; these values mean that the client can do without. */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  client_protocol_version: [],
  compress: ["", "0", "false"],
  decompress: ["", "0", "false"],
  http_wait_end_of_query: ["0", "false"],
  quota_key: [""],
  role: [],
  session_check: ["0"],
  session_id: [""],
  session_timeout: [],
  stacktrace: ["0", "false"],
};

const CREDENTIALS = ["user", "password"];
const WORD = /^\w+$/;
const SETTING = /^[A-Za-z_][\w.]*$/;

/** Reads the parameters of a query from its URL and headers; throws for those that would have to be ignored. */
export function parseQueryRequest(request: IncomingMessage, url: URL): QueryRequest {
  if (request.headers["content-type"]?.startsWith("multipart/form-data") === true) {
    throw unsupported("A multipart/form-data body (external data)");
  }
  const values = new Map<string, string>();
  const settings: Record<string, string> = {};
  const params: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (name in UNSUPPORTED) {
      if (UNSUPPORTED[name]?.includes(value) !== true) throw unsupported(`The URL parameter ${name}`);
    } else if (NAMES.includes(name)) values.set(name, value);
    else if (name.startsWith("param_")) params[requireWord(name.slice("param_".length), "parameter")] = value;
    else if (!CREDENTIALS.includes(name)) settings[requireSetting(name)] = value;
  }
  // As on a server: a GET changes nothing, but may bring settings of its own.
  if (request.method !== "POST") settings["readonly"] ??= "2";
  return {
    query: values.get("query") ?? "",
    queryId: nonEmpty(values.get("query_id")) ?? randomUUID(),
    database: nonEmpty(values.get("database")) ?? header(request, "x-clickhouse-database") ?? "default",
    defaultFormat: requireWord(
      nonEmpty(values.get("default_format")) ?? header(request, "x-clickhouse-format") ?? "TabSeparated",
      "format",
    ),
    compressAnswer: isTrue(values.get("enable_http_compression")),
    waitsForEnd: isTrue(values.get("wait_end_of_query")),
    settings,
    params,
  };
}

const NAMES = ["query", "query_id", "database", "default_format", "enable_http_compression", "wait_end_of_query"];

function isTrue(value: string | undefined): boolean {
  return value === "1" || value === "true";
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? nonEmpty(value) : undefined;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function requireWord(name: string, what: string): string {
  if (WORD.test(name)) return name;
  throw new ClickHouseException(36, "BAD_ARGUMENTS", `${JSON.stringify(name)} is not the name of a ${what}`);
}

function requireSetting(name: string): string {
  if (SETTING.test(name)) return name;
  throw new ClickHouseException(115, "UNKNOWN_SETTING", `Unknown setting '${name}'`);
}
