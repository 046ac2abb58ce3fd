import { z } from "zod";
import { parseDay } from "../domain/month.ts";
import type { Day } from "../domain/month.ts";

const MOST_LINES = 10_000;
const lines = { error: `expected a number from 1 to ${MOST_LINES}` };

/** How many lines of each kind an answer has. */
export const LinesParameter = z.coerce.number(lines).int(lines).min(1, lines).max(MOST_LINES, lines).default(100);

/** The day that is asked about; today, in UTC, where none is. */
export function dayAsked(day: Day | undefined, now: Date): Day {
  return day ?? parseDay(now.toISOString().slice(0, 10));
}
