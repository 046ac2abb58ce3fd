import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { listSources, saveSource } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { credentialOf, placeOf } from "../domain/source-place.ts";
import { furtherSettings } from "../domain/source-text.ts";
import type { Source } from "../domain/source.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { parseSourcesFile } from "../sources-file.ts";
import type { ConfiguredSource } from "../sources-file.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import type { Temporal } from "../temporal/connect.ts";
import { applySchedules } from "./apply-schedules.ts";
import { countOf } from "./format.ts";
import { readTextFile } from "./read-text-file.ts";

/** Which file to apply. */
export type ApplyOptions = { readonly file: string; readonly dryRun: boolean; readonly json: boolean };

type Change = {
  readonly source: string;
  readonly change: "added" | "changed" | "unchanged";
  /** What is different, as `setting: before -> after`. */
  readonly settings: readonly string[];
};

/** Adds and changes sources, and their schedules, as a file says; checks all of it before anything is written. */
export const apply: Command<ApplyOptions> = async (context, options) => {
  const path = resolve(context.cwd, options.file);
  const wanted = parseSourcesFile(await readTextFile(context, options.file, "YAML"), options.file, dirname(path));
  if (!isTemporalSet(context.env)) return applyAll(context, options, wanted, null);
  const { withTemporal } = await import("../temporal/connect.ts");
  return withTemporal(context.env, (temporal) => applyAll(context, options, wanted, temporal));
};

function applyAll(
  context: Context,
  { dryRun, json }: ApplyOptions,
  wanted: readonly ConfiguredSource[],
  temporal: Temporal | null,
): Promise<ExitCode> {
  return changeWarehouse(context, async (warehouse) => {
    const known = new Map((await listSources(warehouse, {})).map((source) => [source.name, source]));
    const changes: Change[] = [];
    for (const { source } of wanted) {
      const change = compare(known.get(source.name), source);
      if (!dryRun && change.change !== "unchanged") await saveSource(warehouse, source);
      changes.push(change);
    }
    const schedules = await applySchedules(temporal, wanted, dryRun);
    const others = [...known.keys()].filter((name) => !wanted.some(({ source }) => source.name === name));
    if (json) context.print(JSON.stringify({ dryRun, changes, schedules, untouched: others }, null, 2));
    else {
      for (const change of changes) context.print(describe(change));
      for (const { source, change, schedule } of schedules) {
        context.print(`${change.padEnd(9)}  schedule of ${source}${schedule === null ? "" : `  (${schedule})`}`);
      }
      if (others.length > 0) context.print(`not in the file, left as they are: ${others.join(", ")}`);
      context.print(`${countOf(wanted.length, "source")}${dryRun ? ", nothing was changed (dry run)" : ""}.`);
    }
    const left = schedules.filter(({ change }) => change === "not set");
    if (left.length > 0) {
      context.note(
        `billhouse: ${countOf(left.length, "schedule")} of the file NOT SET, because TEMPORAL_ADDRESS is not: nothing ` +
          `imports ${left.map(({ source }) => source).join(", ")} by itself. Set TEMPORAL_ADDRESS to the address of a ` +
          "Temporal server and apply the file again.",
      );
    }
    return EXIT.done;
  });
}

function compare(before: Source | undefined, after: Source): Change {
  if (before === undefined) return { source: after.name, change: "added", settings: [] };
  if (isDeepStrictEqual(before, after)) return { source: after.name, change: "unchanged", settings: [] };
  const [old, now] = [settingsOf(before), settingsOf(after)];
  const settings = Object.entries(now)
    .filter(([name, value]) => old[name] !== value)
    .map(([name, value]) => `${name}: ${shown(old[name])} -> ${shown(value)}`);
  return { source: after.name, change: "changed", settings };
}

function settingsOf(source: Source): Record<string, string> {
  const { kind, enabled, priority, rejectLimit } = source;
  return {
    kind,
    place: placeOf(source),
    credential: credentialOf(source),
    ...furtherSettings(source),
    enabled: String(enabled),
    priority: String(priority),
    rejectLimit: String(rejectLimit),
  };
}

function shown(value: string | undefined): string {
  return value === undefined || value === "" ? "none" : value;
}

function describe({ source, change, settings }: Change): string {
  return `${change.padEnd(9)}  ${source}${settings.length === 0 ? "" : `  (${settings.join(", ")})`}`;
}
