import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import {
  entriesStatement,
  entryLoadsStatement,
  entryStatement,
  parseEntryId,
} from "../../../clickhouse/api-entries.ts";
import { aggregateStatement } from "../../../clickhouse/api-sums.ts";
import type { SumGroup } from "../../../clickhouse/api-sums.ts";
import type { CostFilter } from "../../domain/cost-filter.ts";
import { answerFromSet, withVisibleSet } from "../answers.ts";
import { jsonRows, sendJson, withoutEmpty } from "../api-answer.ts";
import { costFilters, entryFilters, parseCosts, requireDays } from "../api-filter.ts";
import { listParameters, pageParameters, parseOrdering } from "../api-page.ts";
import { pinnedPage } from "../api-pinned.ts";
import { AggregateRow, answerOf, CostEntry } from "../api-shapes.ts";
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";

const EntriesQuery = z.strictObject({ ...entryFilters, ...listParameters });
const AggregateQuery = z.strictObject({
  ...entryFilters,
  date: costFilters.date,
  ...pageParameters,
  group_by: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [...new Set([value].flat())])
    .optional()
    .describe("What to group by; several in as many parameters"),
});
const Load = z.object({ load_id: z.string() });

/** What cost entries may be ordered by, and the columns of lines that these are. */
const ORDERS: Readonly<Record<string, string>> = {
  date: "date",
  cost_in_usd: "actual_usd",
  cost_in_billing_currency: "cost_in_billing_currency",
  billing_currency: "billing_currency",
  quantity: "quantity",
  unit_price: "unit_price",
  payg_price: "payg_price",
  subscription_name: "subscription_name",
  resource_group: "resource_group",
  resource_name: "resource_name",
  location: "resource_location",
  meter_category: "meter_category",
  meter_name: "meter_name",
  pricing_model: "pricing_model",
  charge_type: "charge_type",
  publisher_name: "publisher_name",
  cost_center: "cost_center",
};

/** Where `search` looks. */
const SEARCHED = [
  "subscription_id",
  "subscription_name",
  "resource_id",
  "resource_name",
  "resource_group",
  "meter_name",
  "meter_category",
  "meter_sub_category",
  "publisher_name",
  "cost_center",
];

/** What costs may be added up by, and the dimensions that these are. */
const GROUPS: Readonly<Record<string, string>> = {
  date: "date",
  billing_month: "billing_month",
  source_id: "source",
  subscription_id: "subscription_id",
  subscription_name: "subscription_name",
  resource_group: "resource_group",
  resource_group_name: "resource_group",
  resource_id: "resource_id",
  resource_name: "resource_name",
  resource_type: "resource_type",
  location: "resource_location",
  resource_location: "resource_location",
  service_family: "service_family",
  meter_id: "meter_id",
  meter_name: "meter_name",
  meter_category: "meter_category",
  meter_subcategory: "meter_sub_category",
  meter_sub_category: "meter_sub_category",
  pricing_model: "pricing_model",
  charge_type: "charge_type",
  publisher_name: "publisher_name",
  cost_center: "cost_center",
  billing_currency: "billing_currency",
};

/** Cost entries: the lines that carry actual costs and count now, and their sums by whatever is asked. */
export const addApiCostEntries =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/api/cost-entries",
      {
        schema: {
          tags: ["api"],
          summary: "Cost entries",
          querystring: EntriesQuery,
          response: answerOf(z.array(CostEntry)),
        },
      },
      async (request, reply) => {
        const { query } = request;
        const { field, descending } = parseOrdering(query.ordering ?? "date", Object.keys(ORDERS));
        const { time, filter } = withSearch(parseCosts(query), query.search);
        const order = [{ by: ORDERS[field] ?? field, descending }];
        const { rows, headers } = await withVisibleSet(dependencies, (current) =>
          pinnedPage(dependencies, request, reply, query, current, (place, set) =>
            entriesStatement({ time, filter, order, ...place }, set),
          ),
        );
        return sendJson(request, reply, `[${rows.join(",")}]`, headers);
      },
    );

    app.get(
      "/api/cost-entries/:id",
      {
        schema: {
          tags: ["api"],
          summary: "A cost entry",
          params: z.object({ id: z.string() }),
          querystring: z.strictObject({}),
          response: answerOf(CostEntry),
        },
      },
      async (request, reply) => sendJson(request, reply, await findEntry(dependencies, request.params.id, reply)),
    );

    app.get(
      "/api/cost-entries/aggregate",
      {
        schema: {
          tags: ["api"],
          summary: "Costs by whatever is asked",
          querystring: AggregateQuery,
          response: answerOf(z.array(AggregateRow)),
        },
      },
      async (request, reply) => {
        const { query } = request;
        requireDays(query);
        const groups = groupsOf(query.group_by);
        const { time, filter } = parseCosts(query);
        return answerFromSet(dependencies, request, reply, async (current) => {
          const { rows, headers } = await pinnedPage(dependencies, request, reply, query, current, (place, set) =>
            aggregateStatement({ time, filter, asOf: place.asOf }, groups, place, set),
          );
          return { body: `[${rows.map(withoutEmpty).join(",")}]`, headers };
        });
      },
    );
  };

async function findEntry(dependencies: HttpDependencies, id: string, reply: FastifyReply): Promise<string> {
  const key = parseEntryId(id);
  if (key === undefined) throw new HttpError(404, "not_found", "Not found.");
  return withVisibleSet(dependencies, async (set) => {
    const loads = await dependencies.queries.rows(entryLoadsStatement(key), { signal: callerSignal(reply) });
    const loadIds = z
      .array(Load)
      .parse(loads)
      .map((load) => load.load_id);
    const [row] =
      loadIds.length === 0 ? [] : await jsonRows(dependencies, entryStatement(id, key.line, loadIds, set), reply);
    if (row === undefined) throw new HttpError(404, "not_found", "Not found.");
    return row;
  });
}

function withSearch<Asked extends { readonly filter: CostFilter | null }>(
  asked: Asked,
  search: string | undefined,
): Asked {
  if (search === undefined || search === "") return asked;
  const found: CostFilter = { or: SEARCHED.map((dimension) => ({ dimension, op: "contains", values: [search] })) };
  return { ...asked, filter: asked.filter === null ? found : { and: [asked.filter, found] } };
}

function groupsOf(names: readonly string[] | undefined): SumGroup[] {
  if (names === undefined) throw new HttpError(400, "invalid_parameter", "group_by parameter required");
  const groups = names.map((name) => ({ name, dimension: Object.hasOwn(GROUPS, name) ? (GROUPS[name] ?? "") : "" }));
  const dimensions = new Set(groups.map(({ dimension }) => dimension));
  if (dimensions.has("") || dimensions.size < groups.length) {
    throw new HttpError(400, "invalid_parameter", "invalid group_by fields");
  }
  return groups;
}
