import { fastifyCors } from "@fastify/cors";
import { fastifyHelmet } from "@fastify/helmet";
import { fastifyRateLimit } from "@fastify/rate-limit";
import { fastify, LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { callerOf, requireTokens } from "./auth.ts";
import type { HttpDependencies } from "./dependencies.ts";
import { HttpError } from "./errors.ts";
import { answerFailure, answerFailures } from "./failures.ts";
import { addHealthRoutes } from "./health.ts";
import { addMetrics } from "./metrics.ts";
import { addOpenApi } from "./open-api.ts";
import { limitBodies } from "./request-bodies.ts";
import { requestIdOf } from "./request-id.ts";
import { ROUTES } from "./routes.ts";
import { scrub } from "./scrub.ts";
import { countTraffic, onEnd } from "./traffic.ts";

const MOST_PARAMETER_LENGTH = 4096; // an id of Azure's in a path has hundreds of characters
const HEADER_BYTES = 16 << 10; // of all headers, as Node takes by itself
const BODY_MS = 60_000; // to send a body as a whole
const MINUTE_MS = 60_000;

/** Builds the service; it listens nowhere yet. Without a log it writes none. */
export async function createApp(dependencies: HttpDependencies, log?: FastifyBaseLogger): Promise<FastifyInstance> {
  const { settings, tokens, traffic, version } = dependencies;
  const app: FastifyInstance = fastify({
    ...(log === undefined ? { logger: false } : { loggerInstance: log }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    bodyLimit: settings.bodyLimitBytes,
    requestIdHeader: false,
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply), // a URL that cannot be decoded
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MOST_PARAMETER_LENGTH },
    http: { maxHeaderSize: settings.maxUrlLength + HEADER_BYTES },
    return503OnClosing: false, // what comes over a connection that is still open is answered
    forceCloseConnections: "idle",
    requestTimeout: 0, // see limitBodies; for headers Node has a limit of its own
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerFailures(app);
  nameRequests(app);
  countTraffic(app, traffic);
  limitUrls(app, settings.maxUrlLength);
  limitBodies(app, BODY_MS);
  await app.register(fastifyHelmet, { contentSecurityPolicy: { directives: POLICY } });
  if (settings.corsOrigins.length > 0) {
    await app.register(fastifyCors, {
      origin: [...settings.corsOrigins],
      exposedHeaders: [...EXPOSED_HEADERS],
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    });
  }
  noticeEdits(app, dependencies);
  if (!settings.isAuthDisabled) requireTokens(app, tokens);
  if (settings.rateLimit !== null) await limitRate(app, settings.rateLimit);
  app.addHook("onClose", () => tokens.close());

  addMetrics(app, dependencies);
  await addOpenApi(app, version);
  await app.register(addHealthRoutes(dependencies));
  for (const addRoutes of ROUTES) await app.register(addRoutes(dependencies));
  return app;
}

/** What pages of other origins may read of an answer. */
const EXPOSED_HEADERS = [
  "ETag",
  "Link",
  "Location",
  "Retry-After",
  "X-Request-Id",
  "Content-Disposition",
  ...["Rows", "Currencies", "Publications", "As-Of", "Tracking", "Warnings", "Next"].map((fact) => `Billhouse-${fact}`),
];

/** What pages may load: the docs page brings all that it needs, styles in its elements included. */
const POLICY = {
  "default-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "style-src": ["'self'", "'unsafe-inline'"],
  "script-src": ["'self'"],
  "upgrade-insecure-requests": null, // the service itself speaks HTTP, and its page loads from it
};

/** Gives every answer the id of its request, and one line of the log. */
function nameRequests(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => void reply.header("x-request-id", request.id));
  onEnd(app, (request, reply, status) => {
    const { method, url } = request;
    const facts = { method, url: scrub(url), status, ms: Math.round(reply.elapsedTime * 10) / 10 };
    request.log.info({ ...facts, token: callerOf(request)?.name }, "request");
  });
}

/** After a request that may have edited something the next answer looks anew. */
function noticeEdits(app: FastifyInstance, { edits }: HttpDependencies): void {
  app.addHook("onSend", async ({ method }) => {
    if (method !== "GET" && method !== "HEAD") edits.forget();
  });
}

function limitUrls(app: FastifyInstance, most: number): void {
  app.addHook("onRequest", async ({ url }) => {
    if (url.length <= most) return;
    throw new HttpError(414, "url_too_long", `The URL has more than ${most} characters. POST /v1/costs takes a body.`);
  });
}

/** Limits what one token, or one address where nobody needs a token, may ask in a minute. */
async function limitRate(app: FastifyInstance, max: number): Promise<void> {
  await app.register(fastifyRateLimit, {
    max,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callerOf(request)?.id ?? request.ip,
    errorResponseBuilder: (_request, { ttl }) =>
      new HttpError(429, "rate_limit", `More than ${max} requests in a minute. Try again later.`, {
        headers: { "retry-after": String(Math.ceil(ttl / 1000)) },
      }),
  });
}
