import { z } from "zod";
import { Count, defineQuery } from "./query.ts";
import type { Reader } from "./query.ts";

const askThreads = defineQuery<Record<string, never>, { threads: number }>("threads", z.object({ threads: Count }));
const known = new WeakMap<Reader, Promise<number>>();

/** How many threads a statement of the warehouse may have; asked for once. */
export async function readThreads(warehouse: Reader): Promise<number> {
  const asked = known.get(warehouse) ?? askThreads(warehouse, {}).then(([row]) => row?.threads ?? 1);
  known.set(warehouse, asked);
  asked.catch(() => known.delete(warehouse));
  return asked;
}
