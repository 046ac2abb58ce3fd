import { startDevServer } from "../../tools/temporal/dev-server.ts";
import { freePort } from "../../tools/temporal/free-port.ts";
import { findTemporal } from "../../tools/temporal/program.ts";

// Holds a Temporal server in a process of its own, which a test may kill, and prints the server's port.
const { path } = await findTemporal({ env: process.env, note: () => undefined });
const port = await freePort();
await startDevServer({ program: path, port, log: "inherit" });
setInterval(() => undefined, 1_000);
process.stdout.write(`${port}\n`);
