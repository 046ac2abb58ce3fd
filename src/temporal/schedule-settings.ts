import { z } from "zod";
import { BillhouseError, InvalidRequestError } from "../domain/errors.ts";
import { parseCron } from "./cron.ts";
import type { Cron } from "./cron.ts";
import { formatSpan, parseDuration } from "./duration.ts";

/** When a source is imported by itself. */
export type ScheduleSettings = {
  readonly cron: Cron;
  /** An IANA name, such as Europe/Berlin, in which the fields of the cron expression are read. */
  readonly timeZone: string;
  /** Each start is delayed by a random part of it, so that many sources do not start in the same second. */
  readonly jitterSeconds: number;
  /** How late a start may be made up for after the server was away. */
  readonly catchUpSeconds: number;
  /** Whether it is to rest; undefined leaves that as it is (a new one runs). */
  readonly paused?: boolean | undefined;
};

/** What a schedule has when nothing is said. */
export const SCHEDULE_DEFAULTS = { timeZone: "UTC", jitter: "1m", catchUp: "1d" } as const;

/** The names of the settings, for messages. */
export const SCHEDULE_SETTINGS = "cron, timeZone, jitter, catchUp, paused";

/** Less than this Temporal takes for this. */
const LEAST_CATCH_UP_SECONDS = 10;

const cron = z.string({ error: "expected a cron expression, such as '0 */4 * * *'" }).transform(reading(parseCron));
const duration = z.string({ error: "expected a time span like 90s, 5m, 4h or 1d" }).transform(reading(parseDuration));

const Settings = z
  .strictObject(
    {
      cron,
      timeZone: z
        .string({ error: "expected a time zone like Europe/Berlin" })
        .refine(isTimeZone, { error: "expected a time zone like UTC or Europe/Berlin" })
        .default(SCHEDULE_DEFAULTS.timeZone),
      jitter: duration.prefault(SCHEDULE_DEFAULTS.jitter),
      catchUp: duration
        .refine((seconds) => seconds >= LEAST_CATCH_UP_SECONDS, { error: "expected a time span of at least 10s" })
        .prefault(SCHEDULE_DEFAULTS.catchUp),
      paused: z.boolean({ error: "expected true or false" }).optional(),
    },
    { error: `expected a cron expression, or a map of ${SCHEDULE_SETTINGS}` },
  )
  .transform(({ jitter, catchUp, ...settings }): ScheduleSettings => ({
    ...settings,
    jitterSeconds: jitter,
    catchUpSeconds: catchUp,
  }));

/** A schedule as a file says it: a cron expression, or one with settings. */
export const ScheduleInFile = z.preprocess((value) => (typeof value === "string" ? { cron: value } : value), Settings);

/** A schedule by options. Throws InvalidRequestError that names every option that is wrong. */
export function parseScheduleSettings(options: z.input<typeof Settings>): ScheduleSettings {
  const parsed = Settings.safeParse(options);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new InvalidRequestError(`${wrong.join("; ")}. Nothing was sent.`);
}

/** A schedule in words: 0 6 * * * Europe/Berlin, jitter 5m, paused. What is as by default goes without saying. */
export function describeSettings(
  settings: Omit<ScheduleSettings, "cron"> & { readonly cron: { text: string } },
): string {
  const { cron: expression, timeZone, jitterSeconds, catchUpSeconds, paused } = settings;
  const [jitter, catchUp] = [formatSpan(jitterSeconds), formatSpan(catchUpSeconds)];
  return [
    `${expression.text} ${timeZone}`,
    ...(jitter === SCHEDULE_DEFAULTS.jitter ? [] : [`jitter ${jitter}`]),
    ...(catchUp === SCHEDULE_DEFAULTS.catchUp ? [] : [`catch-up ${catchUp}`]),
    ...(paused === true ? ["paused"] : []),
  ].join(", ");
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** One of our own parsers: what it says becomes zod's issue. */
function reading<T>(parse: (text: string) => T) {
  return (text: string, context: z.RefinementCtx): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof BillhouseError)) throw error;
      context.addIssue({ code: "custom", message: error.message, input: text });
      return z.NEVER;
    }
  };
}
