import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigurationError } from "../../src/domain/errors.ts";
import { NAMESPACE, startDevServer } from "./dev-server.ts";
import { isPortFree } from "./free-port.ts";
import type { ServeOptions } from "./options.ts";
import { findTemporal, type TemporalProgram } from "./program.ts";

/** The process in which the server is kept. */
export type Surroundings = {
  readonly env: NodeJS.ProcessEnv;
  readonly print: (text: string) => void;
  readonly note: (text: string) => void;
  /** Asks the server to end. */
  readonly signal: AbortSignal;
};

/** Runs a development server until it is asked to end, and says how to use it. */
export async function serveTemporal(options: ServeOptions, { env, print, note, signal }: Surroundings): Promise<void> {
  const { port, uiPort, dbFilename } = options;
  await requireFree("--port", port);
  await requireFree("--ui-port", uiPort);
  const program = await findTemporal({ env, note, signal });
  await mkdir(dirname(dbFilename), { recursive: true });
  const server = await startDevServer({
    program: program.path,
    port,
    uiPort,
    dbFilename,
    logLevel: "error", // its warnings are about its own parts, at each start and end
    log: "inherit",
    signal,
  });
  print(nextSteps(options, program));
  const asked = signal.aborted ? Promise.resolve() : once(signal, "abort").then(() => undefined);
  await Promise.race([asked, server.ended]);
  if (!signal.aborted) {
    throw new Error("temporal: the server ended by itself. What it wrote above says why; start it again.");
  }
  await server.end("SIGTERM");
}

async function requireFree(flag: string, port: number): Promise<void> {
  if (await isPortFree(port)) return;
  throw new ConfigurationError(
    `${flag} ${port}: the port is in use. If a Temporal server runs there already, use that one; otherwise choose another ` +
      `port: npm run temporal -- ${flag} ${port + 1}`,
  );
}

function nextSteps({ port, uiPort, dbFilename }: ServeOptions, { path, from }: TemporalProgram): string {
  return [
    `Temporal runs on this machine, until Ctrl-C; ${dbFilename} keeps workflows and schedules for the next time.`,
    "",
    `   address   127.0.0.1:${port}, namespace ${NAMESPACE}`,
    `   web UI    http://127.0.0.1:${uiPort}`,
    "",
    "How to go on, in another terminal: say where it is, and start a worker, which does the work.",
    `   export TEMPORAL_ADDRESS=127.0.0.1:${port}`,
    "   npm run -s billhouse -- worker",
    "",
    "And in a third one, with the same export: start an import, or set a schedule.",
    "   npm run -s billhouse -- import",
    "   npm run -s billhouse -- schedule set NAME --cron '0 */4 * * *'",
    ...(from === "PATH" ? [] : ["", "Temporal's own command line is there as well:", `   ${path} workflow list`]),
  ].join("\n");
}
