import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import type { WorkflowBundle } from "@temporalio/worker";
import { DeterminismViolationError } from "@temporalio/workflow";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { WORKFLOWS } from "../../src/domain/workflow-names.ts";
import { bundleWorkflows } from "../../src/workflow-bundle.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/histories/", import.meta.url));
const FILES = (await readdir(FOLDER)).toSorted();

/** What happens somewhere in the histories; a new recording must not lose it. */
const GONE_THROUGH = [
  "ACTIVITY_TASK_CANCELED",
  "ACTIVITY_TASK_FAILED",
  "CHILD_WORKFLOW_EXECUTION_CANCELED",
  "CHILD_WORKFLOW_EXECUTION_COMPLETED",
  "CHILD_WORKFLOW_EXECUTION_FAILED",
  "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED",
  "TIMER_CANCELED",
  "TIMER_FIRED",
  "TIMER_STARTED",
  "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
  "WORKFLOW_EXECUTION_CANCELED",
  "WORKFLOW_EXECUTION_COMPLETED",
  "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
  "WORKFLOW_EXECUTION_FAILED",
  "WORKFLOW_EXECUTION_SIGNALED",
  "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
];

const History = z.looseObject({
  events: z.array(
    z.looseObject({
      eventType: z.string(),
      workflowExecutionStartedEventAttributes: z
        .looseObject({ workflowType: z.object({ name: z.string() }) })
        .optional(),
      activityTaskScheduledEventAttributes: z.looseObject({ activityType: z.object({ name: z.string() }) }).optional(),
      activityTaskStartedEventAttributes: z.looseObject({ attempt: z.number() }).optional(),
    }),
  ),
});

let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  const logger = new DefaultLogger("ERROR", () => undefined);
  const logging = { filter: { core: "ERROR", other: "ERROR" }, forward: {} } as const;
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging } });
  workflowBundle = await bundleWorkflows(logger);
});

test.each(FILES)("%s replays: what runs since before a change of the workflows can go on after it", async (file) => {
  await replay(await readHistory(file));
});

test("a workflow that would do something else than its history says is noticed", async () => {
  const { events } = await readHistory("import-run.json");
  const scheduled = events.findLast((event) => event.activityTaskScheduledEventAttributes !== undefined);
  if (scheduled?.activityTaskScheduledEventAttributes === undefined) throw new Error("It has no activity");
  scheduled.activityTaskScheduledEventAttributes.activityType.name = "prune";
  await expect(replay({ events })).rejects.toThrow("npm run histories");
});

test("the histories are of every workflow, in every way it can go", async () => {
  const histories = await Promise.all(FILES.map(readHistory));
  const events = histories.flatMap((history) => history.events);
  const types = events.flatMap((event) => event.workflowExecutionStartedEventAttributes?.workflowType.name ?? []);
  expect(new Set(types)).toEqual(new Set(WORKFLOWS));
  const kinds = new Set(events.map(({ eventType }) => eventType.replace("EVENT_TYPE_", "")));
  expect(GONE_THROUGH.filter((kind) => !kinds.has(kind))).toEqual([]);
  expect(events.some((event) => (event.activityTaskStartedEventAttributes?.attempt ?? 1) > 1)).toBe(true);
});

async function readHistory(file: string): Promise<z.infer<typeof History>> {
  return History.parse(JSON.parse(await readFile(`${FOLDER}${file}`, "utf8")));
}

async function replay(history: z.infer<typeof History>): Promise<void> {
  try {
    await Worker.runReplayHistory({ workflowBundle }, history);
  } catch (error) {
    if (!(error instanceof DeterminismViolationError)) throw error;
    throw new Error(
      "The workflows would not go on with what an earlier version began. Keep the old way for it with patched() of " +
        "@temporalio/workflow. Where no such import can be running, record the histories anew: npm run histories.",
      { cause: error },
    );
  }
}
