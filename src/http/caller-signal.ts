import type { FastifyReply } from "fastify";

const signals = new WeakMap<FastifyReply, AbortSignal>();

/**
 * Aborted when the caller leaves before the answer has ended. Fastify's own `request.signal` follows the request, which
 * closes as soon as its body was read.
 */
export function callerSignal(reply: FastifyReply): AbortSignal {
  const known = signals.get(reply);
  if (known !== undefined) return known;
  const left = new AbortController();
  const { raw } = reply;
  const leave = () => {
    if (!raw.writableEnded) left.abort();
  };
  if (raw.destroyed) leave();
  else raw.once("close", leave);
  signals.set(reply, left.signal);
  return left.signal;
}
