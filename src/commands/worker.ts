import { readConfig, readWorkerConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { createLog } from "../log.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { logProgress } from "../progress.ts";
import { openExtractor, openStore } from "../sources/open-store.ts";
import { readTemporalOptions } from "../temporal/connect-options.ts";
import { withTemporal } from "../temporal/connect.ts";
import { registerSearchAttributes } from "../temporal/search-attributes.ts";
import { readVersion } from "../version.ts";
import { createWorkerMetrics } from "../worker-metrics.ts";
import { installRuntime, temporalLogger } from "../worker-runtime.ts";
import { createWorker } from "../worker.ts";
import { bundleWorkflows } from "../workflow-bundle.ts";

/** Works for Temporal until Ctrl-C. */
export const runWorker: Command<object> = async (context) => {
  const { env, cwd, signal } = context;
  const temporal = readTemporalOptions(env);
  const config = readWorkerConfig(env);
  const { partLimitBytes, logLevel } = readConfig(env, cwd);
  const log = createLog(context.stderr, logLevel);
  await withTemporal(env, registerSearchAttributes);
  const runtime = installRuntime(config, log);
  const metrics = createWorkerMetrics(runtime.metricMeter);
  const progress = logProgress(log);
  try {
    await changeWarehouse(context, async (warehouse) => {
      const worker = await createWorker({
        temporal,
        config,
        version: readVersion(),
        workflows: await bundleWorkflows(temporalLogger(log)),
        dependencies: {
          warehouse,
          openStore: (source) => openStore(source, env),
          openExtractor: (source) => openExtractor(source, env),
          partLimitBytes,
        },
        tell(event, isCanceled) {
          metrics.count(event, isCanceled);
          if (!isCanceled) progress.tell(event);
        },
      });
      const stop = () => {
        log.info("stopping: what is under way gets 30 s");
        worker.stop();
      };
      signal.addEventListener("abort", stop, { once: true });
      const { address, namespace, taskQueue } = temporal;
      const { memoryPercent, cpuPercent, slots, metricsAddress } = config;
      log.info({ address, namespace, taskQueue, memoryPercent, cpuPercent, slots, metricsAddress }, "worker started");
      const running = worker.run();
      if (signal.aborted) stop();
      await running;
    });
  } finally {
    metrics.stop();
  }
  log.info("worker stopped");
  return EXIT.done;
};
