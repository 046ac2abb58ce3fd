import { existsSync } from "node:fs";
import { EXIT, type ExitCode } from "../../src/context.ts";
import { BillhouseError, InvalidRequestError } from "../../src/domain/errors.ts";
import { readServeOptions, USAGE } from "./options.ts";
import { findTemporal } from "./program.ts";
import { serveTemporal } from "./serve.ts";

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const ECHO_MS = 500;

process.exitCode = await main();

async function main(): Promise<ExitCode> {
  if (existsSync(".env")) process.loadEnvFile(".env");
  const { env } = process;
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  const stop = new AbortController();
  let stoppedAt = Number.POSITIVE_INFINITY;
  const onSignal = () => {
    if (performance.now() - stoppedAt > ECHO_MS) process.exit(EXIT.failed); // the server ends with this process
    if (stop.signal.aborted) return;
    note("\nStopping. Once more to end at once.");
    stoppedAt = performance.now();
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const alive = setInterval(() => undefined, 2 ** 30); // the server does not hold the process
  try {
    const options = readServeOptions(process.argv.slice(2), env);
    if (options === "help") print(USAGE);
    else if (options === "prepare") print((await findTemporal({ env, note, signal: stop.signal })).path);
    else await serveTemporal(options, { env, print, note, signal: stop.signal });
    return EXIT.done;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.failed;
    note(error instanceof BillhouseError ? error.message : String(error instanceof Error ? error.stack : error));
    return error instanceof InvalidRequestError ? EXIT.askedWrongly : EXIT.failed;
  } finally {
    clearInterval(alive);
  }
}
