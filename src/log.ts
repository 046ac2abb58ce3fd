import { pino } from "pino";
import type { Logger } from "pino";
import type { LogLevel } from "./config.ts";
import type { Output } from "./context.ts";

/** One JSON line per event, with its level as a word and its time in UTC. */
export function createLog(output: Output, level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
}
