import { CommanderError } from "commander";
import { EXIT } from "./context.ts";
import type { CliProcess, Context, ExitCode } from "./context.ts";
import { BillhouseError, InvalidRequestError, NotFoundError } from "./domain/errors.ts";
import { createProgram } from "./program.ts";

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const ECHO_MS = 500;

/**
 * Runs one command line and gives its exit code; never throws. The first SIGINT or SIGTERM asks the command to stop
 * and waits for it, the second one ends the process.
 */
export async function runCli(process: CliProcess): Promise<ExitCode> {
  const { env, cwd, stdin, stdout, stderr } = process;
  const stop = new AbortController();
  const note = (text: string) => void stderr.write(`${text}\n`);
  const print = (text: string) => void stdout.write(`${text}\n`);
  const context: Context = { env, cwd, stdin, stdout, stderr, signal: stop.signal, print, note };
  let stoppedAt = Number.POSITIVE_INFINITY;
  const forget = process.onSignal(() => {
    if (performance.now() - stoppedAt > ECHO_MS) return process.exit(EXIT.failed);
    if (stop.signal.aborted) return;
    note("Stopping. Once more to end at once.");
    stoppedAt = performance.now();
    stop.abort();
  });
  const alive = setInterval(() => undefined, 2 ** 30); // a command may wait for what does not hold the process
  try {
    let code: ExitCode = EXIT.done;
    await createProgram(context, (result) => (code = result)).parseAsync([...process.argv], { from: "user" });
    return code;
  } catch (error) {
    return explain(error, context);
  } finally {
    clearInterval(alive);
    forget();
  }
}

function explain(error: unknown, context: Context): ExitCode {
  // Commander has said everything already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.askedWrongly;
  if (context.signal.aborted && error instanceof Error && error.name === "AbortError") {
    context.note("Stopped.");
    return EXIT.failed;
  }
  const message = error instanceof Error ? error.message : String(error);
  const isKnown = error instanceof BillhouseError;
  context.note(`billhouse: ${message}${isKnown ? "" : " (unexpected; LOG_LEVEL=debug shows where)"}`);
  if (/^(debug|trace)$/.test(context.env["LOG_LEVEL"] ?? "")) context.note(stackOf(error));
  return error instanceof InvalidRequestError || error instanceof NotFoundError ? EXIT.askedWrongly : EXIT.failed;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
