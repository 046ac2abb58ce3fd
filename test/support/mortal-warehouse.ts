import { Readable } from "node:stream";
import type { LoadBody, Warehouse } from "../../clickhouse/client.ts";

/** When the process that uses a warehouse dies: at which statement, and what has become of that one by then. */
export type Death = {
  /** Statements that succeed before, from 0. */
  readonly statement: number;
  /** The statement was never sent; broke off while its body was sent; was done, but nobody heard of it. */
  readonly moment: "before" | "within" | "after";
};

class Died extends Error {}

/** A warehouse as a process sees it that is killed at a statement: from there on nothing reaches it. */
export function mortalWarehouse(warehouse: Warehouse, { statement, moment }: Death): Warehouse {
  let count = 0;
  let isDead = false;
  const live = async <T>(work: (isLast: boolean) => Promise<T>): Promise<T> => {
    if (isDead) throw new Died();
    isDead = count++ === statement;
    if (!isDead) return work(false);
    if (moment !== "before") await work(true).catch(() => undefined);
    throw new Died();
  };
  return {
    ...warehouse,
    rows: (...asked) => live(() => warehouse.rows(...asked)),
    run: (...asked) => live(() => warehouse.run(...asked)),
    insert: (...asked) => live(() => warehouse.insert(...asked)),
    load: (sql, body, ...asked) =>
      live((isLast) => warehouse.load(sql, isLast && moment === "within" ? brokenOff(body) : body, ...asked)),
    stream: (...asked) => live(() => warehouse.stream(...asked)),
  };
}

/** The first half of what comes first, and then nothing more. */
function brokenOff(body: LoadBody): LoadBody {
  async function* half(): AsyncGenerator<Buffer> {
    for await (const chunk of body.stream as AsyncIterable<Buffer>) {
      yield chunk.subarray(0, chunk.length >> 1);
      throw new Died();
    }
  }
  return { ...body, stream: Readable.from(half(), { objectMode: false }) };
}
