import { readConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { serve } from "./serve.ts";
import type { ServeOptions } from "./serve.ts";
import { withServedWarehouse } from "./warehouse.ts";
import { runWorker } from "./worker.ts";

/** Where the API and the embedded warehouse listen. */
export type StartOptions = ServeOptions & { readonly warehousePort: number };

type Part = (context: Context) => Promise<unknown>;

/** Runs everything that one machine needs until Ctrl-C: the warehouse, the API and, with Temporal, a worker. */
export const start: Command<StartOptions> = async (context, { warehousePort, ...options }) => {
  const parts: Part[] = [(shared) => serve(shared, options)];
  if (isTemporalSet(context.env)) parts.push((shared) => runWorker(shared, {}));
  const { warehouse } = readConfig(context.env, context.cwd);
  if (warehouse.kind === "server") await runTogether(context, parts);
  else {
    const place = {
      host: "127.0.0.1",
      port: warehousePort,
      user: "default",
      passwordEnv: "BILLHOUSE_WAREHOUSE_PASSWORD",
    };
    await withServedWarehouse(context, place, (signal) => runTogether({ ...context, signal }, parts));
  }
  return EXIT.done;
};

/** Runs parts side by side; when one ends, for whatever reason, the others are stopped. Throws what ended the first. */
async function runTogether(context: Context, parts: readonly Part[]): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    parts.map(async (part) => {
      try {
        await part({ ...context, signal });
      } catch (error) {
        failures.push(error);
      } finally {
        ended.abort();
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
