import { timeOf } from "../src/temporal/history.ts";
import type { HistoryEvent } from "../src/temporal/history.ts";

/** When a part was offered to the workers, when one took it and when it was through, in milliseconds. */
export type TimedLoad = { readonly scheduled: number; readonly started: number; readonly completed: number };

/** The loads of a run, out of the history of its workflow. */
export function loadsOf(events: readonly HistoryEvent[]): TimedLoad[] {
  const byId = new Map(events.map((event) => [Number(event.eventId), event]));
  return events.flatMap((event) => {
    const completed = event.activityTaskCompletedEventAttributes;
    const scheduled = byId.get(Number(completed?.scheduledEventId));
    const started = byId.get(Number(completed?.startedEventId));
    if (scheduled?.activityTaskScheduledEventAttributes?.activityType?.name !== "loadPart") return [];
    return [
      {
        scheduled: timeOf(scheduled.eventTime),
        started: timeOf(started?.eventTime),
        completed: timeOf(event.eventTime),
      },
    ];
  });
}

/** Seconds for which a slot stood empty before each load: since the load was offered, or since a slot became free. */
export function idleBefore(loads: readonly TimedLoad[], slots: number): number[] {
  const ends = loads.map(({ completed }) => completed).toSorted((a, b) => a - b);
  return loads
    .toSorted((a, b) => a.started - b.started)
    .map(({ scheduled, started }, index) => (started - Math.max(scheduled, ends[index - slots] ?? 0)) / 1000);
}
