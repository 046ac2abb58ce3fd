import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "./errors.ts";
import { isOpen } from "./surface.ts";

/** What nginx calls a request whose caller has left. */
export const LEFT_STATUS = 499;

/** The requests under way, and whether more are taken. */
export type Traffic = {
  readonly isStopping: () => boolean;
  /** How many are under way. */
  readonly count: () => number;
  /** Counts one; the function it gives says that it has ended. Throws HttpError 503 once the service is stopping. */
  begin(url: string): () => void;
  /** Takes no further requests; resolves when those that are under way have ended. */
  drain(): Promise<void>;
};

/** Makes the account of a service. */
export function createTraffic(): Traffic {
  let isStopping = false;
  let count = 0;
  let drained: () => void = () => undefined;
  return {
    isStopping: () => isStopping,
    count: () => count,
    begin(url) {
      if (isStopping && !isOpen(url)) {
        throw new HttpError(503, "stopping", "The service is stopping. Try again.", {
          headers: { "retry-after": "1", connection: "close" },
        });
      }
      count++;
      return () => {
        count--;
        if (count === 0) drained();
      };
    },
    async drain() {
      isStopping = true;
      if (count === 0) return;
      await new Promise<void>((resolve) => (drained = resolve));
    },
  };
}

/** Counts the requests of a service. */
export function countTraffic(app: FastifyInstance, traffic: Traffic): void {
  app.addHook("onRequest", async ({ url }, reply) => {
    const end = traffic.begin(url);
    reply.raw.once("close", end);
  });
}

/** Hears of every request when it has ended: with which status, 499 where its caller left before. */
export function onEnd(
  app: FastifyInstance,
  listener: (request: FastifyRequest, reply: FastifyReply, status: number) => void,
): void {
  // Fastify's own onResponse hears of answers that were finished only.
  app.addHook("onRequest", async (request, reply) => {
    reply.raw.once("close", () => listener(request, reply, reply.raw.writableEnded ? reply.statusCode : LEFT_STATUS));
  });
}
