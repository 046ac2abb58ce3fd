import { existsSync } from "node:fs";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { formatDuration } from "../commands/format.ts";
import { readConfig } from "../config.ts";
import { EXIT, type Context, type ExitCode } from "../context.ts";
import { BillhouseError, ConfigurationError, InvalidRequestError } from "../domain/errors.ts";
import { DEMO_ROWS } from "./demo-exports.ts";
import { hasEarlierDemo } from "./demo-source.ts";
import { startStorage } from "./demo-storage.ts";
import { holdWarehouse } from "./hold-warehouse.ts";
import { nextSteps } from "./next-steps.ts";
import { runDemo } from "./run-demo.ts";
import { createStory } from "./story.ts";

const USAGE = `Generates exports, uploads them to a local stand-in for Blob Storage, imports them and proves the totals.

  npm run demo                      about 200,000 rows
  npm run demo -- --rows 20000      about as many as that
`;

process.exitCode = await main();

async function main(): Promise<ExitCode> {
  const shell = { ...process.env };
  if (existsSync(".env")) process.loadEnvFile(".env");
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  // Whoever reads our output may stop reading, like `head` does.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  const stop = new AbortController();
  const { signal } = stop;
  const onSignal = () => {
    if (signal.aborted) process.exit(EXIT.failed);
    note("\nStopping. Once more to end at once.");
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const { env, stdin, stdout, stderr } = process;
    const cwd = process.cwd();
    // Events as JSON lines are for machines: here they are only shown to those who ask.
    // It imports in this process, also where there is a Temporal.
    const quiet = { LOG_LEVEL: "silent", ...env, TEMPORAL_ADDRESS: "", TEMPORAL_PROFILE: "", TEMPORAL_CONFIG_FILE: "" };
    return await demonstrate({ env: quiet, cwd, stdin, stdout, stderr, signal, print, note }, shell);
  } catch (error) {
    if (signal.aborted) {
      note("Stopped. Run the demo again to see it whole.");
      return EXIT.failed;
    }
    note(
      `\ndemo: ${error instanceof BillhouseError ? error.message : String(error instanceof Error ? error.stack : error)}`,
    );
    return error instanceof InvalidRequestError ? EXIT.askedWrongly : EXIT.failed;
  }
}

async function demonstrate(context: Context, shell: NodeJS.ProcessEnv): Promise<ExitCode> {
  const { signal, print, cwd } = context;
  const rows = readRows(process.argv.slice(2));
  if (rows === undefined) {
    print(USAGE);
    return EXIT.done;
  }
  const { warehouse } = readConfig(context.env, cwd);
  if (warehouse.kind === "server") {
    throw new ConfigurationError(
      "CLICKHOUSE_URL: names a server, and the demo fills the embedded warehouse only. Unset it, also in the file .env.",
    );
  }
  const { dataDir, database } = warehouse;
  const shownDir = relative(cwd, dataDir).startsWith("..") ? dataDir : relative(cwd, dataDir) || ".";
  const begin = performance.now();
  print("Billhouse: from cost exports in Blob Storage to exact totals in ClickHouse.\n");
  print(
    "Everything runs on this machine and from npm packages: Azurite in the place of Azure Storage, and ClickHouse's",
  );
  print(`engine. The warehouse's data is kept in ${shownDir}.`);
  const held = await holdWarehouse(dataDir, signal);
  let isRunning = false;
  try {
    const isAgain = await hasEarlierDemo(context, shownDir);
    if (isAgain) print("An earlier demo has been there. Its exports are imported again, in the place of the old ones.");
    const storage = await startStorage(signal);
    try {
      await runDemo({ context, story: createStory(print), storage, rows, isAgain });
    } finally {
      await storage.close();
    }
  } finally {
    ({ isRunning } = await held.release());
  }
  const rest = isRunning
    ? "Azurite has ended; the warehouse was running before and still is."
    : "Azurite and the warehouse have ended.";
  print(`\nDone in ${formatDuration(performance.now() - begin)}. ${rest}\n`);
  print(nextSteps({ dataDir: shownDir, database, shell }));
  return EXIT.done;
}

/** The number of rows that is asked for; undefined when help is. */
function readRows(args: string[]): number | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: { rows: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) return undefined;
    const rows = Number(values.rows ?? DEMO_ROWS);
    if (/^\d+$/.test(values.rows ?? "1") && rows > 0 && rows <= 100_000_000) return rows;
    throw new InvalidRequestError(`--rows ${values.rows}: expected a whole number, such as 20000`);
  } catch (error) {
    if (error instanceof BillhouseError || !(error instanceof TypeError)) throw error;
    throw new InvalidRequestError(`${error.message}\n\n${USAGE}`);
  }
}
