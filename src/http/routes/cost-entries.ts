import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { decimalColumns, ENTRY_COLUMNS, renderCostEntries } from "../../../clickhouse/cost-entries-statement.ts";
import type { CostSet } from "../../../clickhouse/cost-relation.ts";
import { renderCosts } from "../../../clickhouse/cost-statement.ts";
import { ANY_TRACKING } from "../../../clickhouse/tracking-set.ts";
import { parseGrouping } from "../../domain/cost-dimensions.ts";
import type { Grouping } from "../../domain/cost-dimensions.ts";
import type { CostFilter } from "../../domain/cost-filter.ts";
import { COST_QUESTION } from "../../domain/cost-question.ts";
import type { EntriesQuestion, Measure } from "../../domain/cost-question.ts";
import { needScope } from "../auth.ts";
import { answerRows } from "../cost-answer.ts";
import type { Page, RowsQuestion } from "../cost-rows.ts";
import {
  ANY_SET,
  EntriesBody,
  EntriesQuery,
  filterOfLine,
  filterOfTree,
  forParameter,
  listOf,
  momentOf,
  orderOf,
  requireOnce,
  targetsAsked,
  timeOf,
  writtenTimeOf,
} from "../cost-parameters.ts";
import { ROWS_ANSWER } from "../cost-rows-schema.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { chooseFormat } from "../formats.ts";

/** What a line tells where nobody says which columns. */
const DEFAULT_COLUMNS = [
  "date",
  "source",
  "dataset",
  "billing_account_id",
  "subscription_id",
  "subscription_name",
  "resource_group",
  "resource_name",
  "resource_id",
  "resource_location",
  "service_family",
  "meter_category",
  "meter_sub_category",
  "meter_name",
  "charge_type",
  "pricing_model",
  "publisher_name",
  "cost_center",
  "quantity",
  "unit_of_measure",
  "billing_currency",
  "cost_in_billing_currency",
  "amortized_cost_in_billing_currency",
  "actual_usd",
  "amortized_usd",
  "tags",
];
const TAGS = ["costs"];

/** GET and POST /v1/cost-entries: the lines themselves, as many as there are. */
export const addCostEntryRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/cost-entries",
      {
        schema: {
          querystring: EntriesQuery,
          response: ROWS_ANSWER,
          tags: TAGS,
          summary: "The lines that costs are made of",
        },
      },
      (request, reply) => {
        const { query } = request;
        const format = chooseFormat(query.format, request.headers.accept);
        const question = rowsQuestionOf(query, filterOfLine(query), dependencies.now());
        return answerRows(dependencies, request, reply, format, question);
      },
    );
    app.post(
      "/v1/cost-entries",
      {
        schema: { body: EntriesBody, response: ROWS_ANSWER, tags: TAGS, summary: "The same, with a filter as a tree" },
        config: needScope("read"),
      },
      (request, reply) => {
        const { body } = request;
        const format = chooseFormat(body.format, request.headers.accept);
        const question = rowsQuestionOf(body, filterOfTree(body), dependencies.now());
        return answerRows(dependencies, request, reply, format, question);
      },
    );
  };

type EntriesParameters = z.infer<typeof EntriesBody>;

/** What is asked, as a question about lines and how its answer is told. */
function rowsQuestionOf(parameters: EntriesParameters, filter: CostFilter | null, now: Date): RowsQuestion {
  const question = entriesQuestionOf(parameters, filter, now);
  const { columns } = question;
  const amounts = decimalColumns(columns);
  const hasCurrency = columns.includes("billing_currency");
  const at = (set: CostSet, page: Page): EntriesQuestion => ({
    ...question,
    ...page,
    asOf: "asOf" in set ? set.asOf : null,
  });
  const facts = [...(hasCurrency ? ["billing_currency"] : ["date"]), ...amounts];
  const notInUsd = (["actual", "amortized"] as const).filter((metric) => columns.includes(`${metric}_usd`));
  return {
    name: "cost-entries",
    time: question.time,
    asOf: question.asOf,
    limit: question.limit,
    cursor: parameters.cursor,
    asked: { ...question, time: writtenTimeOf(parameters), limit: null },
    targets: targetsAsked("columns", groupingsAmong(columns), filter),
    render: (set, page, tracking) => renderCostEntries(at(set, page), set, tracking),
    renderFacts: (set, page, tracking) => {
      const order = page.limit === null ? [] : question.order; // without a limit it is all of them
      return renderCostEntries({ ...at(set, page), columns: facts, order }, set, tracking);
    },
    renderNotInUsd: (set, { time }, tracking) =>
      notInUsd.length === 0
        ? null
        : renderCosts(
            {
              ...COST_QUESTION,
              time,
              filter,
              asOf: "asOf" in set ? set.asOf : null,
              groupBy: [{ kind: "dimension", name: "billing_currency" }],
              measures: notInUsd.map((metric): Measure => `${metric}_not_in_usd`),
            },
            set,
            tracking,
          ),
    hasCurrency,
    amounts,
    maps: columns.filter((name) => name === "tags" || name === "extra"),
    ids: columns.filter((name) => name === "load_id"),
    currency: null,
  };
}

function groupingsAmong(columns: readonly string[]): Grouping[] {
  return columns.filter((name) => name.startsWith("tracking:")).map(parseGrouping);
}

function entriesQuestionOf(parameters: EntriesParameters, filter: CostFilter | null, now: Date): EntriesQuestion {
  const asked = parameters.columns === undefined ? DEFAULT_COLUMNS : listOf(parameters.columns);
  requireOnce("columns", asked);
  const isMoney = asked.some((name) => /_in_billing_currency$|_price$/.test(name));
  // An amount without its currency means nothing.
  const columns = isMoney && !asked.includes("billing_currency") ? [...asked, "billing_currency"] : asked;
  const { metric = null, limit } = parameters;
  const plain: EntriesQuestion = {
    time: timeOf(parameters, now),
    columns,
    metric,
    filter: null,
    asOf: momentOf(parameters),
    order: [],
    limit: limit === undefined ? null : Number(limit),
    offset: 0,
  };
  forParameter("columns", () => renderCostEntries(plain, ANY_SET, ANY_TRACKING));
  const question = { ...plain, filter };
  forParameter("filter", () => renderCostEntries(question, ANY_SET, ANY_TRACKING));
  return { ...question, order: orderOf(parameters.order, [...new Set([...ENTRY_COLUMNS, ...columns])]) };
}
