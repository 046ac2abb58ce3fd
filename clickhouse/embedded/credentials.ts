import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ClickHouseException, unsupported } from "./exception.ts";

export type Credentials = {
  readonly username: string;
  readonly password: string;
};

/** What the request identifies itself with: Basic, X-ClickHouse-User and -Key, or URL parameters, in this order. */
function credentialsOf(request: IncomingMessage, url: URL): Credentials {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [scheme = "", encoded = ""] = authorization.split(" ", 2);
    if (scheme.toLowerCase() !== "basic") throw unsupported(`Authorization by ${scheme}`);
    const [username = "", ...password] = Buffer.from(encoded, "base64").toString().split(":");
    return { username, password: password.join(":") };
  }
  const { "x-clickhouse-user": user, "x-clickhouse-key": key } = request.headers;
  if (user !== undefined || key !== undefined) {
    return { username: String(user ?? "default"), password: String(key ?? "") };
  }
  return { username: url.searchParams.get("user") ?? "default", password: url.searchParams.get("password") ?? "" };
}

/** Throws unless the request carries one of the accepted credentials. */
export function requireCredentials(request: IncomingMessage, url: URL, accepted: readonly Credentials[]): void {
  const given = credentialsOf(request, url);
  // Every pair is compared, in constant time, so that the time tells nothing.
  const [givenName, givenPassword] = [sha256(given.username), sha256(given.password)];
  const matches = accepted.map(
    ({ username, password }) =>
      [timingSafeEqual(givenName, sha256(username)), timingSafeEqual(givenPassword, sha256(password))] as const,
  );
  if (matches.some(([name, password]) => name && password)) return;
  const detail = `${given.username}: Authentication failed: password is incorrect, or there is no user with such name.`;
  throw new ClickHouseException(516, "AUTHENTICATION_FAILED", detail);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
