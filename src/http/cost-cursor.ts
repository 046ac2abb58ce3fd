import { z } from "zod";
import type { TimeWindow } from "../domain/cost-window.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { isDay } from "../domain/month.ts";
import type { Day } from "../domain/month.ts";

/** Where the next page begins, and of which publications. */
export type CostCursor = {
  /** The moment as of which its pages show the publications. */
  readonly moment: string;
  /** The publication set that the first page was answered from. */
  readonly publications: string;
  /** How many changes of publications this set is made of: when more of them turn up, it was not whole. */
  readonly changes: number;
  readonly offset: number;
  /** The evaluation of the tracking rules that it was read with; null where nothing was asked of them. */
  readonly tracking: string | null;
  /** The days of the first page: `7d` means others tomorrow. */
  readonly time: TimeWindow;
  /** Fingerprint of the question. */
  readonly question: string;
};

const DayText = z.custom<Day>((value) => typeof value === "string" && isDay(value)).nullable();
const Written = z.tuple([
  z.literal(2),
  z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,9}$/),
  z.string().regex(/^[\w-]{1,64}$/),
  z.int().min(0),
  z.int().min(1).max(1_000_000_000_000),
  DayText,
  DayText,
  z.string().max(64),
  z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .nullable(),
]);

/** The cursor as callers carry it: opaque, safe in URLs. */
export function writeCursor({ time, ...cursor }: CostCursor): string {
  const { moment, publications, changes, offset, question, tracking } = cursor;
  const days = [time.from, time.to] as const;
  const written: z.infer<typeof Written> = [2, moment, publications, changes, offset, ...days, question, tracking];
  return Buffer.from(JSON.stringify(written)).toString("base64url");
}

/** Reads a cursor that belongs to the question; throws InvalidParameterError for any other. */
export function readCursor(text: string, question: string): CostCursor {
  const written = Written.safeParse(parseJson(Buffer.from(text, "base64url").toString()));
  if (!written.success) {
    throw new InvalidParameterError("cursor", "cursor: not one of ours. Take it from `next` of the page before.");
  }
  const [, moment, publications, changes, offset, from, to, asked, tracking] = written.data;
  if (asked !== question) {
    throw new InvalidParameterError(
      "cursor",
      "cursor: it belongs to another question. Repeat the parameters of the page before, and add only the cursor.",
    );
  }
  return { moment, publications, changes, offset, time: { from, to }, question, tracking };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
