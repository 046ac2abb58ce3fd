import { z } from "zod";
import { parseEnvironment } from "./config.ts";
import { HTTP_DEFAULTS } from "./http/settings.ts";
import type { HttpSettings } from "./http/settings.ts";

const MEBIBYTE = 2 ** 20;
const SECOND_MS = 1000;

const wholeNumber = (example: string, least = 0) =>
  z.coerce
    .number({ error: `expected a whole number, such as ${example}` })
    .int({ error: `expected a whole number, such as ${example}` })
    .min(least, { error: `expected at least ${least}` });

const ApiEnvironment = z.object({
  BILLHOUSE_API_HOST: z.string().default("127.0.0.1"),
  BILLHOUSE_API_PORT: wholeNumber("8080").max(65_535, { error: "expected a port up to 65535" }).default(8080),
  BILLHOUSE_API_CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(",").flatMap((origin) => origin.trim() || []))
    .refine((origins) => origins.every((origin) => origin === "*" || URL.canParse(origin)), {
      error: "expected origins with commas between them, such as https://finops.example.com, or *",
    })
    .default([]),
  BILLHOUSE_API_RATE_LIMIT: wholeNumber("600", 1).optional(),
  BILLHOUSE_API_QUERIES: wholeNumber("8", 1)
    .max(24, { error: "expected at most 24" })
    .default(HTTP_DEFAULTS.maxQueries),
  BILLHOUSE_API_QUEUE: wholeNumber("256").default(HTTP_DEFAULTS.maxQueued),
  BILLHOUSE_API_QUERY_SECONDS: wholeNumber("30", 1).default(HTTP_DEFAULTS.queryTimeoutMs / SECOND_MS),
  BILLHOUSE_API_STREAM_SECONDS: wholeNumber("3600", 1).default(HTTP_DEFAULTS.streamTimeoutMs / SECOND_MS),
  BILLHOUSE_API_CACHE_MIB: wholeNumber("32").default(HTTP_DEFAULTS.cacheBytes / MEBIBYTE),
  BILLHOUSE_API_DRAIN_SECONDS: wholeNumber("20").default(20),
  API_AUTH_DISABLED: z.enum(["true", "false", "1", "0"], { error: "expected true or false" }).default("false"),
});

/** What the environment says to the HTTP service. */
export type ApiConfig = {
  readonly host: string;
  readonly port: number;
  /** How long requests that are under way may take when the service stops. */
  readonly drainMs: number;
  readonly settings: HttpSettings;
};

/** Reads what concerns the HTTP service only, in the same way. */
export function readApiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  const data = parseEnvironment(ApiEnvironment, env);
  return {
    host: data.BILLHOUSE_API_HOST,
    port: data.BILLHOUSE_API_PORT,
    drainMs: data.BILLHOUSE_API_DRAIN_SECONDS * SECOND_MS,
    settings: {
      ...HTTP_DEFAULTS,
      corsOrigins: data.BILLHOUSE_API_CORS_ORIGINS,
      rateLimit: data.BILLHOUSE_API_RATE_LIMIT ?? null,
      maxQueries: data.BILLHOUSE_API_QUERIES,
      maxQueued: data.BILLHOUSE_API_QUEUE,
      queryTimeoutMs: data.BILLHOUSE_API_QUERY_SECONDS * SECOND_MS,
      streamTimeoutMs: data.BILLHOUSE_API_STREAM_SECONDS * SECOND_MS,
      cacheBytes: data.BILLHOUSE_API_CACHE_MIB * MEBIBYTE,
      isAuthDisabled: ["true", "1"].includes(data.API_AUTH_DISABLED),
    },
  };
}
