import type { WorkflowHandle } from "@temporalio/client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus } from "../../clickhouse/sources.ts";
import { WarehouseError } from "../../src/domain/errors.ts";
import { importId } from "../../src/domain/workflow-names.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { startWorker } from "../support/temporal-worker.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(() => engine.close());

describeWithTemporal("what is done where the workflow is at hand", (temporal) => {
  test.each([
    { refusals: 0, seen: ["planRuns"] },
    { refusals: 1, seen: ["recordAttempt", "planRuns"] },
    { refusals: 2, seen: ["recordAttempt", "planRuns"] }, // and tried again
  ])("becomes an activity like others when it fails: $refusals times refused", async ({ refusals, seen }) => {
    const warehouse = await engine.database();
    const source = await addFolderSource(warehouse);
    onTestFinished(() => source.remove());
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "source_attempts", refusals) });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source.name), { source: source.name });
    await handle.result();

    expect(await activitiesOf(handle)).toEqual(seen);
    expect(await listSourceStatus(warehouse, {})).toMatchObject([{ state: "done" }]);
  });

  test("is not repeated when no repetition can mend it", async () => {
    const worker = await startWorker(temporal, { warehouse: await engine.database() });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId("none"), { source: "none" });

    await expect(handle.result()).rejects.toMatchObject({ cause: { type: "InvalidRequestError" } });
    expect(await activitiesOf(handle)).toEqual([]);
  });
});

/** A warehouse that refuses the first rows for a table, so many times. */
function refusing(warehouse: Warehouse, table: string, times: number): Warehouse {
  let left = times;
  return {
    ...warehouse,
    async insert(into, rows) {
      if (into === table && left-- > 0) throw new WarehouseError(`${table}: refused. Try again.`);
      return warehouse.insert(into, rows);
    },
  };
}

/** The activities that a workflow's history tells of; those at hand leave their results only. */
async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}
