import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";

/** How many loads the engine is working on in this database. */
export async function countRunningLoads(warehouse: Warehouse): Promise<number> {
  const rows = await warehouse.rows(
    `SELECT query_id FROM system.processes
    WHERE query LIKE 'INSERT INTO cost_landing%' AND current_database = currentDatabase()`,
  );
  return rows.length;
}

/** How the loads of each part stand, in the order of their beginning; one that was killed is started for ever. */
export async function listAttempts(warehouse: Warehouse): Promise<Map<string, string[]>> {
  const rows = await warehouse.rows(
    "SELECT part, groupArray(state) AS states FROM (SELECT * FROM loads FINAL ORDER BY started_at) GROUP BY part",
  );
  const Attempts = z.array(z.object({ part: z.string(), states: z.array(z.string()) }));
  return new Map(Attempts.parse(rows).map(({ part, states }) => [part, states]));
}
