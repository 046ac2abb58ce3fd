import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { ConfigurationError } from "../../src/domain/errors.ts";
import { buildProgram } from "./build.ts";
import { downloadProgram } from "./download.ts";
import { isProgram } from "./is-program.ts";

/** The `temporal` program, which carries a development server, and how it came to be there. */
export type TemporalProgram = {
  readonly path: string;
  readonly from: "TEMPORAL_CLI" | "PATH" | "cache" | "build" | "download";
};

/** What finding the program depends on. */
export type Surroundings = {
  readonly env: NodeJS.ProcessEnv;
  /** Tells people what takes its time. */
  readonly note: (text: string) => void;
  /** Ends a build. */
  readonly signal?: AbortSignal;
  /** Puts a program into an existing folder and gives its path: what is left where there is no Go. */
  readonly download?: (folder: string) => Promise<string>;
};

/** No way of getting a Temporal server works on this machine; the message says what was tried and what to do. */
export class NoTemporalError extends ConfigurationError {}

/** The version of Temporal's command line that go.mod beside this file names, such as "1.5.1". */
export function temporalVersion(): string {
  const text = readFileSync(new URL("go.mod", import.meta.url), "utf8");
  const version = /^\s*github\.com\/temporalio\/cli v(\S+)/m.exec(text)?.[1];
  if (version === undefined) throw new Error("tools/temporal/go.mod names no github.com/temporalio/cli");
  return version;
}

/** The folder outside the checkout in which programs are kept. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: folder = "" } = env;
  return join(folder === "" ? join(env["HOME"] ?? homedir(), ".cache") : folder, "billhouse");
}

/**
 * Finds the `temporal` program: TEMPORAL_CLI, PATH, the cache; else builds it into the cache with Go, else downloads it
 * as the SDK's testing package does. Throws NoTemporalError where nothing works, ConfigurationError for a TEMPORAL_CLI
 * that is no program.
 */
export async function findTemporal(surroundings: Surroundings): Promise<TemporalProgram> {
  const { env, note, signal, download = downloadProgram } = surroundings;
  const named = env["TEMPORAL_CLI"];
  if (named) return { path: await requireProgram(resolve(named)), from: "TEMPORAL_CLI" };
  const installed = await findInPath("temporal", env);
  if (installed !== undefined) return { path: installed, from: "PATH" };

  const version = temporalVersion();
  const folder = cacheFolder(env);
  const target = join(folder, `temporal-${version}`);
  if (await isProgram(target)) return { path: target, from: "cache" };
  await mkdir(folder, { recursive: true });

  const go = await findInPath("go", env);
  let noBuild = "go, which would build it, is not in PATH";
  if (go !== undefined) {
    try {
      await buildProgram({ go, version, target, env, note, signal });
      return { path: target, from: "build" };
    } catch (error) {
      signal?.throwIfAborted();
      noBuild = reason(error);
    }
  }
  try {
    note(`Downloading Temporal's development server, once, into ${folder}.`);
    return { path: await download(folder), from: "download" };
  } catch (error) {
    throw new NoTemporalError(
      [
        "temporal: no server for development can be had on this machine.",
        "TEMPORAL_CLI is not set, and temporal is not in PATH.",
        `Building it: ${noBuild}.`,
        `Downloading it: ${reason(error)}.`,
        "Install Go 1.25 or newer (https://go.dev/dl) or Temporal's command line (https://docs.temporal.io/cli), or name " +
          "the latter in TEMPORAL_CLI.",
      ].join("\n"),
      { cause: error },
    );
  }
}

/** The path of a program that PATH leads to. */
export async function findInPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function requireProgram(path: string): Promise<string> {
  if (await isProgram(path)) return path;
  throw new ConfigurationError(`TEMPORAL_CLI: ${path} is no program. Name the temporal program, or unset it.`);
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replace(/\.$/, "");
}
