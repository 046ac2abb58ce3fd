import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listConflictPairs, listConflicts } from "../../../clickhouse/tracking-conflicts.ts";
import type { ConflictPlace } from "../../../clickhouse/tracking-conflicts.ts";
import { listCoverage } from "../../../clickhouse/tracking-coverage.ts";
import { explainResource } from "../../../clickhouse/tracking-explain.ts";
import { findTrackedResource } from "../../../clickhouse/tracking-resources.ts";
import type { TrackingSet } from "../../../clickhouse/tracking-set.ts";
import { listUnusedRules } from "../../../clickhouse/tracking-unused.ts";
import { callerSignal } from "../caller-signal.ts";
import { trackingMoved } from "../cost-rows.ts";
import type { HttpDependencies } from "../dependencies.ts";
import {
  CursorParameter,
  DayParameter,
  LimitParameter,
  MonthParameter,
  readerOf,
  readPlace,
  writePlace,
} from "../listing.ts";
import {
  ConflictPairsAnswer,
  ConflictsAnswer,
  CoverageAnswer,
  EvaluationAnswer,
  ExplanationAnswer,
  StateAnswer,
  UnusedAnswer,
} from "../tracking-answers.ts";
import { dayAsked, LinesParameter } from "../tracking-parameters.ts";

const TAGS = ["tracking"];
const Nothing = z.strictObject({});
const RuleParameter = z.string().max(1000).optional().describe("Only of this rule");
const ResourceParameter = z.string().max(4096).describe("Id of a resource, or its last segment where only one has it");
const On = DayParameter.describe("The day for which rules have to hold; today when it is not given");
const Place = z.tuple([z.string(), z.string(), z.string()]);

