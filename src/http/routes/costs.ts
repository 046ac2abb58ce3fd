import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import type { CostSet } from "../../../clickhouse/cost-relation.ts";
import { renderCosts } from "../../../clickhouse/cost-statement.ts";
import { ANY_TRACKING } from "../../../clickhouse/tracking-set.ts";
import { columnsOf, COST_QUESTION } from "../../domain/cost-question.ts";
import type { CostQuestion, Measure } from "../../domain/cost-question.ts";
import type { CostFilter } from "../../domain/cost-filter.ts";
import { needScope } from "../auth.ts";
import { answerRows } from "../cost-answer.ts";
import type { Page, RowsQuestion } from "../cost-rows.ts";
import {
  ANY_SET,
  CostsBody,
  CostsQuery,
  filterOfLine,
  filterOfTree,
  forParameter,
  groupingsOf,
  listOf,
  momentOf,
  orderOf,
  requireOnce,
  requireOneOf,
  targetsAsked,
  timeOf,
  writtenTimeOf,
} from "../cost-parameters.ts";
import { ROWS_ANSWER } from "../cost-rows-schema.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { chooseFormat } from "../formats.ts";

const METRICS = ["actual", "amortized", "list", "quantity"] as const;
const TAGS = ["costs"];

/** GET and POST /v1/costs: sums of costs, by whatever is asked. */
export const addCostRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/costs",
      {
        schema: { querystring: CostsQuery, response: ROWS_ANSWER, tags: TAGS, summary: "Costs, grouped and over time" },
      },
      (request, reply) => {
        const { query } = request;
        const format = chooseFormat(query.format, request.headers.accept);
        const question = rowsQuestionOf(query, filterOfLine(query), dependencies.now());
        return answerRows(dependencies, request, reply, format, question);
      },
    );
    app.post(
      "/v1/costs",
      {
        schema: { body: CostsBody, response: ROWS_ANSWER, tags: TAGS, summary: "The same, with a filter as a tree" },
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

type CostsParameters = z.infer<typeof CostsBody>;

/** What is asked, as a question about costs and how its answer is told. */
function rowsQuestionOf(parameters: CostsParameters, filter: CostFilter | null, now: Date): RowsQuestion {
  const question = costQuestionOf(parameters, filter, now);
  const isUsd = parameters.currency === "usd";
  const columns = columnsOf(question);
  const at = (set: CostSet, { time, limit, offset }: Page): CostQuestion => ({
    ...question,
    time,
    asOf: "asOf" in set ? set.asOf : null,
    limit,
    offset,
  });
  const notInUsd = question.measures.flatMap(notInUsdOf);
  return {
    name: "costs",
    time: question.time,
    asOf: question.asOf,
    limit: question.limit,
    cursor: parameters.cursor,
    asked: { ...question, time: writtenTimeOf(parameters), limit: null },
    targets: targetsAsked("groupBy", question.groupBy, filter),
    render: (set, page, tracking) => renderCosts(at(set, page), set, tracking),
    renderFacts: (set, page, tracking) => renderCosts(at(set, page), set, tracking),
    renderNotInUsd: (set, page, tracking) =>
      notInUsd.length === 0 ? null : renderCosts(notInUsdQuestion(at(set, page), notInUsd), set, tracking),
    hasCurrency: !isUsd && columns.includes("billing_currency"),
    amounts: columns.filter(isAmount),
    maps: [],
    ids: [],
    currency: isUsd && notInUsd.length > 0 ? "USD" : null,
  };
}

function costQuestionOf(parameters: CostsParameters, filter: CostFilter | null, now: Date): CostQuestion {
  const { granularity = "none", compareTo = null, top, limit } = parameters;
  const plain: CostQuestion = {
    ...COST_QUESTION,
    time: timeOf(parameters, now),
    granularity,
    groupBy: groupingsOf(parameters.groupBy),
    measures: measuresOf(parameters),
    asOf: momentOf(parameters),
    limit: limit === undefined ? null : Number(limit),
  };
  // What cannot be asked together is told of the parameter with which it begins.
  forParameter("groupBy", () => renderCosts(plain, ANY_SET, ANY_TRACKING));
  const filtered = { ...plain, filter };
  forParameter("filter", () => renderCosts(filtered, ANY_SET, ANY_TRACKING));
  const compared = { ...filtered, compareTo };
  forParameter("compareTo", () => renderCosts(compared, ANY_SET, ANY_TRACKING));
  const question = { ...compared, top: top === undefined ? null : Number(top) };
  forParameter("top", () => renderCosts(question, ANY_SET, ANY_TRACKING));
  return { ...question, order: orderOf(parameters.order, columnsOf(question)) };
}

function measuresOf({ metric, currency = "billing" }: CostsParameters): Measure[] {
  const metrics = metric === undefined ? ["actual"] : listOf(metric);
  requireOnce("metric", metrics);
  return metrics.map((name): Measure => {
    const known = requireOneOf("metric", name, METRICS);
    return known === "quantity" || currency === "billing" ? known : `${known}_usd`;
  });
}

/** The whole time in one: how much of each currency is left out. */
function notInUsdQuestion(question: CostQuestion, measures: readonly Measure[]): CostQuestion {
  return {
    ...question,
    granularity: "none",
    groupBy: [{ kind: "dimension", name: "billing_currency" }],
    measures,
    top: null,
    compareTo: null,
    order: [],
    limit: null,
    offset: 0,
  };
}

function notInUsdOf(measure: Measure): Measure[] {
  switch (measure) {
    case "actual_usd":
      return ["actual_not_in_usd"];
    case "amortized_usd":
      return ["amortized_not_in_usd"];
    case "list_usd":
      return ["list_not_in_usd"];
    default:
      return [];
  }
}

function isAmount(column: string): boolean {
  return /^(?:actual|amortized|list|quantity)(?:_usd)?(?:_before|_change)?$/.test(column);
}
