import type { Warehouse } from "../../clickhouse/client.ts";

/** What a process needs in its environment to use this warehouse. */
export function warehouseEnv({ address }: Pick<Warehouse, "address">): NodeJS.ProcessEnv {
  return {
    CLICKHOUSE_URL: address.url,
    CLICKHOUSE_USER: address.username,
    CLICKHOUSE_PASSWORD: address.password,
    CLICKHOUSE_DATABASE: address.database,
  };
}
