import type { Activities } from "../activities/activities.ts";
import type { Freed, PruneInput } from "../activities/prune.ts";

/** Drops the rows that nobody reads any more, and says what that frees. */
export async function prune({ prune: drop }: Pick<Activities, "prune">, input: PruneInput): Promise<Freed[]> {
  return drop(input);
}
