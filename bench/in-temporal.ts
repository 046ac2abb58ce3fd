import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { NAMESPACE, startDevServer } from "../tools/temporal/dev-server.ts";
import { freePort } from "../tools/temporal/free-port.ts";
import { findTemporal } from "../tools/temporal/program.ts";
import type { Note } from "./mode.ts";

/** A Temporal server that runs, and what a process needs in its environment to use it. */
export type OpenTemporal = { readonly client: Client; readonly env: NodeJS.ProcessEnv };

/** Starts a development server with its database in a directory, for some work; it has ended afterwards. */
export async function inTemporal<Result>(
  directory: string,
  note: Note,
  work: (temporal: OpenTemporal) => Promise<Result>,
): Promise<Result> {
  const { path: program } = await findTemporal({ env: process.env, note });
  const log = openSync(join(directory, "temporal.log"), "a");
  try {
    const server = await startDevServer({
      program,
      port: await freePort(),
      dbFilename: join(directory, "temporal.db"),
      logLevel: "error",
      log,
    });
    try {
      const connection = await Connection.connect({ address: server.address });
      try {
        const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: NAMESPACE };
        return await work({ client: new Client({ connection, namespace: NAMESPACE }), env });
      } finally {
        await connection.close();
      }
    } finally {
      await server.end("SIGKILL"); // its database goes as well
    }
  } finally {
    closeSync(log);
  }
}
