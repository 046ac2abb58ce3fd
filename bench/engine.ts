import { Session } from "chdb";
import { z } from "zod";
import { literal } from "../clickhouse/embedded/cursor.ts";
import { inBatches } from "../src/domain/in-batches.ts";
import { giveAnswer, readInput } from "./apart.ts";
import { readUsage } from "./usage.ts";

// The process of the bare engine: no HTTP, no importer, only statements.
const Input = z.object({
  dataDir: z.string(),
  /** Makes the schema; its time does not count. */
  setup: z.array(z.string()),
  /** Settings and parameters (`param_…`) of what is measured. */
  settings: z.record(z.string(), z.coerce.string()),
  statements: z.array(z.string()),
  /** Statements for when those are through: each group when the one before it is. */
  behind: z.array(z.array(z.string())),
  /** How many statements run at a time. */
  concurrent: z.number(),
  /** A SELECT whose only row is given back. */
  check: z.string(),
});

/** What the process of the bare engine is told. */
export type EngineInput = z.input<typeof Input>;

const input = Input.parse(await readInput());
const session = new Session(input.dataDir);
for (const statement of input.setup) await session.queryAsync(statement);
const settings = Object.entries(input.settings).map(([name, value]) => `${name} = ${literal(value)}`);
// Each statement that runs beside others needs a session of its own.
const sessions = Array.from({ length: input.concurrent }, () => new Session(input.dataDir));
for (const one of sessions) await one.queryAsync(`SET ${settings.join(", ")}`);

const before = readUsage(process.pid);
const started = performance.now();
for (const statements of [input.statements, ...input.behind]) {
  await inBatches(statements, input.concurrent, async (statement) => {
    const free = sessions.pop() ?? session;
    await free.queryAsync(statement);
    sessions.push(free);
  });
}
const seconds = (performance.now() - started) / 1000;
const after = readUsage(process.pid);
const checked: unknown = JSON.parse((await session.queryAsync(input.check, { format: "JSONEachRow" })).text());

await giveAnswer({
  seconds,
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  memory: [{ name: "engine", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
  phases: {},
  checked,
});
// The engine's own threads would keep the process alive.
process.exit(0);
