import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { insertPublications } from "../clickhouse/publications.ts";
import { daysOfMonth, parseMonth } from "../src/domain/month.ts";
import { provide } from "./cache.ts";
import { inWarehouse } from "./in-warehouse.ts";
import type { Note } from "./mode.ts";
import { settleMerges } from "./settle-merges.ts";

const STORED_BYTES_PER_RESOURCE = 200;
const MONTH = parseMonth("2026-05");
const RESOURCES = readFileSync(new URL("./tracking/resources.sql", import.meta.url), "utf8");

/** A warehouse with so many resources of one publication, and no costs. */
export async function provideTrackingWarehouse(resources: number, note: Note): Promise<string> {
  const { directory } = await provide({
    name: `tracking-${resources}`,
    madeOf: ["../clickhouse/migrations", "tracking", "tracking-warehouse.ts"],
    facts: z.object({ resources: z.number() }),
    byteCount: resources * STORED_BYTES_PER_RESOURCE,
    make: (folder) =>
      inWarehouse(join(folder, "warehouse"), async ({ warehouse }) => {
        note(`builds a warehouse of ${resources} resources`);
        await migrate(warehouse);
        await publishResources(warehouse, { first: 0, count: resources, run: "first" });
        await settleMerges(warehouse);
        return { resources };
      }),
  });
  return join(directory, "warehouse");
}

/** Publishes a run that shows some of the resources that there are by their numbers, beside all other runs. */
export async function publishResources(
  warehouse: Warehouse,
  { first, count, run }: { readonly first: number; readonly count: number; readonly run: string },
): Promise<void> {
  const loadId = randomUUID();
  const days = daysOfMonth(MONTH);
  const load = { load_id: loadId, billing_month: days.first, last_date: days.last, first, count };
  await warehouse.run(RESOURCES, load, { insert_deduplicate: 0 });
  const publication = {
    publicationId: randomUUID(),
    run: {
      source: "bench",
      export: run,
      exportName: run,
      dataset: "actual" as const,
      month: MONTH,
      runId: run,
      submittedAt: "2026-06-01T04:12:31.0000000Z",
      days,
    },
    ownLoadIds: [loadId],
    loadIds: [loadId],
    priority: 100,
  };
  await insertPublications(warehouse, [{ ...publication, state: "published" }]);
}
