import type { Readable, Writable } from "node:stream";

/** Every exit code of the command line. */
export const EXIT = {
  /** What was asked for is done. */
  done: 0,
  /** It was not, or not all of it: a run failed, a difference was found, a check failed, Ctrl-C. */
  failed: 1,
  /** It cannot be: an unknown command, option, source or run, a value or file that is wrong. */
  askedWrongly: 2,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean };

/** The process, as far as the command line uses it. */
export type CliProcess = {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls the listener at each SIGINT and SIGTERM; gives what ends that. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => void;
};

/** What a command works with. */
export type Context = Pick<CliProcess, "env" | "cwd" | "stdin" | "stdout" | "stderr"> & {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Writes lines of the result to stdout. */
  readonly print: (text: string) => void;
  /** Writes lines for people to stderr. */
  readonly note: (text: string) => void;
};

/** A command: what it says is on the streams, what it means is the exit code. */
export type Command<Options> = (context: Context, options: Options) => Promise<ExitCode>;
