import { listSources } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { readTemporalOptions } from "../temporal/connect-options.ts";
import { withTemporal } from "../temporal/connect.ts";
import { readLastRun } from "../temporal/last-run.ts";
import type { LastRun } from "../temporal/last-run.ts";
import { parseScheduleSettings } from "../temporal/schedule-settings.ts";
import {
  listSchedules,
  removeSchedule,
  requireSchedule,
  setPaused,
  setSchedule as set,
  triggerSchedule as trigger,
} from "../temporal/schedules.ts";
import type { Schedule } from "../temporal/described-schedule.ts";
import { formatMoment } from "../domain/moment.ts";
import { requireSource } from "./require-sources.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** When to import a source. */
export type SetOptions = {
  readonly name: string;
  readonly cron: string;
  readonly timeZone?: string;
  readonly jitter?: string;
  readonly catchUp?: string;
  readonly paused?: boolean;
  readonly json: boolean;
};

type Named = { readonly name: string };
type Json = { readonly json: boolean };
type Shown = Schedule & { readonly lastRun: LastRun | null };

const COLUMNS: readonly Column<Shown>[] = [
  { title: "source", value: ({ source }) => source },
  { title: "state", value: stateOf },
  { title: "cron", value: ({ cron }) => cron },
  { title: "time zone", value: ({ timeZone }) => timeZone },
  { title: "next (UTC)", value: nextOf },
  { title: "last (UTC)", value: ({ last }) => formatMoment(last?.startedAt ?? "never") },
  { title: "brought", value: ({ lastRun }) => (lastRun === null ? "" : describeLast(lastRun)) },
];

/** Makes a source's schedule what the options say; says whether anything was different. */
export const setSchedule: Command<SetOptions> = async (context, { name, json, ...options }) => {
  const settings = parseScheduleSettings(options);
  readTemporalOptions(context.env);
  const sources = await readWarehouse(context, (warehouse) => listSources(warehouse, {}));
  const source = requireSource(sources, name);
  return withTemporal(context.env, async (temporal) => {
    const change = await set(temporal, name, settings);
    const schedule = await requireSchedule(temporal, name);
    if (json) context.print(JSON.stringify({ change, schedule }, null, 2));
    else {
      const { cron, timeZone } = schedule;
      context.print(`${change}  schedule of ${name}: ${cron} ${timeZone}, ${whenNext(schedule)}`);
    }
    if (!source.enabled) {
      context.note(`${name} is disabled for imports of all sources; its schedule imports it anyway.`);
    }
    return EXIT.done;
  });
};

/** Lists the schedules: when they start next, when they did last, and what that brought. */
export const listAll: Command<Json> = (context, { json }) =>
  withTemporal(context.env, async (temporal) => {
    const schedules = await Promise.all(
      (await listSchedules(temporal)).map(async (schedule): Promise<Shown> => {
        const { last } = schedule;
        return { ...schedule, lastRun: last === null ? null : await readLastRun(temporal, last) };
      }),
    );
    if (json) context.print(JSON.stringify({ schedules }, null, 2));
    else if (schedules.length === 0) {
      context.print("There are no schedules yet. `billhouse schedule set NAME --cron '0 */4 * * *'` adds one.");
    } else {
      context.print(formatTable(COLUMNS, schedules));
      for (const { source, lastRun } of schedules) if (lastRun?.error) context.print(`${source}: ${lastRun.error}`);
    }
    return EXIT.done;
  });

/** Lets a schedule rest, or go on. */
export const pauseSchedule: Command<Named & { readonly isPaused: boolean }> = ({ env, print }, { name, isPaused }) =>
  withTemporal(env, async (temporal) => {
    await setPaused(temporal, name, isPaused);
    print(
      isPaused
        ? `The schedule of ${name} is paused; what runs goes on. \`billhouse schedule resume ${name}\` lets it start again.`
        : `The schedule of ${name} goes on, ${whenNext(await requireSchedule(temporal, name))}`,
    );
    return EXIT.done;
  });

/** Starts what a schedule starts, now. */
export const triggerSchedule: Command<Named> = ({ env, print }, { name }) =>
  withTemporal(env, async (temporal) => {
    const { isRunning } = await requireSchedule(temporal, name);
    if (!isRunning) await trigger(temporal, name);
    const follow = `\`billhouse follow ${name}\` shows how it goes.`;
    print(isRunning ? `The schedule of ${name} has started it already: ${follow}` : `Started: ${follow}`);
    return EXIT.done;
  });

/** Forgets a schedule. */
export const forgetSchedule: Command<Named> = ({ env, print }, { name }) =>
  withTemporal(env, async (temporal) => {
    await removeSchedule(temporal, name);
    print(`Removed the schedule of ${name}; what runs goes on.`);
    return EXIT.done;
  });

function stateOf({ isPaused, isRunning }: Schedule): string {
  if (isRunning) return isPaused ? "running, then paused" : "running";
  return isPaused ? "paused" : "waiting";
}

function nextOf({ isPaused, next }: Schedule): string {
  if (next !== null) return formatMoment(next);
  return isPaused ? "when resumed" : "never";
}

function whenNext({ isPaused, next }: Schedule): string {
  if (isPaused) return "paused.";
  if (next === null) return "which never comes: there is no such day.";
  return `next ${formatMoment(next)} UTC.`;
}

function describeLast({ state, imported, skipped, failed, error }: LastRun): string {
  if (state === "running") return "running";
  if (state === "unknown") return "unknown";
  if (state === "already running") return "another import was at it";
  if (state === "failed" && failed === 0 && error !== "") return "failed";
  return `${imported} imported, ${skipped} skipped, ${failed} failed`;
}
