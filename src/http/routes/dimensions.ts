import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { CostSet } from "../../../clickhouse/cost-relation.ts";
import { renderCosts } from "../../../clickhouse/cost-statement.ts";
import type { CostStatement } from "../../../clickhouse/cost-statement.ts";
import { renderTagKeys } from "../../../clickhouse/tag-keys-statement.ts";
import { renderTargets } from "../../../clickhouse/targets-statement.ts";
import { ANY_TRACKING } from "../../../clickhouse/tracking-set.ts";
import type { TrackingSet } from "../../../clickhouse/tracking-set.ts";
import { COST_DIMENSIONS, findDimension, groupingText, parseGrouping } from "../../domain/cost-dimensions.ts";
import type { CostFilter } from "../../domain/cost-filter.ts";
import { COST_QUESTION } from "../../domain/cost-question.ts";
import { InvalidParameterError, InvalidRequestError, NotFoundError } from "../../domain/errors.ts";
import { answerRows } from "../cost-answer.ts";
import type { Page, Reading } from "../cost-rows.ts";
import {
  filterOfLine,
  forParameter,
  momentOf,
  targetsAsked,
  timeOf,
  ValuesQuery,
  writtenTimeOf,
} from "../cost-parameters.ts";
import { ROWS_ANSWER } from "../cost-rows-schema.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { chooseFormat } from "../formats.ts";

const TAGS = ["costs"];
const Dimensions = z.object({
  data: z.array(z.object({ name: z.string(), label: z.string(), description: z.string(), kind: z.string() })),
  rows: z.int(),
});
const LISTED = [
  ...COST_DIMENSIONS.map(({ name, label, description, kind }) => ({ name, label, description, kind })),
  {
    name: "tag:<key>",
    label: "Tag",
    description: "A tag of the resource; /v1/dimensions/tag/values lists the keys",
    kind: "text",
  },
  {
    name: "tracking:<target>",
    label: "Tracking target",
    description: "What the rule of the resource says; /v1/dimensions/tracking/values lists the targets",
    kind: "text",
  },
];

/** What has names of its own, whose values are these. */
const NAMES_OF = ["tag", "tracking"];

/** What costs can be grouped and filtered by, and the values that there are of each. */
export const addDimensionRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/dimensions",
      { schema: { response: { 200: Dimensions }, tags: TAGS, summary: "What costs can be grouped and filtered by" } },
      () => ({ data: LISTED, rows: LISTED.length }),
    );
    app.get(
      "/v1/dimensions/:dimension/values",
      {
        schema: {
          params: z.object({
            dimension: z.string().meta({
              description:
                "A dimension, tag:<key>, tracking:<target>; tag for the keys of tags, tracking for the targets.",
            }),
          }),
          querystring: ValuesQuery,
          response: ROWS_ANSWER,
          tags: TAGS,
          summary: "The values of a dimension, and how many lines have each",
        },
      },
      (request, reply) => {
        const { query, params } = request;
        const name = NAMES_OF.find((known) => known === params.dimension) ?? nameOf(params.dimension);
        const { search = "", limit } = query;
        const filter = filterOfLine(query);
        const render = (set: CostSet, page: Page, tracking: TrackingSet | null): CostStatement => {
          if (name === "tag") return renderTagKeys({ ...page, search, filter }, set, tracking);
          if (name === "tracking") return renderTargets({ ...page, search, filter }, set, tracking ?? ANY_TRACKING);
          return renderValues(name, bothOf(searchOf(name, search), filter), { set, tracking }, page);
        };
        const targets = targetsAsked("dimension", NAMES_OF.includes(name) ? [] : [parseGrouping(name)], filter);
        return answerRows(dependencies, request, reply, chooseFormat(query.format, request.headers.accept), {
          name: "values",
          time: timeOf(query, dependencies.now()),
          asOf: momentOf(query),
          limit: limit === undefined ? null : Number(limit),
          cursor: query.cursor,
          asked: [name, search, filter, momentOf(query), writtenTimeOf(query)],
          targets: name === "tracking" ? (targets ?? []) : targets,
          render,
          renderFacts: render,
          renderNotInUsd: () => null,
          hasCurrency: false,
          amounts: [],
          maps: [],
          ids: [],
          currency: null,
        });
      },
    );
  };

/** The dimension of a path; throws NotFoundError where there is none. */
function nameOf(text: string): string {
  try {
    return groupingText(parseGrouping(text));
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    throw new NotFoundError(`${error.message} /v1/dimensions lists them.`, { cause: error });
  }
}

function searchOf(name: string, search: string): CostFilter | null {
  if (search === "") return null;
  if (findDimension(name)?.kind === "day") {
    throw new InvalidParameterError("search", `search: ${name} is a day. Use from and to instead.`);
  }
  return { dimension: name, op: "contains", values: [search] };
}

function bothOf(one: CostFilter | null, other: CostFilter | null): CostFilter | null {
  if (one === null || other === null) return one ?? other;
  return { and: [one, other] };
}

function renderValues(
  name: string,
  filter: CostFilter | null,
  { set, tracking }: Pick<Reading, "set" | "tracking">,
  { time, limit, offset }: Page,
): CostStatement {
  const question = {
    ...COST_QUESTION,
    time,
    groupBy: [forParameter("dimension", () => parseGrouping(name))],
    measures: ["entries" as const],
    filter,
    asOf: "asOf" in set ? set.asOf : null,
    order: [{ by: name, descending: false }],
    limit,
    offset,
    aliases: { [name]: "value" },
  };
  return forParameter("dimension", () => renderCosts(question, set, tracking));
}
