import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { clickHouseCode } from "../../clickhouse/client.ts";
import {
  AlreadyRunningError,
  InvalidParameterError,
  InvalidRequestError,
  NotFoundError,
  WarehouseError,
} from "../domain/errors.ts";
import { HttpError } from "./errors.ts";
import { scrub } from "./scrub.ts";
import { surfaceOf } from "./surface.ts";
import { LEFT_STATUS } from "./traffic.ts";
import { problemsOf } from "./validation.ts";
import type { Problems } from "./validation.ts";

/** What is said of a failure. */
type Failure = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly details?: object | undefined;
  /** What is wrong with each parameter. */
  readonly problems?: Problems;
  readonly headers?: Readonly<Record<string, string>>;
};

const SOON = { "retry-after": "1" };

const BEHIND: Failure = {
  status: 503,
  code: "schema_behind",
  message: "The warehouse lacks tables of this version. /readyz says more.",
  headers: SOON,
};

/** What is said of failures of the warehouse, by ClickHouse's code; its own words may quote rows, and stay in the log. */
const WAREHOUSE_FAILURES: Readonly<Record<string, Failure>> = {
  "60": BEHIND,
  "81": BEHIND,
  "159": { status: 504, code: "time_limit", message: "The question took too long and was stopped. Ask for less." },
  "202": { status: 503, code: "busy", message: "The warehouse has too much to do. Try again.", headers: SOON },
  "241": { status: 507, code: "memory_limit", message: "The question needs too much memory. Ask for less." },
  "394": { status: 504, code: "canceled", message: "The question was stopped. Try again.", headers: SOON },
  "427": { status: 400, code: "invalid_regex", message: "A regular expression cannot be read. It has to be RE2." },
  "457": { status: 400, code: "invalid_request", message: "A value cannot be read. Correct it." },
};
const NOT_REACHED: Failure = {
  status: 503,
  code: "warehouse_unreachable",
  message: "The warehouse cannot be reached. Try again later.",
  headers: SOON,
};

const LEFT: Failure = { status: LEFT_STATUS, code: "left", message: "The caller has left." };

/** Answers every failure in the shape of its surface, and unknown paths and methods, too. */
export function answerFailures(app: FastifyInstance): void {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const name of [method].flat()) routes.push({ method: name, pattern: patternOf(url) });
  });
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
    if (allowed.length === 0) return answer(request, reply, notFound());
    const message = `Method "${request.method}" not allowed.`;
    const headers = { allow: allowed.toSorted().join(", ") };
    return answer(request, reply, { status: 405, code: "method_not_allowed", message, headers });
  });
}

/** Answers one failure, whoever threw it; those that are not the caller's are logged. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = reply.raw.destroyed ? LEFT : failureOf(error); // nobody hears it, and it is nobody's fault
  if (failure.status >= 500) {
    request.log.error({ error: scrub(traceOf(error)), status: failure.status }, "request failed");
  }
  return answer(request, reply, failure);
}

function answer(request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply {
  const { status, headers = {} } = failure;
  // An error is JSON and small, whatever was to come.
  for (const name of ["content-encoding", "etag", "content-disposition"]) reply.removeHeader(name);
  return reply
    .code(status)
    .headers({ "x-request-id": request.id, "cache-control": "no-store", ...headers })
    .type("application/json; charset=utf-8")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(surfaceOf(request.url) === "api" ? apiBody(failure) : v1Body(failure));
}

function apiBody({ message, problems }: Failure): object {
  return problems === undefined || Object.keys(problems).length === 0 ? { detail: message } : problems;
}

function v1Body({ code, message, details, problems }: Failure): object {
  const known = details ?? (problems === undefined ? undefined : { parameters: problems });
  return { error: { code, message, ...(known === undefined ? {} : { details: known }) } };
}

function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) return { ...pick(error), message: scrub(error.message) };
  if (error instanceof InvalidParameterError) {
    const message = scrub(error.message);
    return { status: 400, code: "invalid_parameter", message, problems: { [error.parameter]: [message] } };
  }
  if (error instanceof InvalidRequestError) {
    return { status: 400, code: "invalid_request", message: scrub(error.message) };
  }
  if (error instanceof NotFoundError) return { ...notFound(), message: scrub(error.message) };
  if (error instanceof AlreadyRunningError) {
    return { status: 409, code: "already_running", message: scrub(error.message) };
  }
  if (error instanceof WarehouseError) {
    const code = clickHouseCode(error);
    return code === undefined ? NOT_REACHED : (WAREHOUSE_FAILURES[code] ?? internal());
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = problemsOf(error);
    const message = Object.entries(problems).map(([name, texts]) => `${name}: ${texts.join("; ")}`);
    return { status: 400, code: "invalid_parameter", message: scrub(message.join(". ")), problems };
  }
  return isFastifyError(error) ? refusalOf(error) : internal();
}

function pick({ status, code, details, headers }: HttpError): Omit<Failure, "message"> {
  return { status, code, details, headers };
}

function notFound(): Failure {
  return { status: 404, code: "not_found", message: "Not found." };
}

function internal(): Failure {
  return {
    status: 500,
    code: "internal",
    message: "Something went wrong here. The log has more under the request id.",
  };
}

/** What fastify refuses by itself: a body that is too large, of another kind, or no JSON. */
function refusalOf({ statusCode = 500, code, message }: FastifyError): Failure {
  if (statusCode >= 500) return internal();
  const word = code.replace(/^FST_ERR_(?:CTP_)?/, "").toLowerCase();
  return { status: statusCode, code: word, message: scrub(message) };
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && "statusCode" in error && "code" in error && typeof error.code === "string";
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.stack ?? error.message}${error.cause === undefined ? "" : `\ncaused by ${traceOf(error.cause)}`}`;
}

/** What a route's path matches, with and without a slash at its end. */
function patternOf(url: string): RegExp {
  const parts = url
    .replace(/\/$/, "")
    .split("/")
    .map((part) =>
      part === "*" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    );
  return new RegExp(`^${parts.join("/")}/?$`);
}
