import type { ConfiguredSource } from "../sources-file.ts";
import type { Temporal } from "../temporal/connect.ts";
import { describeSettings } from "../temporal/schedule-settings.ts";
import type { ScheduleChange } from "../temporal/schedules.ts";

/** What came of the schedule of a source in the file. */
export type AppliedSchedule = {
  readonly source: string;
  readonly change: ScheduleChange | "removed" | "not set";
  /** In words; null for one that was removed. */
  readonly schedule: string | null;
};

/**
 * Makes the schedules of sources what the file says: a source that has none in the file has none. Without Temporal
 * nothing is set.
 */
export async function applySchedules(
  temporal: Temporal | null,
  wanted: readonly ConfiguredSource[],
  isDryRun: boolean,
): Promise<AppliedSchedule[]> {
  if (temporal === null) {
    return wanted.flatMap(({ source, schedule }): AppliedSchedule[] =>
      schedule === null ? [] : [{ source: source.name, change: "not set", schedule: describeSettings(schedule) }],
    );
  }
  const { compareSchedule, hasSchedule, removeSchedule, setSchedule } = await import("../temporal/schedules.ts");
  const applied: AppliedSchedule[] = [];
  for (const { source, schedule } of wanted) {
    const { name } = source;
    if (schedule !== null) {
      const change = await (isDryRun ? compareSchedule : setSchedule)(temporal, name, schedule);
      applied.push({ source: name, change, schedule: describeSettings(schedule) });
    } else if (await hasSchedule(temporal, name)) {
      if (!isDryRun) await removeSchedule(temporal, name);
      applied.push({ source: name, change: "removed", schedule: null });
    }
  }
  return applied;
}
