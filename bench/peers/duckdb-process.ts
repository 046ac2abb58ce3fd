import { DuckDBInstance } from "@duckdb/node-api";
import { z } from "zod";
import { giveAnswer, readInput } from "../apart.ts";
import { readUsage } from "../usage.ts";

const { path, statement } = z.object({ path: z.string(), statement: z.string() }).parse(await readInput());
const instance = await DuckDBInstance.create(path, { threads: "2", preserve_insertion_order: "false" });
const connection = await instance.connect();
const before = readUsage(process.pid);
const started = performance.now();
await connection.run(statement);
await connection.run("CHECKPOINT");
const seconds = (performance.now() - started) / 1000;
const after = readUsage(process.pid);
const reader = await connection.runAndReadAll(
  `SELECT count(*)::VARCHAR AS rows, sum("CostInBillingCurrency")::VARCHAR AS total FROM costs`,
);
const [arrived] = reader.getRowObjects();
connection.closeSync();
instance.closeSync();
await giveAnswer({
  seconds,
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  memory: [{ name: "DuckDB", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
  phases: {},
  ...arrived,
});
