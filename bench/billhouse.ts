import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createWarehouse } from "../clickhouse/client.ts";
import { acquireEmbedded } from "../clickhouse/embedded/process.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { saveSource } from "../clickhouse/sources.ts";
import { SOURCE_DEFAULTS } from "../src/domain/source.ts";
import { runApart } from "./apart.ts";
import { requireTotals } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { Measurement } from "./measurement.ts";
import type { Contestant } from "./measurement.ts";
import { inScratch } from "./scratch.ts";
import { isRunning, readUsage } from "./usage.ts";

const SOURCE = "bench";
const Imported = Measurement.extend({ bytesRead: z.record(z.string(), z.number()) });
const Arrived = z.tuple([z.object({ rows: z.string(), total: z.string() })]);

/** A whole import, from the listing to the published month: an importer's process, and an embedded warehouse's. */
export function billhouse(generated: GeneratedExport): Contestant {
  return { name: "Billhouse", measure: () => inScratch((scratch) => measure(generated, join(scratch, "warehouse"))) };
}

async function measure(generated: GeneratedExport, dataDir: string): Promise<Measurement> {
  const embedded = await acquireEmbedded({ dataDir });
  const { url, username, password, pid } = embedded;
  const warehouse = createWarehouse({ url, username, password, database: "billhouse" });
  try {
    await migrate(warehouse);
    await saveSource(warehouse, { ...SOURCE_DEFAULTS, name: SOURCE, kind: "folder", path: generated.directory });
    const before = readUsage(pid);
    const importer = await runApart("importer.ts", { address: warehouse.address, source: SOURCE });
    const after = readUsage(pid);
    const { bytesRead, ...measurement } = Imported.parse(importer);
    requireReadOnce(generated, bytesRead);
    const [arrived] = Arrived.parse(
      await warehouse.rows(
        "SELECT toString(count()) AS rows, toString(sum(cost_in_billing_currency)) AS total FROM costs",
      ),
    );
    requireTotals(generated, arrived, "Billhouse");
    const memory = { name: "warehouse", peakBytes: after.peakBytes, idleBytes: before.peakBytes };
    return {
      ...measurement,
      cpuSeconds: measurement.cpuSeconds + after.cpuSeconds - before.cpuSeconds,
      memory: [...measurement.memory, memory],
    };
  } finally {
    await warehouse.close();
    await embedded.release();
    while (isRunning(pid)) await sleep(50); // it still has its directory open
  }
}

function requireReadOnce({ parts }: GeneratedExport, bytesRead: Readonly<Record<string, number>>): void {
  for (const { path, byteCount } of parts) {
    if (bytesRead[path] === byteCount) continue;
    throw new Error(`Billhouse: ${path} has ${byteCount} bytes, of which ${bytesRead[path] ?? 0} were read`);
  }
}
