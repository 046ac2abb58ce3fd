import { isDeepStrictEqual } from "node:util";
import type { ScheduleDescription } from "@temporalio/client";
import type { Cron } from "./cron.ts";

/** A schedule as Temporal has it. */
export type Schedule = {
  readonly source: string;
  /** As it was set; as Temporal names it where it was made by other means. */
  readonly cron: string;
  readonly timeZone: string;
  readonly jitterSeconds: number;
  readonly catchUpSeconds: number;
  readonly isPaused: boolean;
  /** Who paused or changed it, and why. */
  readonly note: string;
  readonly isRunning: boolean;
  /** In ISO 8601; null when it starts no more, or rests. */
  readonly next: string | null;
  readonly last: StartedRun | null;
};

/** The workflow that a schedule started last. */
export type StartedRun = { readonly startedAt: string; readonly workflowId: string; readonly runId: string };

type Raw = ScheduleDescription["raw"];
type Calendar = NonNullable<NonNullable<NonNullable<Raw["schedule"]>["spec"]>["structuredCalendar"]>[number];
type Range = NonNullable<Calendar["hour"]>[number];

/** Compares what is meant, not only the comment: a schedule can be edited in Temporal's own tools. */
export function isSameCron(schedule: Raw["schedule"], cron: Cron): boolean {
  const spec = schedule?.spec;
  const [calendar, ...others] = spec?.structuredCalendar ?? [];
  const more = [others, spec?.interval, spec?.excludeStructuredCalendar].some((list) => (list?.length ?? 0) > 0);
  if (calendar === undefined || more || calendar.comment !== cron.text) return false;
  const { second, minute, hour, dayOfMonth, month, dayOfWeek, year } = calendar;
  return (
    (year?.length ?? 0) === 0 &&
    isDeepStrictEqual(valuesOf(second), [0]) &&
    isDeepStrictEqual(valuesOf(minute), cron.minute) &&
    isDeepStrictEqual(valuesOf(hour), cron.hour) &&
    isDeepStrictEqual(valuesOf(dayOfMonth), cron.dayOfMonth) &&
    isDeepStrictEqual(valuesOf(month), cron.month) &&
    isDeepStrictEqual(valuesOf(dayOfWeek), cron.dayOfWeek)
  );
}

function valuesOf(ranges: readonly Range[] | null | undefined): number[] {
  const values = (ranges ?? []).flatMap(({ start, end, step }) => {
    const first = start ?? 0;
    const every = Math.max(step ?? 1, 1);
    const count = Math.max(Math.floor(((end ?? 0) - first) / every), 0) + 1;
    return Array.from({ length: count }, (_, index) => first + index * every);
  });
  return [...new Set(values)].toSorted((a, b) => a - b);
}

/** What Temporal says of a source's schedule. */
export function readSchedule(source: string, { spec, policies, state, info, raw }: ScheduleDescription): Schedule {
  const [calendar] = raw.schedule?.spec?.structuredCalendar ?? [];
  const comment = calendar?.comment ?? "";
  const last = info.recentActions.at(-1);
  const [next] = info.nextActionTimes;
  return {
    source,
    cron: comment === "" ? "not from billhouse: see Temporal's own tools" : comment,
    timeZone: spec.timezone ?? "UTC",
    jitterSeconds: (spec.jitter ?? 0) / 1000,
    catchUpSeconds: policies.catchupWindow / 1000,
    isPaused: state.paused,
    note: state.note ?? "",
    isRunning: info.runningActions.length > 0,
    next: state.paused || next === undefined ? null : next.toISOString(),
    last:
      last === undefined
        ? null
        : {
            startedAt: last.takenAt.toISOString(),
            workflowId: last.action.workflow.workflowId,
            runId: last.action.workflow.firstExecutionRunId,
          },
  };
}
