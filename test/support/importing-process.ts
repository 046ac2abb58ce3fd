import { createWarehouse } from "../../clickhouse/client.ts";
import { z } from "zod";
import { importAll } from "./warehouse.ts";

// Imports a source in a process of its own, which a test may kill: arguments are the warehouse's address and the source.
const Address = z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() });
const [address = "", source = ""] = process.argv.slice(2);
const warehouse = createWarehouse(Address.parse(JSON.parse(address)));
const report = await importAll(warehouse, source);
await warehouse.close();
process.exitCode = report.runs.some((run) => run.outcome === "failed") ? 1 : 0;
