import { loadClientConnectConfig } from "@temporalio/envconfig";
import type { ClientConnectConfig } from "@temporalio/envconfig";
import { ConfigurationError } from "../domain/errors.ts";
import { TASK_QUEUE } from "../domain/workflow-names.ts";

/** Where Temporal is, and how to speak with it; of the same form for clients and for workers. */
export type TemporalOptions = {
  readonly address: string;
  readonly connection: Pick<ClientConnectConfig["connectionOptions"], "address" | "tls" | "apiKey" | "metadata">;
  readonly namespace: string;
  readonly taskQueue: string;
};

const SETTINGS = ["TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE"];
const ADDRESS = /^(\[[0-9a-f:.]+\]|[^\s/:]+)(:\d{1,5})?$/i;

/** Whether the environment names a Temporal server: by its address, by a profile, or by a file that has one. */
export function isTemporalSet(env: NodeJS.ProcessEnv): boolean {
  return SETTINGS.some((name) => isGiven(env[name]));
}

/**
 * Reads the variables that Temporal's own tools read (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS_*, TEMPORAL_PROFILE), and BILLHOUSE_TASK_QUEUE. One that is empty counts as not set. Throws
 * ConfigurationError.
 */
export function readTemporalOptions(env: NodeJS.ProcessEnv): TemporalOptions {
  if (!isTemporalSet(env)) {
    throw new ConfigurationError("TEMPORAL_ADDRESS: not set. Set it to the server's address, such as localhost:7233.");
  }
  const given = Object.entries(env).flatMap(([name, value]) => (isGiven(value) ? [[name, value] as const] : []));
  const { connectionOptions, namespace } = load(Object.fromEntries(given));
  const { address, tls, apiKey, metadata } = connectionOptions;
  if (address === undefined || !ADDRESS.test(address)) {
    const found =
      address === undefined ? "not set" : `expected an address like localhost:7233, got ${JSON.stringify(address)}`;
    throw new ConfigurationError(`TEMPORAL_ADDRESS: ${found}. Correct the environment, the profile or the file .env.`);
  }
  return {
    address,
    connection: {
      address,
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    namespace: namespace ?? "default",
    taskQueue: isGiven(env["BILLHOUSE_TASK_QUEUE"]) ? env["BILLHOUSE_TASK_QUEUE"] : TASK_QUEUE,
  };
}

function load(given: Record<string, string>): ClientConnectConfig {
  const halves = ["CERT", "KEY"].filter(
    (half) => !["PATH", "DATA"].some((form) => `TEMPORAL_TLS_CLIENT_${half}_${form}` in given),
  );
  if (halves.length === 1) {
    throw new ConfigurationError(
      `TEMPORAL_TLS_CLIENT_${halves.join("")}_PATH: not set. A client certificate needs its key: give both, or neither.`,
    );
  }
  try {
    return loadClientConnectConfig({ overrideEnvVars: given });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(
      `TEMPORAL_*: ${message}. Correct the environment, the file it names, or the profile.`,
      { cause },
    );
  }
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
