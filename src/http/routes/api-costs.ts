import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { resourceSumsStatement, summaryStatement, withAmountObjects } from "../../../clickhouse/api-sums.ts";
import type { SumGroup } from "../../../clickhouse/api-sums.ts";
import type { CostStatement } from "../../../clickhouse/cost-statement.ts";
import type { VisibleSet } from "../../../clickhouse/visible-set.ts";
import type { CostFilter } from "../../domain/cost-filter.ts";
import { isMonth, monthOf, parseDay } from "../../domain/month.ts";
import { answerFromSet } from "../answers.ts";
import { jsonRows, withoutEmpty } from "../api-answer.ts";
import { costFilters, isAskedDay, parseCosts, requireDays } from "../api-filter.ts";
import type { AskedCosts, CostQuery } from "../api-filter.ts";
import { createSetFactBook } from "../api-set-facts.ts";
import type { SetFacts } from "../api-set-facts.ts";
import { answerOf, ResourceTotals, Summary } from "../api-shapes.ts";
import { createSourceSets } from "../api-source-sets.ts";
import { askedSources } from "../api-sources.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";

const SummaryQuery = z.strictObject(costFilters);
const MonthQuery = z.strictObject({ month: z.union([z.string(), z.array(z.string())]).optional() });

const MonthDates = z.object({ month: z.string(), available_dates: z.array(z.string()) });

type Asked = AskedCosts & { readonly asOf: null };

const VIRTUAL_MACHINES: CostFilter = { dimension: "meter_category", op: "eq", values: ["Virtual Machines"] };

/** What a summary adds costs up by, and of which costs. */
type SummaryKind = { readonly title: string; readonly group: SumGroup; readonly filter: CostFilter | null };

const SUBSCRIPTION: SumGroup = { name: "subscription_id", dimension: "subscription_id" };
const SUMMARIES: Readonly<Record<string, SummaryKind>> = {
  "subscription-summary": { title: "Costs by subscription", group: SUBSCRIPTION, filter: null },
  "virtual-machines-summary": {
    title: "Costs of virtual machines by subscription",
    group: SUBSCRIPTION,
    filter: VIRTUAL_MACHINES,
  },
  "resource-group-summary": {
    title: "Costs by resource group",
    group: { name: "resource_group", dimension: "resource_group" },
    filter: null,
  },
  "meter-category-summary": {
    title: "Costs by meter category",
    group: { name: "meter_category", dimension: "meter_category" },
    filter: null,
  },
  "region-summary": {
    title: "Costs by region",
    group: { name: "location", dimension: "resource_location" },
    filter: null,
  },
};

/** The end of a row of a summary: what no row alone is about. */
const IN_ALL = /,"not_convertible_in_all":(\[.*\])\}$/;

/** The beginning of a row by subscription, as ClickHouse writes it. */
const UP_TO_SUBSCRIPTION = /^\{"total_usd":[^",]+,"total_billing":[^",]+,"subscription_id":("(?:[^"\\]|\\.)*")/;

