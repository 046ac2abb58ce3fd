import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import type { WarehouseAddress } from "../clickhouse/client.ts";
import { ConfigurationError } from "./domain/errors.ts";
import { PART_LIMIT_BYTES } from "./sources/part-limit.ts";

const GIBIBYTE = 2 ** 30;

const Environment = z.object({
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/, error: "expected a url like http://127.0.0.1:8123", abort: true })
    .refine((url) => new URL(url).username === "", {
      error: "must not carry a user or password: set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD",
    })
    .optional(),
  CLICKHOUSE_USER: z.string().default("default"),
  CLICKHOUSE_PASSWORD: z.string().default(""),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected letters, digits and _, such as billhouse" })
    .default("billhouse"),
  BILLHOUSE_DATA_DIR: z.string().default(".billhouse"),
  BILLHOUSE_PART_LIMIT_GIB: z.coerce
    .number({ error: "expected a number of GiB, such as 256" })
    .positive({ error: "expected a number of GiB, such as 256" })
    .default(PART_LIMIT_BYTES / GIBIBYTE),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      error: "expected trace, debug, info, warn, error, fatal or silent",
    })
    .default("info"),
});

const percent = z.coerce
  .number({ error: "expected a percentage, such as 80" })
  .min(1, { error: "expected a percentage, such as 80" })
  .max(100, { error: "expected a percentage, such as 80" });

const WorkerEnvironment = z.object({
  BILLHOUSE_WORKER_MEMORY_PERCENT: percent.default(80),
  BILLHOUSE_WORKER_CPU_PERCENT: percent.default(90),
  BILLHOUSE_WORKER_SLOTS: z.coerce
    .number({ error: "expected a whole number, such as 8" })
    .int({ error: "expected a whole number, such as 8" })
    .min(2, { error: "expected at least 2" })
    .default(() => Math.max(4, 2 * availableParallelism())),
  BILLHOUSE_METRICS_ADDRESS: z
    .string()
    .regex(/^(\[[0-9a-f:.]+\]|[0-9.]+):\d{1,5}$/i, { error: "expected an address and a port, such as 0.0.0.0:9464" })
    .optional(),
  BILLHOUSE_WORKER_VERSIONING: z.enum(["0", "1"], { error: "expected 1 or 0" }).default("0"),
});

/** How much is logged: pino's levels. */
export type LogLevel = z.infer<typeof Environment>["LOG_LEVEL"];

/** Which warehouse is meant: a server, or the embedded one of a data directory. */
export type WarehouseConfig =
  | { readonly kind: "server"; readonly address: WarehouseAddress }
  | { readonly kind: "embedded"; readonly dataDir: string; readonly database: string };

/** Everything that the environment says. */
export type Config = {
  readonly warehouse: WarehouseConfig;
  /** How many bytes one part may unpack to. */
  readonly partLimitBytes: number;
  readonly logLevel: LogLevel;
};

/** What the environment says to a worker. */
export type WorkerConfig = {
  /** Above so much of the machine's memory or processors the worker takes no further work. */
  readonly memoryPercent: number;
  readonly cpuPercent: number;
  /** How many activities it works on at once at most. */
  readonly slots: number;
  /** Where Prometheus finds the metrics; null when nowhere. */
  readonly metricsAddress: string | null;
  /** Whether it is one version of a deployment. */
  readonly isVersioned: boolean;
};

/**
 * Reads the configuration from environment variables; one that is empty counts as not set. Throws ConfigurationError
 * that names every variable that is wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv, cwd: string): Config {
  const data = parseEnvironment(Environment, env);
  const database = data.CLICKHOUSE_DATABASE;
  const settings = { partLimitBytes: data.BILLHOUSE_PART_LIMIT_GIB * GIBIBYTE, logLevel: data.LOG_LEVEL };
  if (data.CLICKHOUSE_URL === undefined) {
    const dataDir = resolve(cwd, data.BILLHOUSE_DATA_DIR);
    return { warehouse: { kind: "embedded", dataDir, database }, ...settings };
  }
  const address = {
    url: data.CLICKHOUSE_URL,
    username: data.CLICKHOUSE_USER,
    password: data.CLICKHOUSE_PASSWORD,
    database,
  };
  return { warehouse: { kind: "server", address }, ...settings };
}

/** Reads what concerns workers only, in the same way. */
export function readWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const data = parseEnvironment(WorkerEnvironment, env);
  return {
    memoryPercent: data.BILLHOUSE_WORKER_MEMORY_PERCENT,
    cpuPercent: data.BILLHOUSE_WORKER_CPU_PERCENT,
    slots: data.BILLHOUSE_WORKER_SLOTS,
    metricsAddress: data.BILLHOUSE_METRICS_ADDRESS ?? null,
    isVersioned: data.BILLHOUSE_WORKER_VERSIONING === "1",
  };
}

/** Checks variables against what they are to be; an empty one counts as not set. */
export function parseEnvironment<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ConfigurationError(`${wrong.join("; ")}. Correct the environment or the file .env.`);
}
