import { Readable } from "node:stream";
import { z } from "zod";
import { createActivities } from "../activities/activities.ts";
import { createWarehouse } from "../clickhouse/client.ts";
import { createProcessHost } from "../src/process-host.ts";
import { openExtractor, openStore } from "../src/sources/open-store.ts";
import type { Store } from "../src/sources/store.ts";
import { importSource } from "../workflows/import-source.ts";
import { giveAnswer, readInput } from "./apart.ts";
import { readUsage } from "./usage.ts";

// The process of an import, alone with itself so that its memory is its own. All it does else is count.
const Input = z.object({
  address: z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() }),
  source: z.string(),
  /** A small source that it imports before it is measured, as a worker that is there for a while has. */
  rehearsal: z.string().nullable(),
});

const { address, source, rehearsal } = Input.parse(await readInput());
const warehouse = createWarehouse(address);
const phases = new Map<string, { started: number; ended: number }>();
const bytesRead: Record<string, number> = {};
const never = new AbortController().signal;
const activities = createActivities({
  warehouse,
  openStore(found) {
    const store = openStore(found, process.env);
    return found.name === source ? countBytes(store) : store;
  },
  openExtractor: (found) => openExtractor(found, process.env),
  signal: never,
  onProgress: () => undefined,
});
await warehouse.rows("SELECT 1");
if (rehearsal !== null) {
  const host = createProcessHost({ activities, signal: never });
  await importSource(host, { source: rehearsal });
  await activities.prune({ sources: [rehearsal], keep: 3, dryRun: false, evaluations: true }); // as workers do behind it
}

const before = readUsage(process.pid);
const started = performance.now();
const report = await importSource(
  createProcessHost({
    activities: {
      ...activities,
      planRuns: timed("listing", activities.planRuns),
      loadPart: timed("loading", activities.loadPart),
      finishRun: timed("finishing", activities.finishRun),
    },
    signal: never,
  }),
  { source, overwrite: false, dryRun: false },
);
const seconds = (performance.now() - started) / 1000;
const after = readUsage(process.pid);
await warehouse.close();

const failures = [...report.runs.filter((run) => run.outcome !== "imported"), ...report.problems].map((one) =>
  JSON.stringify(one),
);
if (failures.length > 0) throw new Error(`The import did not go through: ${failures.join(", ")}`);
await giveAnswer({
  seconds,
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  memory: [{ name: "importer", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
  phases: Object.fromEntries([...phases].map(([name, phase]) => [name, (phase.ended - phase.started) / 1000])),
  bytesRead,
});

/** Parts are loaded side by side: a phase goes from the first beginning to the last end. */
function timed<Given, Result>(name: string, work: (given: Given) => Promise<Result>) {
  return async (given: Given): Promise<Result> => {
    const begun = phases.get(name)?.started ?? performance.now();
    phases.set(name, { started: begun, ended: begun });
    const result = await work(given);
    phases.set(name, { started: begun, ended: performance.now() });
    return result;
  };
}

function countBytes(store: Store): Store {
  return {
    ...store,
    async open(file, signal) {
      const body = await store.open(file, signal);
      return Readable.from(counted(file.path, body), { objectMode: false });
    },
  };
}

async function* counted(path: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    bytesRead[path] = (bytesRead[path] ?? 0) + chunk.length;
    yield chunk;
  }
}
