import { createToken, listTokens, revokeToken } from "../../clickhouse/tokens.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { stateOf } from "../domain/token.ts";
import type { Scope, Token, TokenState } from "../domain/token.ts";
import { changeWarehouse, readWarehouse } from "../open-warehouse.ts";
import { countOf } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** The token to make; for how many seconds it is good, or for good. */
export type CreateTokenOptions = { readonly name: string; readonly scope: Scope; readonly expires?: number };

type Shown = Token & { readonly state: TokenState };

const COLUMNS: readonly Column<Shown>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "scope", value: ({ scope }) => scope },
  { title: "state", value: ({ state }) => state },
  { title: "created", value: ({ createdAt }) => formatMinute(createdAt) },
  { title: "expires", value: ({ expiresAt }) => (expiresAt === null ? "never" : formatMinute(expiresAt)) },
  { title: "last used", value: ({ usedAt }) => (usedAt === null ? "never" : formatMinute(usedAt)) },
];

/** Makes a token and prints its key, once. */
export const createOne: Command<CreateTokenOptions> = (context, { name, scope, expires }) =>
  changeWarehouse(context, async (warehouse) => {
    const expiresAt = expires === undefined ? null : new Date(Date.now() + expires * 1000);
    const key = await createToken(warehouse, { name, scope, expiresAt });
    context.print(key);
    const until = expiresAt === null ? "until it is revoked" : `until ${formatMinute(expiresAt.toISOString())} UTC`;
    context.note(`This is the key of ${name} (${scope}, ${until}). It is not kept and cannot be shown again.`);
    return EXIT.done;
  });

/** Lists the tokens, without keys. */
export const listAll: Command<{ readonly json: boolean }> = (context, { json }) =>
  readWarehouse(context, async (warehouse) => {
    const now = new Date();
    const tokens = (await listTokens(warehouse, {})).map((token): Shown => {
      const { id, name, scope, createdAt, expiresAt, revokedAt, usedAt } = token;
      return { id, name, scope, state: stateOf(token, now), createdAt, expiresAt, revokedAt, usedAt };
    });
    if (json) context.print(JSON.stringify({ tokens }, null, 2));
    else if (tokens.length === 0) {
      context.print("There are no tokens yet. `billhouse token create --name NAME --scope read` makes one.");
    } else context.print(formatTable(COLUMNS, tokens));
    return EXIT.done;
  });

/** Refuses a token from now on. */
export const revokeOne: Command<{ readonly name: string }> = (context, { name }) =>
  changeWarehouse(context, async (warehouse) => {
    const count = await revokeToken(warehouse, name);
    context.print(`Revoked ${name} (${countOf(count, "token")}). Services that run refuse it within a few seconds.`);
    return EXIT.done;
  });

function formatMinute(moment: string): string {
  return moment.slice(0, 16).replace("T", " ");
}
