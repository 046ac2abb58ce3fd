import { join } from "node:path";
import { parseArgs } from "node:util";
import { InvalidRequestError } from "../../src/domain/errors.ts";

/** What `npm run temporal` is asked for. */
export type ServeOptions = {
  readonly port: number;
  readonly uiPort: number;
  readonly dbFilename: string;
};

const PORT = 7233;
const UI_BESIDE = 1000;

/** What `npm run temporal -- --help` prints. */
export const USAGE = `Runs a Temporal server for development on this machine, with its web UI, until Ctrl-C.

  npm run temporal
  npm run temporal -- --port 7300

  --port <number>       where clients and workers find it (default: ${PORT})
  --ui-port <number>    where its web UI is (default: the port + ${UI_BESIDE}, so ${PORT + UI_BESIDE})
  --db-filename <file>  what keeps workflows and schedules over a restart (default: temporal.db in the data directory,
                        which is .billhouse unless BILLHOUSE_DATA_DIR names another)
  --prepare             only sees to it that the server can be started, such as before tests
  -h, --help            prints this

The server is the one in the program that TEMPORAL_CLI names, or in \`temporal\` in PATH. Without either it is built from
tools/temporal with Go, once, which takes two to three minutes, and kept in ~/.cache/billhouse. Without Go it is downloaded.
`;

/** Reads the arguments: how to serve, or what is asked for instead. Throws InvalidRequestError. */
export function readServeOptions(args: readonly string[], env: NodeJS.ProcessEnv): ServeOptions | "help" | "prepare" {
  const values = parse(args);
  if (values.help === true) return "help";
  if (values.prepare === true) return "prepare";
  const port = readPort("--port", values.port ?? String(PORT));
  const uiPort = readPort("--ui-port", values["ui-port"] ?? String(port + UI_BESIDE));
  if (port === uiPort) throw new InvalidRequestError(`--ui-port ${uiPort}: is the server's own. Choose another.`);
  const { BILLHOUSE_DATA_DIR: dataDir = "" } = env;
  const dbFilename = values["db-filename"] ?? join(dataDir === "" ? ".billhouse" : dataDir, "temporal.db");
  if (dbFilename === "") throw new InvalidRequestError("--db-filename: expected the name of a file");
  return { port, uiPort, dbFilename };
}

function parse(args: readonly string[]): {
  port?: string | undefined;
  "ui-port"?: string | undefined;
  "db-filename"?: string | undefined;
  prepare?: boolean | undefined;
  help?: boolean | undefined;
} {
  try {
    const text = { type: "string" } as const;
    const help = { type: "boolean", short: "h" } as const;
    const prepare = { type: "boolean" } as const;
    const options = { port: text, "ui-port": text, "db-filename": text, prepare, help };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InvalidRequestError(`${error.message}\n\n${USAGE}`);
  }
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw new InvalidRequestError(`${flag} ${text}: expected a port, a whole number from 1 to 65535`);
}
