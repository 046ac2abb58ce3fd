import type { Day } from "../domain/month.ts";

/** Today, in UTC. */
export function presentDay(): Day {
  return new Date().toISOString().slice(0, 10) as Day;
}
