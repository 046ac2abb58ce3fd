import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from "fastify";
import { includesScope } from "../domain/token.ts";
import type { Scope, Token } from "../domain/token.ts";
import { HttpError } from "./errors.ts";
import { isOpen } from "./surface.ts";
import type { TokenBook } from "./token-book.ts";

const KEY = /^(?:Token|Bearer) +([\w.~+/=-]{1,256}) *$/i;

const callers = new WeakMap<FastifyRequest, Token>();

/** Says in a route's `config` which scope it needs; without, reading needs read and everything else write. */
export function needScope(scope: Scope): FastifyContextConfig {
  const config: FastifyContextConfig & { scope: Scope } = { scope };
  return config;
}

/** Whose request it is; undefined where nobody was asked. */
export function callerOf(request: FastifyRequest): Token | undefined {
  return callers.get(request);
}

/** Lets requests through that carry a key of the scope that their route needs, and those to open paths. */
export function requireTokens(app: FastifyInstance, tokens: TokenBook): void {
  app.addHook("onRequest", async (request) => {
    if (isOpen(request.url)) return;
    const key = KEY.exec(request.headers.authorization ?? "")?.[1];
    if (key === undefined) throw unauthorized("Give a token: Authorization: Token <key>, or Bearer <key>.");
    const token = await tokens.find(key);
    if (token === undefined) throw unauthorized("The token is not known, has expired or was revoked.");
    callers.set(request, token);
    const needed = scopeOf(request);
    if (includesScope(token.scope, needed)) return;
    throw new HttpError(403, "forbidden", `The token has the scope ${token.scope}, and this needs ${needed}.`);
  });
}

function scopeOf({ routeOptions, method }: FastifyRequest): Scope {
  const { scope } = (routeOptions.config ?? {}) as { readonly scope?: Scope };
  return scope ?? (method === "GET" || method === "HEAD" || method === "OPTIONS" ? "read" : "write");
}

function unauthorized(message: string): HttpError {
  return new HttpError(401, "unauthorized", message, { headers: { "www-authenticate": 'Bearer realm="billhouse"' } });
}
