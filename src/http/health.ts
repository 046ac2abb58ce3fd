import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { countPendingMigrations } from "../../clickhouse/migrate.ts";
import type { HttpDependencies } from "./dependencies.ts";

const Check = z.object({ ok: z.boolean(), message: z.string() });
const Readiness = z.object({
  ready: z.boolean(),
  checks: z.object({ service: Check, warehouse: Check, migrations: Check }),
});
const ANSWER_MS = 5_000;

/** Whether the service is to be asked: /healthz says that it lives, /readyz that it can answer, and what is missing. */
export const addHealthRoutes =
  ({ warehouse, traffic }: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/healthz",
      { schema: { tags: ["service"], summary: "It lives", response: { 200: z.object({ ok: z.literal(true) }) } } },
      () => ({ ok: true as const }),
    );
    app.get(
      "/readyz",
      {
        schema: {
          tags: ["service"],
          summary: "It can answer, or what is missing",
          response: { 200: Readiness, 503: Readiness },
        },
      },
      async (_request, reply) => {
        const service = traffic.isStopping() ? bad("is stopping") : GOOD;
        const [reached, migrations] = await Promise.all([check(ping), check(lackNothing)]);
        const checks = { service, warehouse: reached, migrations };
        const ready = Object.values(checks).every(({ ok }) => ok);
        return reply
          .code(ready ? 200 : 503)
          .header("cache-control", "no-store")
          .send({ ready, checks });
      },
    );

    async function ping(): Promise<string | undefined> {
      await warehouse.run("SELECT 1", {}, {}, AbortSignal.timeout(ANSWER_MS));
      return undefined;
    }

    // One question for all who ask: of a warehouse that does not answer each would keep a connection.
    let counting: Promise<number> | undefined;

    async function lackNothing(): Promise<string | undefined> {
      counting ??= countPendingMigrations(warehouse).finally(() => (counting = undefined));
      const pending = await counting;
      return pending === 0 ? undefined : `${pending} migrations are missing: run billhouse migrate`;
    }
  };

const GOOD = { ok: true, message: "" };

function bad(message: string): z.infer<typeof Check> {
  return { ok: false, message };
}

/** What a check finds missing; why it failed is for the log, since it may name what is not for everybody. */
async function check(find: () => Promise<string | undefined>): Promise<z.infer<typeof Check>> {
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve("does not answer"), ANSWER_MS).unref();
  });
  try {
    const missing = await Promise.race([late, find()]);
    return missing === undefined ? GOOD : bad(missing);
  } catch {
    return bad("cannot be asked: ClickHouse does not answer, or refuses");
  }
}
