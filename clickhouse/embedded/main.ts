import { mkdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { endProcess, runWarehouse } from "./warehouse.ts";
import { parseWarehouseOptions } from "./options.ts";

// The process that holds the engine. It is told what to do on its input and says on its output that it is ready, or why not.
const options = parseWarehouseOptions(await text(process.stdin));
try {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const warehouse = await runWarehouse(options);
  process.stdout.end(`${JSON.stringify({ ready: warehouse.lock.instance })}\n`);
  const stop = () => void warehouse.close();
  process.on("SIGTERM", stop).on("SIGINT", stop);
  await warehouse.closed;
  endProcess(); // the engine is closed, the lock is gone
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${JSON.stringify({ failed: message })}\n`, () => process.exit(1));
}
