import { publishSeries } from "../clickhouse/publish-series.ts";
import { countShadows } from "../clickhouse/shadows.ts";
import type { Load } from "../src/domain/load.ts";
import type { Publication } from "../src/domain/run-report.ts";
import type { Run } from "../src/domain/run.ts";
import type { ActivityDependencies } from "./activities.ts";

const NONE = "00000000-0000-0000-0000-000000000000";

/** Makes a run visible, completed by what survives of its elders, by one insert. */
export function createPublishRun({ warehouse, signal }: ActivityDependencies) {
  return async function publishRun(input: {
    run: Run;
    loads: readonly Load[];
    priority: number;
  }): Promise<Publication> {
    const { run } = input;
    signal.throwIfAborted();
    const ownLoadIds = input.loads.map((load) => load.loadId);
    const current = await publishSeries(warehouse, run, { kind: "publish", run, ownLoadIds }, input.priority);
    const publicationId = current?.publicationId ?? NONE;
    const { silences, silenced } = await countShadows(warehouse, publicationId);
    return { publicationId, isCurrent: current?.run.runId === run.runId, silences, silenced };
  };
}
