import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { InvalidRequestError, NotFoundError } from "../src/domain/errors.ts";
import { SCOPES, stateOf } from "../src/domain/token.ts";
import type { Scope, Token } from "../src/domain/token.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery, Moment } from "./query.ts";

/** A token and the SHA-256 of its key, in hex. */
export type StoredToken = Token & { readonly digest: string };

/** What a new token is to be. */
export type NewToken = { readonly name: string; readonly scope: Scope; readonly expiresAt: Date | null };

const KEY_BYTES = 32;
const NAME = /^[\w.@-]{1,64}$/;

/** Every token that there was. */
export const listTokens = defineQuery<Record<string, never>, StoredToken>(
  "api-tokens",
  z.object({
    id: z.string(),
    name: z.string(),
    digest: z.string(),
    scope: z.enum(SCOPES),
    createdAt: Moment,
    expiresAt: Moment.nullable(),
    revokedAt: Moment.nullable(),
    usedAt: Moment.nullable(),
  }),
);

/**
 * Makes a token and gives its key, which cannot be had again. Throws InvalidRequestError when the name cannot be one, or
 * is that of a token that is still accepted.
 */
export async function createToken(warehouse: Warehouse, { name, scope, expiresAt }: NewToken): Promise<string> {
  if (!NAME.test(name)) {
    throw new InvalidRequestError(
      `${JSON.stringify(name)} cannot be a token's name: use up to 64 letters, digits, dots, @, _ and -`,
    );
  }
  const now = new Date();
  const others = await listTokens(warehouse, {});
  if (others.some((token) => token.name === name && stateOf(token, now) === "active")) {
    throw new InvalidRequestError(`There is a token ${name} already. Revoke it first, or choose another name.`);
  }
  const key = `bh_${randomBytes(KEY_BYTES).toString("base64url")}`;
  await warehouse.run(
    `INSERT INTO api_tokens (name, token_id, key_sha256, scope, created_at, expires_at, revoked_at)
     SELECT {name:String}, {id:UUID}, unhex({digest:String}), {scope:String}, {created:DateTime64(6, 'UTC')},
       {expires:Nullable(DateTime64(6, 'UTC'))}, NULL`,
    {
      name,
      id: randomUUID(),
      digest: digestOf(key),
      scope,
      created: momentText(now),
      expires: expiresAt === null ? null : momentText(expiresAt),
    },
  );
  return key;
}

/** Refuses every token of a name from now on; gives how many. Throws NotFoundError when none was still accepted. */
export async function revokeToken(warehouse: Warehouse, name: string): Promise<number> {
  const found = (await listTokens(warehouse, {})).filter((token) => token.name === name && token.revokedAt === null);
  if (found.length === 0) {
    throw new NotFoundError(
      `There is no token ${JSON.stringify(name)} to revoke. \`billhouse token list\` has them all.`,
    );
  }
  await warehouse.run(
    `INSERT INTO api_tokens (name, token_id, key_sha256, scope, created_at, expires_at, revoked_at)
     SELECT name, token_id, key_sha256, scope, created_at, expires_at, now64(6, 'UTC')
     FROM api_tokens FINAL
     WHERE token_id IN {ids:Array(UUID)}`,
    { ids: found.map(({ id }) => id) },
  );
  return found.length;
}

/** Notes that tokens were used at a moment. */
export async function noteTokenUses(warehouse: Warehouse, uses: ReadonlyMap<string, Date>): Promise<void> {
  await warehouse.insert(
    "api_token_uses",
    [...uses].map(([id, usedAt]) => ({ token_id: id, used_at: usedAt.toISOString() })),
  );
}

/** The token that a key belongs to; how long that takes tells nothing of any key. */
export function findToken(tokens: readonly StoredToken[], key: string): StoredToken | undefined {
  const digest = Buffer.from(digestOf(key), "hex");
  let found: StoredToken | undefined;
  for (const token of tokens) {
    if (timingSafeEqual(digest, Buffer.from(token.digest, "hex"))) found = token;
  }
  return found;
}

function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** As a typed parameter takes it. */
function momentText(moment: Date): string {
  return moment.toISOString().replace("T", " ").replace("Z", "");
}
