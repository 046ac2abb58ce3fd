import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { readExportHeader } from "../bare-engine.ts";
import { provide } from "../cache.ts";
import { provideExport, requireTotals, requireTotalsAbout } from "../exports.ts";
import type { GeneratedExport } from "../exports.ts";
import { Arrived } from "../measurement.ts";
import type { Contestant } from "../measurement.ts";
import type { Note } from "../mode.ts";
import { inScratch } from "../scratch.ts";
import { createDuckdbTable } from "./duckdb.ts";
import { typedColumns } from "./typed-columns.ts";

const run = promisify(execFile);
const DOWNLOAD_LIMIT_MS = 15 * 60_000;
const CALLED_FAILURE = z.object({ stderr: z.string().optional(), message: z.string() });

/** What Python people would take. None of it where there is no Python, or where its packages cannot be had. */
export async function pythonPeers(generated: GeneratedExport, dltRows: number, note: Note): Promise<Contestant[]> {
  const python = await providePython(note).catch((error: unknown) => {
    const { stderr, message } = CALLED_FAILURE.parse(error);
    const reason =
      stderr
        ?.trim()
        .split("\n")
        .findLast((line) => line !== "") ?? message;
    note(`The Python packages of DuckDB, Polars and dlt are left out: they need python3 and its registry. ${reason}`);
    return undefined;
  });
  if (python === undefined) return [];
  const files = generated.parts.map(({ path }) => join(generated.directory, path));
  const columns = typedColumns((await readExportHeader(generated)).mapping);
  const statement = createDuckdbTable(files, columns);
  const isGzipped = generated.parts.every(({ path }) => path.endsWith(".gz"));
  const share = await provideExport({ rows: Math.min(generated.rowCount, dltRows), parts: 1, isGzipped }, note);
  const whole = { rowCount: generated.rowCount, mostRounds: Infinity };
  return [
    {
      ...whole,
      name: "DuckDB (Python)",
      remark: "the same statement as DuckDB (Node)",
      measure: () => measure(python, "duckdb_peer.py", { statement }, exact(generated, "DuckDB (Python)")),
    },
    {
      ...whole,
      name: "Polars",
      remark: "a Parquet file; Decimal(38, 28), Date, the rest String, tags too",
      measure: () => measure(python, "polars_peer.py", { files, columns }, exact(generated, "Polars")),
    },
    {
      name: "dlt",
      remark: "its defaults, into DuckDB: amounts as DOUBLE (the sum is right to 9 digits), days as text",
      rowCount: share.rowCount,
      mostRounds: 1,
      measure: () =>
        measure(python, "dlt_peer.py", { exports: share.directory }, (arrived) =>
          requireTotalsAbout(share, arrived, "dlt"),
        ),
    },
  ];
}

function exact(generated: GeneratedExport, who: string) {
  return (arrived: z.infer<typeof Arrived>) => requireTotals(generated, arrived, who);
}

/** The interpreter of an environment that has the packages. */
async function providePython(note: Note): Promise<string> {
  const { directory } = await provide({
    name: "python",
    madeOf: ["peers/requirements.txt"],
    facts: z.null(),
    byteCount: 500e6,
    make: async (environment) => {
      note("Once: makes a Python environment, and downloads DuckDB, Polars and dlt into it (about a minute)");
      await run("python3", ["-m", "venv", environment]);
      const packages = fileURLToPath(new URL("requirements.txt", import.meta.url));
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", packages];
      await run(join(environment, "bin/python"), pip, { timeout: DOWNLOAD_LIMIT_MS });
      return null;
    },
  });
  return join(directory, "bin/python");
}

async function measure(
  python: string,
  script: string,
  input: object,
  verify: (arrived: z.infer<typeof Arrived>) => void,
): Promise<z.infer<typeof Arrived>> {
  return inScratch(async (directory) => {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const env = {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      RUNTIME__DLTHUB_TELEMETRY: "false",
      RUNTIME__LOG_LEVEL: "ERROR",
    };
    const child = spawn(python, [path], { stdio: ["pipe", "pipe", "pipe"], cwd: directory, env });
    child.stdin.end(JSON.stringify({ ...input, directory }));
    const exited = once(child, "exit");
    const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await exited;
    if (child.exitCode !== 0) {
      throw new Error(
        `bench/peers/${script} ended with ${child.exitCode ?? child.signalCode}: ${complained.slice(-2000)}`,
      );
    }
    const arrived = Arrived.parse(JSON.parse(said));
    verify(arrived);
    return arrived;
  });
}
