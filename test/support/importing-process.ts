import { createWarehouse } from "../../clickhouse/client.ts";
import { importAll } from "./warehouse.ts";

// Imports a source in a process of its own, which a test may kill: arguments are the warehouse's address and the source.
const [address = "", source = ""] = process.argv.slice(2);
const warehouse = createWarehouse(JSON.parse(address));
const report = await importAll(warehouse, source);
await warehouse.close();
process.exitCode = report.runs.some((run) => run.outcome === "failed") ? 1 : 0;
