import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Reader } from "../../../clickhouse/query.ts";
import { requireCompilable } from "../../../clickhouse/tracking-patterns.ts";
import { findRule, readRuleHistory, readRuleSet, removeRule, saveRules } from "../../../clickhouse/tracking-rules.ts";
import type { KeptRule } from "../../../clickhouse/tracking-rules.ts";
import { InvalidParameterError, NotFoundError } from "../../domain/errors.ts";
import { compareRuleIds, TRACKING_FALLBACKS } from "../../domain/tracking-rule.ts";
import type { TrackingRule } from "../../domain/tracking-rule.ts";
import { callerOf } from "../auth.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";
import { CursorParameter, LimitParameter, Next, readerOf, readPlace, writePlace } from "../listing.ts";
import {
  BrokenRuleAnswer,
  NewRuleBody,
  RuleAnswer,
  ruleAnswer,
  RuleBody,
  ruleOf,
  RuleVersionAnswer,
  versionAnswer,
} from "../tracking-rule-body.ts";

const TAGS = ["tracking"];
const Nothing = z.strictObject({});
const NamedRule = z.object({ id: z.string().max(1000).describe("The rule") });

const Rules = z.object({
  data: z
    .array(RuleAnswer)
    .describe("The rules that hold, in the order in which they win where the same field matches"),
  rows: z.int().describe("Items in this answer"),
  next: Next,
  broken: z.array(BrokenRuleAnswer).describe("Rows that somebody inserted and that are no rules: they take no part"),
  fallback: z.enum(TRACKING_FALLBACKS).describe("What resources without a rule are given"),
});

const History = z.object({
  data: z.array(RuleVersionAnswer).describe("Everything that was ever written of it, the newest first"),
  rows: z.int().describe("Items in this answer"),
});

const Place = z.tuple([z.coerce.number().int(), z.string()]);

const LATER = "Resources are assigned anew behind the answer; POST /v1/tracking/evaluate waits for it.";

/** The rules of resource tracking: listing, adding, changing, removing. */
export const addTrackingRuleRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const { warehouse, tracking } = dependencies;

    const save = async (request: FastifyRequest, rule: TrackingRule, reader: Reader) => {
      await requireCompilable(reader, [rule]);
      await saveRules(warehouse, { saved: [rule], removed: [], fallback: undefined }, authorOf(request));
      tracking.catchUp();
      return ruleAnswer(await findRule(warehouse, rule.id));
    };

    app.get(
      "/v1/tracking/rules",
      {
        schema: {
          querystring: z.strictObject({ limit: LimitParameter, cursor: CursorParameter }),
          response: { 200: Rules },
          tags: TAGS,
          summary: "All rules, in the order in which they win",
        },
      },
      async ({ query }, reply) => {
        const { limit, cursor } = query;
        const { rules, broken, fallback } = await readRuleSet(readerOf(dependencies, reply));
        const rest = cursor === undefined ? rules : behind(rules, readPlace(cursor, Place));
        const data = rest.slice(0, limit).map(ruleAnswer);
        const last = rest.length > limit ? data.at(-1) : undefined;
        const next = last === undefined ? null : writePlace(String(last.priority), last.id);
        return { data, rows: data.length, next, broken: [...broken], fallback };
      },
    );

    app.get(
      "/v1/tracking/rules/:id",
      {
        schema: {
          params: NamedRule,
          querystring: Nothing,
          response: { 200: RuleAnswer },
          tags: TAGS,
          summary: "One rule",
        },
      },
      async ({ params }, reply) => ruleAnswer(await findRule(readerOf(dependencies, reply), params.id)),
    );

    app.get(
      "/v1/tracking/rules/:id/history",
      {
        schema: {
          params: NamedRule,
          querystring: Nothing,
          response: { 200: History },
          tags: TAGS,
          summary: "What a rule was and is, also one that was removed",
        },
      },
      async ({ params: { id } }, reply) => {
        const data = (await readRuleHistory(readerOf(dependencies, reply), id)).map(versionAnswer);
        if (data.length > 0) return { data, rows: data.length };
        throw new NotFoundError(
          `There never was a rule ${JSON.stringify(id)}. /v1/tracking/rules lists those there are.`,
        );
      },
    );

    app.post(
      "/v1/tracking/rules",
      {
        schema: {
          body: NewRuleBody,
          querystring: Nothing,
          response: { 201: RuleAnswer },
          tags: TAGS,
          summary: "Adds a rule; its id must be free",
          description: LATER,
        },
      },
      async (request, reply) => {
        const rule = ruleOf(request.body);
        const reader = readerOf(dependencies, reply);
        if (await isKnown(reader, rule.id)) {
          const message = `There is a rule ${rule.id} already. Change it with PUT /v1/tracking/rules/${encodeURIComponent(rule.id)}.`;
          throw new HttpError(409, "already_exists", message);
        }
        const saved = await save(request, rule, reader);
        return created(reply, saved);
      },
    );

    app.put(
      "/v1/tracking/rules/:id",
      {
        schema: {
          params: NamedRule,
          body: RuleBody,
          querystring: Nothing,
          response: { 200: RuleAnswer, 201: RuleAnswer },
          tags: TAGS,
          summary: "Makes a rule what the body says, and adds it where it is not there",
          description: LATER,
        },
      },
      async (request, reply) => {
        const { body, params } = request;
        const rule = ruleOf({ id: params.id, ...body });
        if (rule.id !== params.id) {
          throw new InvalidParameterError("id", `id: the path says ${JSON.stringify(params.id)}. Leave it out.`);
        }
        const reader = readerOf(dependencies, reply);
        const wasThere = await isKnown(reader, rule.id);
        const saved = await save(request, rule, reader);
        return wasThere ? saved : created(reply, saved);
      },
    );

    app.delete(
      "/v1/tracking/rules/:id",
      {
        schema: {
          params: NamedRule,
          querystring: Nothing,
          response: { 204: z.null().describe("It is removed") },
          tags: TAGS,
          summary: "Removes a rule; its history stays",
          description: LATER,
        },
      },
      async (request, reply) => {
        await removeRule(warehouse, request.params.id, authorOf(request));
        tracking.catchUp();
        return reply.code(204).send(null);
      },
    );
  };

/** Who writes, as the history shows it. */
export function authorOf(request: FastifyRequest): string {
  return callerOf(request)?.name ?? "HTTP";
}

function created(reply: FastifyReply, rule: z.infer<typeof RuleAnswer>): z.infer<typeof RuleAnswer> {
  void reply.code(201).header("location", `/v1/tracking/rules/${encodeURIComponent(rule.id)}`);
  return rule;
}

async function isKnown(reader: Reader, id: string): Promise<boolean> {
  const [newest] = await readRuleHistory(reader, id);
  return newest !== undefined && !newest.removed;
}

function behind(rules: readonly KeptRule[], [priority, id]: z.infer<typeof Place>): readonly KeptRule[] {
  return rules.filter((rule) => (rule.priority - priority || compareRuleIds(rule.id, id)) > 0);
}
