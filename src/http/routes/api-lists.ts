import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiList } from "../../../clickhouse/api-lists.ts";
import { sendJson } from "../api-answer.ts";
import { itemJson, listItems, requireItem } from "../api-items.ts";
import { listParameters, nextLink, pageSizeOf, parseOrdering, readCursor, writeCursor } from "../api-page.ts";
import { answerOf, API_ITEMS } from "../api-shapes.ts";
import type { HttpDependencies } from "../dependencies.ts";

const Id = z.object({ id: z.string() });
const Nothing = z.strictObject({});
const PageQuery = z.strictObject(listParameters);
const Place = z.object({ key: z.string(), id: z.string() });

/** How each list is ordered, and by what it may be. */
const ORDERS: Readonly<Record<ApiList, { readonly fields: readonly string[]; readonly usual: string }>> = {
  snapshots: {
    fields: ["report_date", "created_at", "source", "status", "file_name", "run_id"],
    usual: "-report_date",
  },
  customers: { fields: ["tenant_id", "name"], usual: "tenant_id" },
  subscriptions: { fields: ["subscription_id", "name"], usual: "subscription_id" },
  resources: { fields: ["resource_id", "resource_name", "name", "resource_group", "location"], usual: "resource_id" },
  meters: { fields: ["meter_id", "name", "category", "subcategory", "service_family"], usual: "meter_id" },
};

/** The lists of `/api/` but that of cost entries, and their items. */
export const addApiLists =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    for (const list of Object.keys(ORDERS) as ApiList[]) {
      const { fields, usual } = ORDERS[list];

      app.get(
        `/api/${list}`,
        {
          schema: {
            tags: ["api"],
            summary: `The list of ${list}`,
            querystring: PageQuery,
            response: answerOf(z.array(API_ITEMS[list])),
          },
        },
        async (request, reply) => {
          const { ordering = usual, search = "", cursor, page_size: pageSize } = request.query;
          const { field, descending } = parseOrdering(ordering, fields);
          const size = pageSizeOf(pageSize, dependencies.settings.maxJsonRows);
          const place = Place.extend({ ordering: z.literal(ordering) });
          const after = cursor === undefined ? { key: "", id: "" } : readCursor(cursor, place);
          const page = { id: "", search, order: field, descending, after, limit: size + 1 };
          const rows = await listItems(dependencies, list, page, reply);
          const shown = rows.slice(0, size);
          const last = shown.at(-1);
          const link =
            last === undefined || rows.length === shown.length
              ? {}
              : nextLink(request, writeCursor({ ordering, key: last.sort_key, id: last.id }));
          return sendJson(request, reply, `[${shown.map(itemJson).join(",")}]`, link);
        },
      );

      app.get(
        `/api/${list}/:id`,
        {
          schema: {
            tags: ["api"],
            summary: `One of the ${list}`,
            params: Id,
            querystring: Nothing,
            response: answerOf(API_ITEMS[list]),
          },
        },
        async (request, reply) =>
          sendJson(request, reply, itemJson(await requireItem(dependencies, list, request.params.id, reply))),
      );
    }
  };
