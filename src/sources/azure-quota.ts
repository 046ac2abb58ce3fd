import { RateLimiterMemory } from "rate-limiter-flexible";
import { ConfigurationError, ThrottledError } from "../domain/errors.ts";
import type { AzureRequest, Pass } from "./azure-client.ts";

/** The APIs that have quotas. */
export type QuotaKind = "cost-details" | "usage-details" | "ea";

/** What is asked about; in lower case. A tenant that nobody names is the endpoint's. */
type Place = { readonly origin: string; readonly scope: string; readonly tenant: string };

/** So many requests in so many seconds, of whatever `keyOf` names; it names nothing where the limit is of others. */
type Limit = {
  readonly points: number;
  readonly seconds: number;
  readonly keyOf: (request: AzureRequest, place: Place) => string | null;
};

const VARIABLE = "BILLHOUSE_API_QUOTAS";
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/**
 * Microsoft's limits. Cost details: 2 reports a minute, 10 an hour and 50 a day of a scope, 10 a minute of a tenant's
 * subscriptions and 5 of another billing account, 2 looks a minute at each. Usage details: 2 a minute for one page, 6
 * for a billing account, 10 for a tenant. None is documented for the EA API: one request a second is polite.
 */
const LIMITS: Readonly<Record<QuotaKind, readonly Limit[]>> = {
  "cost-details": [
    { points: 2, seconds: MINUTE, keyOf: ofReports(({ scope }) => scope) },
    { points: 10, seconds: HOUR, keyOf: ofReports(({ scope }) => scope) },
    { points: 50, seconds: DAY, keyOf: ofReports(({ scope }) => scope) },
    { points: 10, seconds: MINUTE, keyOf: ofReports((place) => (accountOf(place) === null ? place.tenant : null)) },
    { points: 5, seconds: MINUTE, keyOf: ofReports(accountOf) },
    { points: 2, seconds: MINUTE, keyOf: ({ url }) => (isLook(url) ? url : null) },
  ],
  "usage-details": [
    { points: 2, seconds: MINUTE, keyOf: ({ url }) => (isLaterPage(url) ? url : null) },
    { points: 6, seconds: MINUTE, keyOf: (_request, place) => accountOf(place) },
    { points: 10, seconds: MINUTE, keyOf: (_request, { tenant }) => tenant },
  ],
  ea: [{ points: 60, seconds: MINUTE, keyOf: (_request, { scope }) => scope }],
};

/** What every client of this process has asked for so far. */
const taken = new Map<Limit, RateLimiterMemory>();
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Waits until an API may be asked again by Microsoft's quotas, which all clients of the process share. `url` is the
 * source's endpoint with its scope or enrolment behind it; `tenant` is null where it is not known.
 * BILLHOUSE_API_QUOTAS=off keeps none: for gateways that do so themselves. What it gives throws ThrottledError where the
 * wait is longer than its caller's longest. Throws ConfigurationError when the variable holds something else.
 */
export function createQuota(
  kind: QuotaKind,
  url: string,
  environment: NodeJS.ProcessEnv,
  tenant: string | null = null,
): Pass {
  if (!areQuotasKept(environment)) return () => Promise.resolve();
  const { origin, pathname } = new URL(url);
  const place = { origin, scope: pathname.toLowerCase(), tenant: tenant?.toLowerCase() ?? "" };

  return async (request, longestWaitSeconds) => {
    const until = Date.now() + longestWaitSeconds * 1000;
    for (;;) {
      const waitMs = await inTurn(() => takeOne(kind, request, place));
      if (waitMs === 0) return;
      if (Date.now() + waitMs > until) throw usedUp(request, Math.ceil(waitMs / 1000));
      await sleep(waitMs, request.signal);
    }
  };
}

/** Whether quotas are kept, as BILLHOUSE_API_QUOTAS says. Throws ConfigurationError. */
export function areQuotasKept(environment: NodeJS.ProcessEnv): boolean {
  const value = environment[VARIABLE]?.trim().toLowerCase() ?? "";
  if (value === "off") return false;
  if (value === "" || value === "on") return true;
  throw new ConfigurationError(`${VARIABLE} is ${JSON.stringify(value)}: expected on or off`);
}

/** Takes one request from every quota that it counts in, or none and gives the milliseconds until all have one again. */
async function takeOne(kind: QuotaKind, request: AzureRequest, place: Place): Promise<number> {
  const shares: { readonly limiter: RateLimiterMemory; readonly key: string; readonly waitMs: number }[] = [];
  for (const limit of LIMITS[kind]) {
    const name = limit.keyOf(request, place);
    if (name === null) continue;
    const limiter = limiterOf(limit);
    const key = `${place.origin} ${name}`;
    const state = await limiter.get(key);
    const isUsedUp = state !== null && state.remainingPoints === 0 && state.msBeforeNext > 0;
    shares.push({ limiter, key, waitMs: isUsedUp ? state.msBeforeNext : 0 });
  }
  const waitMs = Math.max(0, ...shares.map((share) => share.waitMs));
  if (waitMs === 0) for (const { limiter, key } of shares) await limiter.consume(key);
  return waitMs;
}

/** One after the other: between looking and taking nobody else may take. */
function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
  const turn = lastTurn.then(task);
  lastTurn = turn.catch(() => {});
  return turn;
}

function limiterOf(limit: Limit): RateLimiterMemory {
  const limiter = taken.get(limit) ?? new RateLimiterMemory({ points: limit.points, duration: limit.seconds });
  taken.set(limit, limiter);
  return limiter;
}

function ofReports(keyOf: (place: Place) => string | null): Limit["keyOf"] {
  return ({ url }, place) => (/\/generateCostDetailsReport(\?|$)/i.test(url) ? keyOf(place) : null);
}

function isLook(url: string): boolean {
  return /\/costDetailsOperation(Results|Status)\//i.test(url);
}

function isLaterPage(url: string): boolean {
  return /[?&](\$|%24)skiptoken=/i.test(url);
}

function accountOf({ scope }: Place): string | null {
  return /\/billingaccounts\/([^/]+)/.exec(scope)?.[0] ?? null;
}

function usedUp({ method, url }: AzureRequest, retryAfterSeconds: number): ThrottledError {
  return new ThrottledError(
    `${method} ${url.replace(/[?#].*$/s, "")}: Azure's quota of such requests is used up: try again in ${retryAfterSeconds} seconds`,
    { retryAfterSeconds },
  );
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
