import { migrate } from "../../clickhouse/migrate.ts";
import { readConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { openWarehouse } from "../open-warehouse.ts";
import { countOf } from "./format.ts";

/** How to say it. */
export type MigrateOptions = { readonly json: boolean };

/** Brings the database to this version's schema. */
export const migrateWarehouse: Command<MigrateOptions> = async (context, { json }) => {
  const { warehouse, close } = await openWarehouse(readConfig(context.env, context.cwd).warehouse, context.signal);
  try {
    const { applied, current } = await migrate(warehouse);
    const { database } = warehouse.address;
    if (json) context.print(JSON.stringify({ database, applied, current }, null, 2));
    else {
      for (const name of applied) context.print(name);
      const done = applied.length === 0 ? "nothing to do" : `${countOf(applied.length, "migration")} applied`;
      context.print(`Database ${database}: ${done}, schema ${current} is current.`);
    }
    return EXIT.done;
  } finally {
    await close();
  }
};
