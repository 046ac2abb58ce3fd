import type { Activities } from "../activities/activities.ts";
import type { PruneInput, PruneReport } from "../activities/prune.ts";

/** Drops what nobody reads any more, and says what that frees. */
export async function prune({ prune: drop }: Pick<Activities, "prune">, input: PruneInput): Promise<PruneReport> {
  return drop(input);
}
