import { NativeConnection, Worker } from "@temporalio/worker";
import type { WorkflowBundle } from "@temporalio/worker";
import { createTemporalActivities } from "../activities/temporal.ts";
import type { ActivityDependencies } from "../activities/activities.ts";
import type { WorkerConfig } from "./config.ts";
import { watchActivities } from "./import-events.ts";
import type { ImportEvent } from "./import-events.ts";
import type { TemporalOptions } from "./temporal/connect-options.ts";

/** What a worker is made of. */
export type WorkerOptions = {
  readonly temporal: TemporalOptions;
  readonly config: Omit<WorkerConfig, "metricsAddress">;
  readonly version: string;
  readonly workflows: WorkflowBundle;
  readonly dependencies: Omit<ActivityDependencies, "signal" | "onProgress" | "onTracking">;
  /** Hears of what happens, and whether it happens because the work was cancelled. */
  readonly tell?: (event: ImportEvent, isCanceled: boolean) => void;
};

/** A worker that is connected and has not begun. */
export type CreatedWorker = {
  /** Works until `stop` is called and what is under way has ended; closes the connection. */
  readonly run: () => Promise<void>;
  /** Takes no further work. What is not through in time is cancelled, and begun anew by another worker. */
  readonly stop: () => void;
};

const DEPLOYMENT = "billhouse";
/** What takes milliseconds and next to no memory is not kept waiting for a processor that loads are busy on. */
const SMALL_SLOTS = 8;

/** Connects a worker of imports to Temporal. Any number of them may work on one warehouse. */
export async function createWorker(options: WorkerOptions): Promise<CreatedWorker> {
  const { temporal, config, version, workflows, dependencies, tell = () => undefined } = options;
  const connection = await NativeConnection.connect(temporal.connection);
  try {
    const worker = await Worker.create({
      connection,
      namespace: temporal.namespace,
      taskQueue: temporal.taskQueue,
      workflowBundle: workflows,
      activities: createTemporalActivities(
        {
          ...dependencies,
          onProgress: (progress) => tell({ event: "part progress", ...progress }, false),
          onTracking: (progress) => tell({ event: "tracking progress", ...progress }, false),
        },
        (activities, signal) => watchActivities(activities, (event) => tell(event, signal.aborted)),
      ),
      tuner: {
        tunerOptions: { targetMemoryUsage: config.memoryPercent / 100, targetCpuUsage: config.cpuPercent / 100 },
        activityTaskSlotOptions: { minimumSlots: 2, maximumSlots: config.slots }, // 2: small ones pass a long load
        localActivityTaskSlotOptions: { minimumSlots: SMALL_SLOTS },
        workflowTaskSlotOptions: { minimumSlots: SMALL_SLOTS },
      },
      shutdownGraceTime: "30 seconds",
      shutdownForceTime: "60 seconds",
      maxHeartbeatThrottleInterval: "2 seconds", // a cancelled load hears of it with its next heartbeat
      workerDeploymentOptions: {
        version: { deploymentName: DEPLOYMENT, buildId: version },
        ...(config.isVersioned
          ? { useWorkerVersioning: true, defaultVersioningBehavior: "PINNED" } // an import ends as it began
          : { useWorkerVersioning: false }),
      },
    });
    return {
      async run() {
        try {
          await worker.run();
        } finally {
          await connection.close();
        }
      },
      stop() {
        if (worker.getState() === "RUNNING") worker.shutdown();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
