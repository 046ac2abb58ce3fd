import { createActivities } from "../activities/activities.ts";
import { createProcessHost } from "../src/process-host.ts";
import { openExtractor, openStore } from "../src/sources/open-store.ts";
import { importSource } from "../workflows/import-source.ts";
import type { ImportSourceInput } from "../workflows/import-source.ts";
import { saveExport } from "./billhouse.ts";
import { provideExport } from "./exports.ts";
import type { Note } from "./mode.ts";
import { orchestrated } from "./orchestrated.ts";
import type { Orchestrated } from "./orchestrated.ts";
import type { Orchestration, Pair } from "./overhead.ts";

const SOURCE = "small";
const ROWS = 1000;

/** Measures imports that are as good as nothing but orchestration, so often each. */
export async function measureOrchestration(repetitions: number, note: Note): Promise<Orchestration> {
  const small = await provideExport({ rows: ROWS, parts: 1, isGzipped: true }, note);
  return orchestrated(1, note, async (orchestra) => {
    await saveExport(orchestra.warehouse, small, SOURCE);
    await measurePair(orchestra, { source: SOURCE, overwrite: true }); // from now on nobody is new to it
    const inTurn = async (what: string, input: ImportSourceInput) => {
      const pairs: Pair[] = [];
      while (pairs.length < repetitions) pairs.push(await measurePair(orchestra, input));
      note(`${what}: ${repetitions} times in process and under Temporal`);
      return pairs;
    };
    return {
      nothingNew: await inTurn("nothing new", { source: SOURCE }),
      oneRun: await inTurn("one small run", { source: SOURCE, overwrite: true }),
    };
  });
}

async function measurePair(orchestra: Orchestrated, input: ImportSourceInput): Promise<Pair> {
  const { warehouse, importOnce, untilPruned } = orchestra;
  const { signal } = new AbortController();
  const activities = createActivities({
    warehouse,
    openStore: (source) => openStore(source, process.env),
    openExtractor: (source) => openExtractor(source, process.env),
    signal,
    onProgress: () => undefined,
  });
  const started = performance.now();
  await importSource(createProcessHost({ activities, signal }), input);
  const inProcess = (performance.now() - started) / 1000;
  const { seconds: inTemporal } = await importOnce(input);
  if (input.overwrite === true) await untilPruned(input.source); // so that it is in nobody's way
  return { inProcess, inTemporal };
}
