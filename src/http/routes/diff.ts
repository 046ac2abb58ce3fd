import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { diffMonth } from "../../../clickhouse/diff-month.ts";
import type { Side } from "../../../clickhouse/diff-month.ts";
import { parseMoment } from "../../domain/diff-answers.ts";
import type { Moment } from "../../domain/diff-answers.ts";
import { InvalidParameterError, InvalidRequestError, NotFoundError } from "../../domain/errors.ts";
import { isMonth } from "../../domain/month.ts";
import { DATASETS } from "../../domain/run.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { DatasetParameter, findSourceNames, readerOf, SourcesParameter } from "../listing.ts";

const MOST_LINES = 10_000;
const lines = { error: `expected a number from 1 to ${MOST_LINES}` };

const DiffQuery = z.strictObject({
  month: z
    .string({ error: "expected a month like 2026-05" })
    .refine(isMonth, { error: "expected a month like 2026-05" })
    .describe("Billing month, such as `2026-05`"),
  from: z
    .string()
    .optional()
    .describe(
      "The earlier side: a publication's id, or a moment in UTC. What answered before the later side when it is not given",
    ),
  to: z
    .string()
    .optional()
    .describe("The later side: a publication's id, or a moment in UTC. What answers now when it is not given"),
  source: SourcesParameter,
  dataset: DatasetParameter,
  by: z
    .enum(["subscription", "meter", "day", "all"], { error: "expected subscription, meter, day or all" })
    .default("all")
    .describe("By what changes are grouped"),
  limit: z.coerce
    .number(lines)
    .int(lines)
    .min(1, lines)
    .max(MOST_LINES, lines)
    .default(100)
    .describe("How many changes of each grouping, metric and currency come at most, the largest first"),
});

const SideAnswer = z.object({
  publicationId: z.string().describe("The publication"),
  runId: z.string().describe("Run that it published"),
  submittedAt: z.string().describe("When Azure was asked for the run"),
  publishedAt: z.string().describe("When it became visible"),
});

const Line = z.object({
  metric: z.enum(["actual", "amortized"]).describe("Which cost"),
  currency: z.string().describe("Billing currency"),
  line: z.string().describe("The subscription, meter or day; empty in a total"),
  name: z.string().describe("What people call it, where it has a name"),
  before: z.string().describe("Cost on the earlier side, as text with all digits"),
  after: z.string().describe("Cost on the later side"),
  difference: z.string().describe("The later less the earlier cost"),
  rowsBefore: z.int().describe("Rows on the earlier side"),
  rowsAfter: z.int().describe("Rows on the later side"),
  changedLines: z
    .int()
    .describe("How many lines of the metric and currency changed, those that are not shown included"),
});

const Comparison = z.object({
  source: z.string().describe("Source of both publications"),
  exportName: z.string().describe("Their export"),
  dataset: z.enum(DATASETS).describe("Their dataset"),
  month: z.string().describe("Their billing month"),
  before: SideAnswer,
  after: SideAnswer,
  rows: z.object({
    added: z.int().describe("Rows that only the later side has"),
    removed: z.int().describe("Rows that only the earlier side has"),
  }),
  totals: z.array(Line).describe("Of everything, by metric and currency, also where nothing changed"),
  changes: z
    .object({
      subscription: z.array(Line).optional(),
      meter: z.array(Line).optional(),
      day: z.array(Line).optional(),
    })
    .describe("What changed, by each grouping that was asked for"),
});

const Answer = z.object({
  data: z.array(Comparison).describe("One of each source, export and dataset"),
  rows: z.int().describe("Items in this answer"),
  incomparable: z.array(z.string()).describe("Why some of them have no two publications that can be compared"),
});

/** What changed between two publications of a month. */
export const addDiffRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/diff",
      {
        schema: {
          querystring: DiffQuery,
          response: { 200: Answer },
          tags: ["warehouse"],
          summary: "What changed of a month between two of its publications",
        },
      },
      async (request, reply) => {
        const { query } = request;
        const { month } = query;
        const reader = readerOf(dependencies, reply);
        const { comparisons, incomparable } = await diffMonth(reader, {
          month,
          from: momentOf("from", query.from),
          to: momentOf("to", query.to),
          sources: await findSourceNames(reader, query.source),
          dataset: query.dataset,
          by: query.by,
          limit: query.limit,
        });
        if (comparisons.length + incomparable.length === 0) {
          throw new NotFoundError(
            `${month}: nothing is published of it that could be compared. /v1/publications?history=true lists what is.`,
          );
        }
        const data = comparisons.map((one) => ({ ...one, before: sideOf(one.before), after: sideOf(one.after) }));
        return { data, rows: data.length, incomparable };
      },
    );
  };

/** The ledger writes moments as ClickHouse does. */
function sideOf(side: Side): Side {
  return { ...side, publishedAt: `${side.publishedAt.replace(" ", "T")}Z` };
}

function momentOf(name: string, text: string | undefined): Moment | undefined {
  try {
    return text === undefined ? undefined : parseMoment(text);
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    throw new InvalidParameterError(name, `${name}: ${error.message}`, { cause: error });
  }
}
