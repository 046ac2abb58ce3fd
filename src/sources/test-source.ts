import type { ConnectionTest, TestFailure } from "../domain/connection-test.ts";
import {
  ApiError,
  ApiRefusalError,
  AuthenticationError,
  BillhouseError,
  ConfigurationError,
  PermissionError,
  ThrottledError,
} from "../domain/errors.ts";
import { placeOf } from "../domain/source-place.ts";
import type { Source } from "../domain/source.ts";
import { withoutSecrets } from "./azure-failure.ts";
import { factsOf } from "./failure-facts.ts";
import { probeSource } from "./probe-source.ts";

const ANSWER_MS = 30_000;
const LONGEST_WAIT_SECONDS = 5;

type Outcome = Omit<ConnectionTest, "responseTimeMs">;

/**
 * Tests whether a source can be read at this moment, with the secrets that the environment holds: as little is asked as
 * proves it. Whatever keeps it from that is in the answer, nothing secret is. Throws only when the signal is aborted.
 */
export async function testSource(
  source: Source,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  limitMs = ANSWER_MS,
): Promise<ConnectionTest> {
  const begin = performance.now();
  const outcome = await outcomeOf(source, environment, signal, limitMs);
  return { ...outcome, responseTimeMs: Math.round(performance.now() - begin) };
}

async function outcomeOf(
  source: Source,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  limitMs: number,
): Promise<Outcome> {
  const patience = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, patience]);
  const facts: string[] = [];
  const tell = (fact: string) => void facts.push(fact);
  const probe = { environment, signal: either, longestWaitSeconds: LONGEST_WAIT_SECONDS, tell };
  try {
    either.throwIfAborted();
    // A sign-in cannot be broken off, and must not keep anybody waiting either.
    const finding = await unlessAborted(probeSource(source, probe), either);
    return { success: true, ...finding, failure: null };
  } catch (error) {
    signal.throwIfAborted();
    const failure = patience.aborted ? noAnswer(source, limitMs) : error;
    if (!(failure instanceof BillhouseError)) throw failure;
    return {
      success: false,
      message: redact([...facts, failure.message].join(", but "), source, environment),
      warning: null,
      statusCode: factsOf(failure)?.statusCode ?? null,
      failure: kindOf(failure),
    };
  }
}

function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function noAnswer(source: Source, limitMs: number): ApiError {
  const what = `no answer within ${limitMs / 1000} s`;
  return new ApiError(`${placeOf(source)}: ${what}: check the network and firewalls, then try again`);
}

function kindOf(failure: BillhouseError): TestFailure {
  const known = factsOf(failure)?.kind;
  if (known === "transient" && failure instanceof ConfigurationError) return "configuration"; // a certificate
  if (known !== undefined) return known;
  if (failure instanceof AuthenticationError) return "authentication";
  if (failure instanceof PermissionError) return "permission";
  if (failure instanceof ThrottledError) return "throttled";
  if (failure instanceof ApiRefusalError) return "refused";
  return failure instanceof ConfigurationError ? "configuration" : "transient";
}

/** A service may repeat in its answer what it was sent; whatever it was, it is not passed on. */
function redact(text: string, source: Source, environment: NodeJS.ProcessEnv): string {
  const values = variablesOf(source)
    .map((name) => environment[name]?.trim() ?? "")
    .filter((value) => value !== "");
  const bare = values.reduce((left, value) => left.replaceAll(value, "…"), text);
  return withoutSecrets(bare.replace(/\beyJ[\w-]+(\.[\w-]*)*/g, "…"));
}

/** The environment variables that hold the source's secrets. */
function variablesOf(source: Source): string[] {
  switch (source.kind) {
    case "blob":
      return source.credential === "default" ? [] : [source.credential.env];
    case "ea":
      return [source.credential.env];
    case "cost-details":
    case "usage-details": {
      const { identity } = source;
      if (identity.kind === "secret") return [identity.secretVariable];
      return identity.kind === "certificate" ? [identity.passwordVariable] : [];
    }
    case "folder":
    case "push":
      return [];
  }
}
