import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { listSources, saveSource } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import type { Source } from "../domain/source.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { parseSourcesFile } from "../sources-file.ts";
import { countOf } from "./format.ts";
import { credentialOf, placeOf } from "./sources.ts";

/** Which file to apply. */
export type ApplyOptions = { readonly file: string; readonly dryRun: boolean; readonly json: boolean };

type Change = {
  readonly source: string;
  readonly change: "added" | "changed" | "unchanged";
  /** What is different, as `setting: before -> after`. */
  readonly settings: readonly string[];
};

/** Adds and changes sources as a file says; checks all of it before anything is written. */
export const apply: Command<ApplyOptions> = async (context, { file, dryRun, json }) => {
  const path = resolve(context.cwd, file);
  const wanted = parseSourcesFile(await read(path, file), file, dirname(path));
  return changeWarehouse(context, async (warehouse) => {
    const known = new Map((await listSources(warehouse, {})).map((source) => [source.name, source]));
    const changes = wanted.map((source) => compare(known.get(source.name), source));
    if (!dryRun) {
      for (const [index, { change }] of changes.entries()) {
        const source = wanted[index];
        if (source !== undefined && change !== "unchanged") await saveSource(warehouse, source);
      }
    }
    const others = [...known.keys()].filter((name) => !wanted.some((source) => source.name === name));
    if (json) context.print(JSON.stringify({ dryRun, changes, untouched: others }, null, 2));
    else {
      for (const change of changes) context.print(describe(change));
      if (others.length > 0) context.print(`not in the file, left as they are: ${others.join(", ")}`);
      context.print(`${countOf(wanted.length, "source")}${dryRun ? ", nothing was changed (dry run)" : ""}.`);
    }
    return EXIT.done;
  });
};

async function read(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new InvalidRequestError(`${file}: cannot be read (${code}). Give the path of a YAML file.`, { cause });
  }
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
