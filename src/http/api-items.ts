import type { FastifyReply } from "fastify";
import { z } from "zod";
import { listStatement } from "../../clickhouse/api-lists.ts";
import type { ApiList, ListPage } from "../../clickhouse/api-lists.ts";
import { callerSignal } from "./caller-signal.ts";
import type { HttpDependencies } from "./dependencies.ts";
import { HttpError } from "./errors.ts";

const Row = z.looseObject({ id: z.string(), sort_key: z.string() });

/** An item of a list as its query gives it. */
export type ApiRow = z.infer<typeof Row>;

/** The items of a page of a list. */
export async function listItems(
  { queries }: Pick<HttpDependencies, "queries">,
  list: ApiList,
  page: ListPage,
  reply: FastifyReply,
): Promise<ApiRow[]> {
  return z.array(Row).parse(await queries.rows(listStatement(list, page), { signal: callerSignal(reply) }));
}

/** The item of an id; undefined when there is none. */
export async function findItem(
  dependencies: Pick<HttpDependencies, "queries">,
  list: ApiList,
  id: string,
  reply: FastifyReply,
): Promise<ApiRow | undefined> {
  if (id === "") return undefined;
  const page = { id, search: "", order: "", descending: false, after: { key: "", id: "" }, limit: 1 };
  return (await listItems(dependencies, list, page, reply))[0];
}

/** The item of an id; throws the answer 404 when there is none. */
export async function requireItem(
  dependencies: Pick<HttpDependencies, "queries">,
  list: ApiList,
  id: string,
  reply: FastifyReply,
): Promise<ApiRow> {
  const row = await findItem(dependencies, list, id, reply);
  if (row === undefined) throw new HttpError(404, "not_found", "Not found.");
  return row;
}

/** An item as callers see it, as JSON: without its place in the order, and whether a customer's name is ours. */
export function itemJson({ sort_key: _key, is_ours: _isOurs, ...item }: ApiRow): string {
  return JSON.stringify(item);
}