/** What rules make of the resources: evaluations, and what is to be known of them. */
export const addTrackingRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const { warehouse, tracking, trackingSets, now } = dependencies;
    app.addHook("onClose", () => tracking.close());

    app.get(
      "/v1/tracking",
      {
        schema: {
          querystring: Nothing,
          response: { 200: StateAnswer },
          tags: TAGS,
          summary: "Which evaluation of the rules costs are read with, and whether it is behind",
        },
      },
      async () => {
        const set = await trackingSets.current();
        return {
          evaluation: evaluationOf(set),
          targets: [...set.targets],
          fallback: set.fallback,
          isEvaluating: tracking.isBusy(),
          failure: tracking.failure(),
        };
      },
    );

    app.post(
      "/v1/tracking/evaluate",
      {
        schema: {
          querystring: Nothing,
          response: { 200: EvaluationAnswer },
          tags: TAGS,
          summary: "Assigns every resource to its rule now; answers when costs are read like that",
        },
      },
      async () => {
        const { brokenRules, ...evaluation } = await tracking.evaluate();
        return { ...evaluation, brokenRules: [...brokenRules] };
      },
    );

    app.get(
      "/v1/tracking/coverage",
      {
        schema: {
          querystring: z.strictObject({
            month: MonthParameter,
            by: z
              .enum(["month", "subscription", "both"], { error: "expected month, subscription or both" })
              .default("month")
              .describe("What each line is of"),
          }),
          response: { 200: CoverageAnswer },
          tags: TAGS,
          summary: "How much of the cost, and how many resources, have a rule",
        },
      },
      async ({ query: { month, by } }, reply) => {
        const evaluation = evaluationOf(await trackingSets.current());
        const data = await listCoverage(readerOf(dependencies, reply), { month, by });
        return { data, rows: data.length, evaluation };
      },
    );

    app.get(
      "/v1/tracking/conflicts",
      {
        schema: {
          querystring: z.strictObject({
            month: MonthParameter.describe(
              "Billing month of the costs; the newest of each resource when it is not given",
            ),
            rule: RuleParameter,
            resource: ResourceParameter.optional(),
            limit: LimitParameter,
            cursor: CursorParameter,
          }),
          response: { 200: ConflictsAnswer },
          tags: TAGS,
          summary: "Resources that several rules match, with every candidate and why one won",
        },
      },
      async ({ query }, reply) => {
        const { month, rule: ruleId, resource, limit, cursor } = query;
        const reader = readerOf(dependencies, reply);
        const resourceId = resource === undefined ? undefined : await findTrackedResource(reader, resource);
        const evaluation = evaluationOf(await trackingSets.current());
        const after = cursor === undefined ? undefined : placeOf(cursor, evaluation?.evaluationId);
        const found = await listConflicts(reader, { month, ruleId, resourceId, limit: limit + 1, after });
        const data = found.slice(0, limit).map(({ candidates, costs, ...conflict }) => ({
          ...conflict,
          candidates: [...candidates],
          costs: [...costs],
        }));
        const last = found.length > limit ? data.at(-1) : undefined;
        const place = [evaluation?.evaluationId ?? "", last?.resourceId ?? "", last?.validFrom ?? ""];
        const next = last === undefined ? null : writePlace(...place);
        return { data, rows: data.length, evaluation, next };
      },
    );

    app.get(
      "/v1/tracking/conflicts/pairs",
      {
        schema: {
          querystring: z.strictObject({
            month: MonthParameter,
            rule: RuleParameter,
            limit: LinesParameter.describe("How many pairs of each metric and currency come at most"),
          }),
          response: { 200: ConflictPairsAnswer },
          tags: TAGS,
          summary: "The same summed up by pairs of rules, dearest first",
        },
      },
      async ({ query: { month, rule: ruleId, limit } }, reply) => {
        const evaluation = evaluationOf(await trackingSets.current());
        const data = await listConflictPairs(readerOf(dependencies, reply), { month, ruleId, limit });
        return { data, rows: data.length, evaluation };
      },
    );

    app.get(
      "/v1/tracking/unused",
      {
        schema: {
          querystring: z.strictObject({ on: On }),
          response: { 200: UnusedAnswer },
          tags: TAGS,
          summary: "Rules that match nothing, and those that match but never win",
        },
      },
      async ({ query: { on } }, reply) => {
        const evaluation = evaluationOf(await trackingSets.current());
        const data = await listUnusedRules(readerOf(dependencies, reply), { day: dayAsked(on, now()) });
        return { data, rows: data.length, evaluation };
      },
    );

    app.get(
      "/v1/tracking/explain",
      {
        schema: {
          querystring: z.strictObject({
            resource: ResourceParameter,
            on: On,
            all: z
              .enum(["true", "false"], { error: "expected true or false" })
              .default("false")
              .describe("Whether rules that did not match are told, too"),
          }),
          response: { 200: ExplanationAnswer },
          tags: TAGS,
          summary: "Why a resource has the rule that it has: each rule, and why it did or did not win",
        },
      },
      async ({ query: { resource, on, all } }, reply) => {
        const signal = callerSignal(reply);
        const resourceId = await findTrackedResource(readerOf(dependencies, reply), resource);
        const day = dayAsked(on, now());
        const found = await tracking.try(signal, () => explainResource(warehouse, { resourceId, day, signal }));
        const told = all === "true" ? found.rules : found.rules.filter(({ outcome }) => outcome !== "did not match");
        return ExplanationAnswer.parse({ ...found, rules: told, hidden: found.rules.length - told.length });
      },
    );
  };

/** Which evaluation an answer speaks of; null where there is none. */
function evaluationOf({ evaluationId, evaluatedAt, hasOtherRules, hasOtherLoads }: TrackingSet) {
  return evaluatedAt === null ? null : { evaluationId, evaluatedAt, hasOtherRules, hasOtherLoads };
}

/** Where a list goes on. Throws HttpError where it was begun of another evaluation. */
function placeOf(cursor: string, current: string | undefined): ConflictPlace {
  const [evaluationId, resourceId, validFrom] = readPlace(cursor, Place);
  if (evaluationId !== current) throw trackingMoved();
  return { resourceId, validFrom: validFrom === "" ? null : validFrom };
}
