import type { Parameters } from "./client.ts";
import { readQuery } from "./query.ts";

/** The lists of the HTTP service that are asked for in the same way. */
export type ApiList = "snapshots" | "customers" | "subscriptions" | "resources" | "meters";

/** Which items of a list are wanted: a page, or one. */
export type ListPage = {
  /** Only the item of this id; empty for all. */
  readonly id: string;
  /** Text that an item has somewhere, whatever its case; empty for any. */
  readonly search: string;
  /** The field that items are ordered by, and their ids where it is the same. */
  readonly order: string;
  readonly descending: boolean;
  /** What the item before the page says of its order and id; an empty id for the first page. */
  readonly after: { readonly key: string; readonly id: string };
  readonly limit: number;
};

const PAGE = readQuery("api-list");

/** What each list is read from, by the names that its query uses. */
const PARTS: Readonly<Record<ApiList, readonly (readonly [string, string])[]>> = {
  snapshots: [["snapshots", "snapshots"]],
  customers: [],
  subscriptions: [["customer_of_subscriptions", "api-customer-of-subscriptions"]],
  resources: [],
  meters: [],
};

/** The statement that gives a page of a list, and with each item its `sort_key`. */
export function listStatement(list: ApiList, page: ListPage): { sql: string; parameters: Parameters } {
  const parts = [...PARTS[list], ["listed", `api-${list}`] as const].map(
    ([name, query]) => `${name} AS\n(\n${readQuery(query)})`,
  );
  return {
    sql: `WITH\n${parts.join(",\n")}\n${PAGE}`,
    parameters: {
      id: page.id,
      search: page.search,
      order: page.order,
      descending: page.descending,
      after_key: page.after.key,
      after_id: page.after.id,
      limit: page.limit,
    },
  };
}
