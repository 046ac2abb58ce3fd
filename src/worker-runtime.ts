import { Runtime } from "@temporalio/worker";
import type { Logger as TemporalLogger, LogLevel as TemporalLevel } from "@temporalio/worker";
import type { LogMetadata } from "@temporalio/common";
import type { Logger } from "pino";
import type { WorkerConfig } from "./config.ts";

const LEVELS = { TRACE: "trace", DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" } as const;
const HIDDEN = ["taskToken", "sdkComponent"]; // long, and of no use to people

/** Sets the one runtime of the process up: its log goes into ours, its metrics where Prometheus looks for them. */
export function installRuntime({ metricsAddress }: Pick<WorkerConfig, "metricsAddress">, log: Logger): Runtime {
  const isVerbose = log.isLevelEnabled("debug");
  return Runtime.install({
    logger: temporalLogger(log),
    shutdownSignals: [], // the command hears of them itself
    telemetryOptions: {
      logging: { filter: { core: isVerbose ? "DEBUG" : "WARN", other: "WARN" }, forward: {} },
      ...(metricsAddress === null ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } }),
    },
  });
}

/** Our log in the form that the SDK writes to. What it tells of its own doings is for the curious only. */
export function temporalLogger(log: Logger): TemporalLogger {
  const write = (level: TemporalLevel, message: string, metadata: LogMetadata = {}) => {
    const fields = Object.entries(metadata).filter(([name]) => !HIDDEN.includes(name));
    log[level === "INFO" ? "debug" : LEVELS[level]](Object.fromEntries(fields.map(readable)), message);
  };
  return {
    log: write,
    trace: (message, metadata) => write("TRACE", message, metadata),
    debug: (message, metadata) => write("DEBUG", message, metadata),
    info: (message, metadata) => write("INFO", message, metadata),
    warn: (message, metadata) => write("WARN", message, metadata),
    error: (message, metadata) => write("ERROR", message, metadata),
  };
}

function readable([name, value]: [string, unknown]): [string, unknown] {
  return [name, value instanceof Error ? `${value.name}: ${value.message}` : value];
}
