import { join } from "node:path";
import { z } from "zod";
import { migrate } from "../../clickhouse/migrate.ts";
import { runApart } from "../apart.ts";
import { PLAIN_TABLE, readExportHeader } from "../bare-engine.ts";
import type { ExportHeader } from "../bare-engine.ts";
import { requireTotals } from "../exports.ts";
import type { GeneratedExport } from "../exports.ts";
import { inWarehouse } from "../in-warehouse.ts";
import type { OpenWarehouse } from "../in-warehouse.ts";
import { Measurement } from "../measurement.ts";
import type { Contestant } from "../measurement.ts";
import { inScratch } from "../scratch.ts";
import { readUsage } from "../usage.ts";

const Totals = z.tuple([z.object({ rows: z.string(), total: z.string() })]);
const TOTALS = "SELECT toString(count()) AS rows, toString(sum(cost_in_billing_currency)) AS total FROM plain";

/** The usual way in Node: csv-parse makes objects, which the client streams into a plain table as JSONEachRow. */
export async function csvParse(generated: GeneratedExport): Promise<Contestant> {
  const header = await readExportHeader(generated);
  return {
    name: "csv-parse",
    remark: "objects of csv-parse, streamed as JSONEachRow into the plain table",
    rowCount: generated.rowCount,
    mostRounds: 1,
    measure: () =>
      inScratch((scratch) => inWarehouse(join(scratch, "data"), (open) => measure(generated, header, open))),
  };
}

async function measure(
  generated: GeneratedExport,
  { mapping }: ExportHeader,
  { warehouse, pid }: OpenWarehouse,
): Promise<Measurement> {
  await migrate(warehouse);
  await warehouse.run(PLAIN_TABLE);
  const before = readUsage(pid);
  const parser = Measurement.parse(
    await runApart("peers/csv-parse-process.ts", {
      address: warehouse.address,
      files: generated.parts.map(({ path }) => join(generated.directory, path)),
      columns: mapping.mapped,
    }),
  );
  const after = readUsage(pid);
  const [totals] = Totals.parse(await warehouse.rows(TOTALS));
  requireTotals(generated, totals, "csv-parse");
  return {
    ...parser,
    cpuSeconds: parser.cpuSeconds + after.cpuSeconds - before.cpuSeconds,
    memory: [...parser.memory, { name: "warehouse", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
  };
}
