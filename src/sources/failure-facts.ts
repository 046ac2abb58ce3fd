import type { FailureKind } from "../domain/connection-test.ts";

/** What is known of a failure beside its message. */
export type FailureFacts = {
  readonly kind: FailureKind;
  /** The HTTP status; null where there was no answer. */
  readonly statusCode: number | null;
};

const known = new WeakMap<object, FailureFacts>();

/** Remembers facts of an error, and gives the error. */
export function noteFacts<Failure extends Error>(error: Failure, facts: FailureFacts): Failure {
  known.set(error, facts);
  return error;
}

/** What was remembered of an error; undefined where nothing was. */
export function factsOf(error: unknown): FailureFacts | undefined {
  return typeof error === "object" && error !== null ? known.get(error) : undefined;
}
