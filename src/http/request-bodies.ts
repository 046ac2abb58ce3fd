import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "./errors.ts";
import { answerFailure } from "./failures.ts";

const LINGER_MS = 5_000; // who is answered before everything was sent has so long to hear it

/** Says in a route's `config` that it asks for the body of a request itself, and takes as long as it likes for it. */
export const READS_BODY: FastifyContextConfig & { readonly readsBody: true } = { readsBody: true };

/**
 * Ends requests that take longer to send their bodies: Node's own limit is one for all requests, but a file may take as
 * long as something of it comes. Who waits for a word before sending a body hears it when somebody wants that body, and
 * not before a token was looked at.
 */
export function limitBodies(app: FastifyInstance, limitMs: number): void {
  app.server.on("checkContinue", (request, response) => app.routing(request, response));
  app.addHook("onRequest", async (request, reply) => {
    if (!hasBody(request)) return;
    const { raw } = request;
    reply.raw.once("finish", () => closeLater(request));
    if (readsBody(request)) return;
    const timer = setTimeout(() => {
      if (!raw.complete) endLate(request, reply);
    }, limitMs);
    reply.raw.once("close", () => clearTimeout(timer));
  });
  app.addHook("preParsing", (request, reply, payload, done) => {
    if (!readsBody(request)) askForBody(request, reply);
    done(null, payload);
  });
}

/** Has the body sent, where its sender waits to be asked for it. */
export function askForBody({ headers }: FastifyRequest, { raw }: FastifyReply): void {
  if (headers.expect?.toLowerCase() === "100-continue") raw.writeContinue();
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

function readsBody({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as { readonly readsBody?: true } | undefined)?.readsBody === true;
}

function endLate(request: FastifyRequest, reply: FastifyReply): void {
  const error = new HttpError(408, "timeout", "The body did not come in time. Send it again.", {
    headers: { connection: "close" },
  });
  answerFailure(error, request, reply);
}

/** Closes a connection whose answer was sent, but over which the body still comes. */
function closeLater({ raw }: FastifyRequest): void {
  if (raw.complete) return;
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy();
  }, LINGER_MS);
  raw.once("close", () => clearTimeout(timer));
}
