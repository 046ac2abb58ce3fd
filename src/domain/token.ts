/** What a token allows; each scope includes those before it. */
export const SCOPES = ["read", "write", "admin"] as const;

/** One of the scopes. */
export type Scope = (typeof SCOPES)[number];

/** Whether a token of one scope may do what needs another. */
export function includesScope(has: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(has) >= SCOPES.indexOf(needed);
}

/** A token as it is kept: who has its key is never known, only the digest of it. */
export type Token = {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly usedAt: string | null;
};

/** How a token stands at a moment. */
export type TokenState = "active" | "expired" | "revoked";

/** Whether a token is accepted at a moment, and why not. */
export function stateOf({ revokedAt, expiresAt }: Token, now: Date): TokenState {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && Date.parse(expiresAt) <= now.getTime() ? "expired" : "active";
}
