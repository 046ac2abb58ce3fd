import { isDeepStrictEqual } from "node:util";
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from "@temporalio/client";
import type { ScheduleDescription, ScheduleHandle, ScheduleOptions } from "@temporalio/client";
import { InvalidRequestError } from "../domain/errors.ts";
import { scheduledImportId, scheduleId } from "../domain/workflow-names.ts";
import type { WorkflowName } from "../domain/workflow-names.ts";
import type { Temporal } from "./connect.ts";
import { isSameCron, readSchedule } from "./described-schedule.ts";
import type { Schedule } from "./described-schedule.ts";
import type { ScheduleSettings } from "./schedule-settings.ts";

/** What setting a schedule did, or would do. */
export type ScheduleChange = "created" | "updated" | "unchanged";

type Options = Pick<ScheduleOptions, "spec" | "policies" | "action">;

/** Makes a source's schedule what the settings say. One that is so already is left alone. */
export async function setSchedule(
  temporal: Temporal,
  source: string,
  settings: ScheduleSettings,
): Promise<ScheduleChange> {
  const change = await compareSchedule(temporal, source, settings);
  if (change === "unchanged") return change;
  const options = optionsOf(temporal, source, settings);
  if (change === "updated") {
    await handleOf(temporal, source).update(({ state }) => ({
      ...options,
      state: { paused: settings.paused ?? state.paused, note: "set by billhouse" },
    }));
    return change;
  }
  try {
    const state = { paused: settings.paused ?? false, note: "set by billhouse" };
    await temporal.client.schedule.create({ ...options, scheduleId: scheduleId(source), state });
    return change;
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    return setSchedule(temporal, source, settings); // somebody else made it in this moment
  }
}

/** What `setSchedule` would do. */
export async function compareSchedule(
  temporal: Temporal,
  source: string,
  settings: ScheduleSettings,
): Promise<ScheduleChange> {
  const found = await findSchedule(temporal, source);
  if (found === undefined) return "created";
  return isSame(found, optionsOf(temporal, source, settings), settings) ? "unchanged" : "updated";
}

/** Whether a source has a schedule. */
export async function hasSchedule(temporal: Temporal, source: string): Promise<boolean> {
  return (await findSchedule(temporal, source)) !== undefined;
}

/** A source's schedule. Throws InvalidRequestError when it has none. */
export async function requireSchedule(temporal: Temporal, source: string): Promise<Schedule> {
  const found = await findSchedule(temporal, source);
  if (found !== undefined) return readSchedule(source, found);
  throw noSchedule(source);
}

/** Every source's schedule, by name. Temporal's list may be behind by a second. */
export async function listSchedules(temporal: Temporal): Promise<Schedule[]> {
  const prefix = scheduleId("");
  const names: string[] = [];
  for await (const { scheduleId: id } of temporal.client.schedule.list()) {
    if (id.startsWith(prefix)) names.push(id.slice(prefix.length));
  }
  const found = await Promise.all(
    names.toSorted().map(async (source) => ({ source, schedule: await findSchedule(temporal, source) })),
  );
  return found.flatMap(({ source, schedule }) => (schedule === undefined ? [] : [readSchedule(source, schedule)]));
}

/** Lets a schedule rest, or go on. Throws InvalidRequestError when there is none. */
export async function setPaused(temporal: Temporal, source: string, isPaused: boolean): Promise<void> {
  await onExisting(temporal, source, (handle) =>
    isPaused ? handle.pause("paused with billhouse") : handle.unpause("resumed with billhouse"),
  );
}

/** Starts what a schedule starts, now. Throws InvalidRequestError when there is none. */
export async function triggerSchedule(temporal: Temporal, source: string): Promise<void> {
  await onExisting(temporal, source, (handle) => handle.trigger("SKIP"));
}

/** Forgets a schedule; what it started goes on. Throws InvalidRequestError when there is none. */
export async function removeSchedule(temporal: Temporal, source: string): Promise<void> {
  await onExisting(temporal, source, (handle) => handle.delete());
}

async function onExisting(
  temporal: Temporal,
  source: string,
  work: (handle: ScheduleHandle) => Promise<void>,
): Promise<void> {
  try {
    await work(handleOf(temporal, source));
  } catch (error) {
    throw error instanceof ScheduleNotFoundError ? noSchedule(source) : error;
  }
}

function noSchedule(source: string): InvalidRequestError {
  return new InvalidRequestError(
    `${source} has no schedule. \`billhouse schedule list\` shows what there is, ` +
      `\`billhouse schedule set ${source} --cron '0 */4 * * *'\` gives it one.`,
  );
}

function handleOf({ client }: Temporal, source: string): ScheduleHandle {
  return client.schedule.getHandle(scheduleId(source));
}

async function findSchedule(temporal: Temporal, source: string): Promise<ScheduleDescription | undefined> {
  try {
    return await handleOf(temporal, source).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function optionsOf({ taskQueue }: Temporal, source: string, settings: ScheduleSettings): Options {
  const { cron, timeZone, jitterSeconds, catchUpSeconds } = settings;
  const workflowType: WorkflowName = "importAll";
  return {
    // Temporal keeps the fields only, and what stands behind # as their comment.
    spec: { cronExpressions: [`${cron.text} # ${cron.text}`], timezone: timeZone, jitter: jitterSeconds * 1000 },
    policies: { overlap: "SKIP", catchupWindow: catchUpSeconds * 1000, pauseOnFailure: false },
    action: {
      type: "startWorkflow",
      workflowType,
      taskQueue,
      workflowId: scheduledImportId(source),
      args: [{ sources: [source] }],
    },
  };
}

function isSame(found: ScheduleDescription, options: Options, settings: ScheduleSettings): boolean {
  const { spec, policies, action, state, raw } = found;
  const { workflowType, taskQueue, workflowId, args } = action;
  return (
    isSameCron(raw.schedule, settings.cron) &&
    (spec.timezone ?? "UTC") === settings.timeZone &&
    (spec.jitter ?? 0) === settings.jitterSeconds * 1000 &&
    isDeepStrictEqual(policies, options.policies) &&
    isDeepStrictEqual({ type: "startWorkflow", workflowType, taskQueue, workflowId, args }, options.action) &&
    (settings.paused ?? state.paused) === state.paused
  );
}
