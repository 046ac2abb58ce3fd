import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";

const LOOK_MS = 500;
const QUIET_LOOKS = 8;
const LIMIT_MS = 10 * 60_000;
const Merges = z.tuple([z.object({ merges: z.coerce.number() })]);

/** Waits until the engine has merged what it wants to merge, as it has after a quiet night; throws after ten minutes. */
export async function settleMerges(warehouse: Warehouse): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (let quiet = 0; quiet < QUIET_LOOKS;) {
    const [{ merges }] = Merges.parse(await warehouse.rows("SELECT count() AS merges FROM system.merges"));
    quiet = merges === 0 ? quiet + 1 : 0;
    if (Date.now() > deadline) throw new Error(`${merges} merges still run after ten minutes: look into system.merges`);
    await sleep(LOOK_MS);
  }
}