/** Summaries of costs, each with the sources that it was looked for in. */
export const addApiCosts =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const book = createSetFactBook(dependencies);
    const { visibleSets, enabled } = createSourceSets(dependencies);
    const withSources = { ...dependencies, visibleSets };

    for (const [name, { title, group, filter }] of Object.entries(SUMMARIES)) {
      app.get(
        `/api/costs/${name}`,
        { schema: { tags: ["api"], summary: title, querystring: SummaryQuery, response: answerOf(Summary) } },
        async (request, reply) => {
          const { query } = request;
          requireDays(query);
          const asked = narrowed(parseCosts(query), filter);
          return answerFromSet(
            withSources,
            request,
            reply,
            async (set) => {
              const [{ names: sources }, { days, names }, { rows, notConvertible }] = await Promise.all([
                enabled(),
                book.of(set),
                sumsOf(dependencies, summaryStatement(asked, group, set), set, reply),
              ]);
              const found = askedSources(sources, days, query.source_id, isAskedDay(query));
              const head = JSON.stringify({ date: dateOf(query), ...found }).slice(0, -1);
              return {
                body: `${head},"data":[${rows.map((row) => withName(row, names)).join(",")}]${notConvertible}}`,
              };
            },
            { isCheckedAfter: true },
          );
        },
      );
    }

    app.get(
      "/api/costs/resource-group-totals",
      {
        schema: {
          tags: ["api"],
          summary: "Costs of the resources of a group",
          querystring: SummaryQuery,
          response: answerOf(ResourceTotals),
        },
      },
      async (request, reply) => {
        const { query } = request;
        const [group, ...others] = query.resource_group ?? [];
        if (group === undefined) throw new HttpError(400, "invalid_parameter", "resource_group parameter required");
        requireDays(query);
        const asked = narrowed(parseCosts(query), null);
        return answerFromSet(
          dependencies,
          request,
          reply,
          async (set) => {
            const { rows, notConvertible } = await sumsOf(dependencies, resourceSumsStatement(asked, set), set, reply);
            const head = { resource_group: others.length === 0 ? group : query.resource_group, date: dateOf(query) };
            const total = JSON.stringify({ ...head, total_resources: rows.length }).slice(0, -1);
            return { body: `${total},"data":[${rows.join(",")}]${notConvertible}}` };
          },
          { isCheckedAfter: true },
        );
      },
    );

    app.get(
      "/api/costs/available-report-dates",
      {
        schema: {
          tags: ["api"],
          summary: "The days of a month that there are costs of",
          querystring: MonthQuery,
          response: answerOf(MonthDates),
        },
      },
      async (request, reply) => {
        const month = request.query.month ?? monthOf(parseDay(dependencies.now().toISOString().slice(0, 10)));
        if (typeof month !== "string" || !isMonth(month)) {
          throw new HttpError(400, "invalid_parameter", "invalid month");
        }
        return answerFromSet(dependencies, request, reply, async (set) => {
          const days = [...(await book.of(set)).days.values()].flatMap((found) => [...found]);
          const dates = [...new Set(days.filter((day) => monthOf(parseDay(day)) === month))].toSorted();
          return { body: JSON.stringify({ month, available_dates: dates }) };
        });
      },
    );
  };

/** The rows of a summary, and the text that says what of all of it cannot be told in USD. */
async function sumsOf(
  dependencies: HttpDependencies,
  statement: CostStatement,
  { currency }: Pick<VisibleSet, "currency">,
  reply: FastifyReply,
): Promise<{ rows: readonly string[]; notConvertible: string }> {
  const given = await jsonRows(dependencies, statement, reply);
  const rows = currency === null ? given : given.map((row) => withAmountObjects(row, currency));
  const [, inAll = "[]"] = IN_ALL.exec(rows[0] ?? "") ?? [];
  return {
    rows: rows.map((row) => withoutEmpty(row.replace(IN_ALL, "}"))),
    notConvertible: inAll === "[]" ? "" : `,"not_convertible":${inAll}`,
  };
}

/** The costs that are asked for now, and of these only some. */
function narrowed({ time, filter }: AskedCosts, another: CostFilter | null): Asked {
  const filters = [filter, another].filter((found) => found !== null);
  return { time, filter: filters.length === 0 ? null : { and: filters }, asOf: null };
}

/** A row with the name of its subscription, where it is of one. */
function withName(row: string, names: SetFacts["names"]): string {
  return row.replace(UP_TO_SUBSCRIPTION, (text, id: string) => {
    const name = names.get(JSON.parse(id) as string) ?? "";
    return `${text},"subscription_name":${JSON.stringify(name)}`;
  });
}

/** The day that was asked for; null where it was none, or several. */
function dateOf({ date }: CostQuery): string | null {
  const [first, ...others] = date ?? [];
  return first === undefined || others.length > 0 ? null : first;
}
