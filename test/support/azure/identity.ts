import { randomUUID } from "node:crypto";
import { startServer } from "./server.ts";
import type { SimulatedAnswer, SimulatedRequest, SimulatedTraffic } from "./server.ts";

/** What the simulator accepts and gives out; every secret in it is recognisable by `SIMULATED_SECRET`. */
export const IDENTITY_HEADER = "HEADER-SECRET-1";

/** Matches every secret of the simulator: no log, table, answer or message may hold one. */
export const SIMULATED_SECRET = /(?:SIG|TOKEN|KEY|HEADER|CLIENT|PASSWORD)-SECRET/;

/** Tokens that were given out, and whether one is good. One book per process, as MSAL keeps tokens per process. */
export type TokenBook = {
  /** Gives a new token out. */
  issue(audience: string, lifetimeSeconds?: number): string;
  /** Why a token is refused; null where it is good for the audience. */
  problemOf(authorization: string | undefined, audiences: readonly string[]): string | null;
  /** Refuses every token that was given out so far, as when it has run out. */
  revokeAll(): void;
  /** How many were given out. */
  readonly count: () => number;
};

const LIFETIME_SECONDS = 86_400;
/** The client id of the one user-assigned identity that there is. */
export const MANAGED_CLIENT = "aaaaaaaa-0000-4000-8000-000000000001";
/** Who every token is for, as its claims say. */
export const CLAIMS = {
  tid: "bbbbbbbb-0000-4000-8000-000000000001",
  appid: MANAGED_CLIENT,
  oid: "cccccccc-0000-4000-8000-000000000001",
} as const;

function createTokenBook(): TokenBook {
  const tokens = new Map<string, { readonly audience: string; readonly until: number; isRevoked: boolean }>();
  return {
    issue(audience, lifetimeSeconds = LIFETIME_SECONDS) {
      const until = Date.now() + lifetimeSeconds * 1000;
      const claims = { aud: audience, exp: Math.floor(until / 1000), ...CLAIMS };
      const token = [{ typ: "JWT", alg: "none" }, claims]
        .map((part) => `${Buffer.from(JSON.stringify(part)).toString("base64url")}.`)
        .concat(`TOKEN-SECRET-${tokens.size + 1}`)
        .join("");
      tokens.set(token, { audience, until, isRevoked: false });
      return token;
    },
    problemOf(authorization, audiences) {
      const token = tokens.get(/^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "");
      if (token === undefined) return "The access token is missing or invalid.";
      if (token.isRevoked || token.until < Date.now()) return "The access token expiry UTC time is earlier than now.";
      const audience = token.audience.replace(/\/$/, "");
      return audiences.includes(audience)
        ? null
        : `The access token has been obtained for wrong audience '${audience}'.`;
    },
    revokeAll() {
      for (const token of tokens.values()) token.isRevoked = true;
    },
    count: () => tokens.size,
  };
}

/** The endpoint of a managed identity, as in App Service. */
export type SimulatedIdentity = {
  readonly url: string;
  readonly book: TokenBook;
  readonly traffic: SimulatedTraffic;
  /** How long the tokens are good that are given out from now on, in seconds. */
  setLifetime(seconds: number): void;
};

let shared: Promise<SimulatedIdentity> | undefined;

/** The process's managed identity: MSAL remembers the first endpoint and its tokens for as long as the process lives. */
export function startIdentity(): Promise<SimulatedIdentity> {
  shared ??= start();
  return shared;
}

async function start(): Promise<SimulatedIdentity> {
  const book = createTokenBook();
  let lifetime = LIFETIME_SECONDS;
  const traffic: SimulatedTraffic = {
    faults: new Map(),
    seen: [],
    violations: [],
    held: new Set(),
    now: () => new Date(),
  };
  const { url } = await startServer(traffic, (request) => ({
    api: "tokens",
    handle: () => answerTo(request, (audience) => ({ token: book.issue(audience, lifetime), lifetime })),
  }));
  return {
    url,
    book,
    traffic,
    setLifetime(seconds) {
      lifetime = seconds;
    },
  };
}

function answerTo(
  { path, query, headers }: SimulatedRequest,
  issue: (audience: string) => { readonly token: string; readonly lifetime: number },
): SimulatedAnswer {
  const refuse = (status: number, message: string): SimulatedAnswer => ({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ statusCode: status, message, correlationId: randomUUID() }),
  });
  const audience = query.get("resource");
  if (path !== "/msi/token") return refuse(404, "Not found.");
  if (headers["x-identity-header"] !== IDENTITY_HEADER) return refuse(401, "The identity header is wrong.");
  if (query.get("api-version") !== "2019-08-01" || audience === null) return refuse(400, "Invalid request.");
  const client = query.get("client_id");
  if (client !== null && client !== MANAGED_CLIENT) return refuse(400, "No User Assigned Managed Identity found.");
  const { token, lifetime } = issue(audience);
  const expires = Math.floor(Date.now() / 1000) + lifetime;
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      access_token: token,
      expires_on: String(expires),
      resource: audience,
      token_type: "Bearer",
      client_id: client ?? MANAGED_CLIENT,
    }),
  };
}
