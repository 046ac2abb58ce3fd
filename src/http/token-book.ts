import { setTimeout as sleep } from "node:timers/promises";
import type { Warehouse } from "../../clickhouse/client.ts";
import { findToken, listTokens, noteTokenUses } from "../../clickhouse/tokens.ts";
import type { StoredToken } from "../../clickhouse/tokens.ts";
import { stateOf } from "../domain/token.ts";
import type { Token } from "../domain/token.ts";

/** Knows the tokens of a warehouse without asking it at every request. */
export type TokenBook = {
  /** The token of a key, unless it is unknown, expired or revoked. */
  find(key: string): Promise<Token | undefined>;
  /** Writes down what it still remembers of the use of tokens. */
  close(): Promise<void>;
};

const FRESH_MS = 2_000; // a revoked token is refused after this at the latest
const LOOK_AGAIN_MS = 200; // a key that is not known may be of a token that was made just now
const NOTE_EVERY_MS = 60_000;

/** Makes the book; `complain` hears of uses that could not be written down. */
export function createTokenBook(
  warehouse: Warehouse,
  now: () => Date,
  complain: (error: unknown) => void = () => undefined,
): TokenBook {
  let tokens: readonly StoredToken[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const notedAt = new Map<string, number>();
  let noting: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    const began = performance.now();
    tokens = await listTokens(warehouse, {});
    readAt = began;
  }

  /** Sees to it that the tokens are known as they were at a moment, or later. */
  async function readSince(moment: number): Promise<void> {
    if (readAt >= moment) return;
    reading ??= read().finally(() => (reading = undefined));
    await reading;
    await readSince(moment); // what was being read already may be of before
  }

  /** However many keys are tried, the warehouse is asked a few times a second at most. */
  async function lookAgain(key: string): Promise<StoredToken | undefined> {
    const asked = performance.now();
    await sleep(Math.max(readAt + LOOK_AGAIN_MS - asked, 0));
    await readSince(asked);
    return findToken(tokens, key);
  }

  function noteUse({ id }: Token): void {
    const moment = performance.now();
    if (moment - (notedAt.get(id) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY_MS) return;
    notedAt.set(id, moment);
    const uses = new Map([[id, now()]]);
    noting = noting.then(() => noteTokenUses(warehouse, uses)).catch(complain);
  }

  return {
    async find(key) {
      await readSince(performance.now() - FRESH_MS);
      const found = findToken(tokens, key) ?? (await lookAgain(key));
      if (found === undefined || stateOf(found, now()) !== "active") return undefined;
      noteUse(found);
      return found;
    },
    close: () => noting,
  };
}
