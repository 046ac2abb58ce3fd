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

/**
 * Reads the configuration from environment variables; one that is empty counts as not set. Throws ConfigurationError
 * that names every variable that is wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv, cwd: string): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ConfigurationError(`${wrong.join("; ")}. Correct the environment or the file .env.`);
  }
  const { data } = parsed;
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
