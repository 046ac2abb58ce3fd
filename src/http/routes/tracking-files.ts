import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { dryRunRules } from "../../../clickhouse/tracking-dry-run.ts";
import { findTrackedResource } from "../../../clickhouse/tracking-resources.ts";
import { readRuleSet, saveRules } from "../../../clickhouse/tracking-rules.ts";
import { testRules } from "../../../clickhouse/tracking-test.ts";
import { combineRuleSets, compareRuleSets } from "../../domain/tracking-changes.ts";
import type { RuleChange, WantedRules } from "../../domain/tracking-changes.ts";
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies, RuleFileFormat } from "../dependencies.ts";
import { DayParameter, MonthParameter, readerOf } from "../listing.ts";
import { AppliedAnswer, DryRunAnswer, EffectAnswer, TestAnswer } from "../tracking-answers.ts";
import { dayAsked, LinesParameter } from "../tracking-parameters.ts";
import { authorOf } from "./tracking-rules.ts";

const TAGS = ["tracking"];
/** Thousands of rules of each kind; while a file is read nobody else is answered, and YAML takes thirty times as long. */
const MOST_BYTES: Readonly<Record<RuleFileFormat, number>> = { yaml: 1 << 20, json: 8 << 20, csv: 8 << 20 };
const MOST_TESTED = 100;

/** The kinds of rule files by the Content-Type of a body. */
const FORMATS: Readonly<Record<string, RuleFileFormat>> = {
  "application/yaml": "yaml",
  "application/x-yaml": "yaml",
  "text/yaml": "yaml",
  "text/csv": "csv",
  "application/json": "json",
};

const OTHERS = z
  .enum(["kept", "removed"], { error: "expected kept or removed" })
  .default("kept")
  .describe("What becomes of rules that the file does not name");
const FILE = z
  .string({ error: "expected a rule file" })
  .describe("A rule file: YAML, JSON or CSV, as its Content-Type says; the same as `billhouse rules apply` takes");

type FileRequest = FastifyRequest<{ Body: string; Querystring: { others: z.infer<typeof OTHERS> } }>;

const EXPORT: unknown = {
  200: {
    description: "The rules as a file that can be applied",
    content: {
      "application/yaml": { schema: z.string() },
      "application/json": { schema: z.string() },
      "text/csv": { schema: z.string() },
    },
  },
};
const MEDIA_TYPES: Readonly<Record<RuleFileFormat, string>> = {
  yaml: "application/yaml; charset=utf-8",
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
};

/** Rule files: applying them, trying them, and writing what there is as one. */
export const addTrackingFileRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const { warehouse, ruleFiles, tracking, now } = dependencies;
    app.removeContentTypeParser(["application/json"]); // a message about a file names its lines
    for (const [type, format] of Object.entries(FORMATS)) {
      const options = { parseAs: "string", bodyLimit: MOST_BYTES[format] } as const;
      app.addContentTypeParser(type, options, (_request, body, done) => done(null, body));
    }
    const consumes = Object.keys(FORMATS);

    const readFile = (request: FastifyRequest<{ Body: string }>): Promise<WantedRules> => {
      const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
      return ruleFiles.read(warehouse, request.body, `body.${FORMATS[type] ?? "yaml"}`);
    };

    /** What a file would make of the rules that there are. */
    const compare = async (request: FileRequest, reply: FastifyReply) => {
      const { others } = request.query;
      const wanted = await readFile(request);
      const { broken, ...kept } = await readRuleSet(readerOf(dependencies, reply));
      const { changes, ...change } = compareRuleSets(kept, wanted, others);
      const named = new Set(changes.map(({ id }) => id));
      const count = (what: RuleChange["change"]) => changes.filter((one) => one.change === what).length;
      const told = {
        changes: changes
          .filter((one) => one.change !== "unchanged")
          .map(({ differences, ...one }) => ({ ...one, differences: [...differences] })),
        added: count("added"),
        changed: count("changed"),
        removed: count("removed"),
        unchanged: count("unchanged"),
        untouched: kept.rules.filter(({ id }) => !named.has(id)).length,
        fallback: change.fallback ?? null,
        broken: [...broken],
      };
      return { change, told, ruleSet: combineRuleSets(kept, wanted, others) };
    };

    app.post(
      "/v1/tracking/apply",
      {
        schema: {
          body: FILE,
          consumes,
          querystring: z.strictObject({
            others: OTHERS,
          }),
          response: { 200: AppliedAnswer },
          tags: TAGS,
          summary: "Applies a rule file: all of it, or nothing where something in it is wrong",
          description: "Resources are assigned anew behind the answer; POST /v1/tracking/evaluate waits for it.",
        },
      },
      async (request, reply) => {
        const { change, told } = await tracking.try(callerSignal(reply), () => compare(request, reply));
        await saveRules(warehouse, change, authorOf(request));
        tracking.catchUp();
        return told;
      },
    );

    app.post(
      "/v1/tracking/dry-run",
      {
        schema: {
          body: FILE,
          consumes,
          querystring: z.strictObject({
            others: OTHERS,
            month: MonthParameter.describe("Billing month of the money; the newest when it is not given"),
            limit: LinesParameter.describe("How many targets, rules and resources are told at most"),
          }),
          response: { 200: DryRunAnswer },
          tags: TAGS,
          summary: "What a rule file would change, in rules, resources and money; changes nothing",
        },
      },
      async (request, reply) => {
        const { month, limit } = request.query;
        const signal = callerSignal(reply);
        const day = dayAsked(undefined, now());
        return tracking.try(signal, async () => {
          const { ruleSet, told } = await compare(request, reply);
          const found = await dryRunRules(warehouse, { ruleSet, month, day, limit, signal });
          return { ...told, effect: EffectAnswer.parse(found) };
        });
      },
    );

    app.post(
      "/v1/tracking/test",
      {
        schema: {
          body: FILE,
          consumes,
          querystring: z.strictObject({
            resource: z
              .union([z.string(), z.array(z.string()).max(MOST_TESTED)], {
                error: `expected 1 to ${MOST_TESTED} texts`,
              })
              .describe("Id of a resource, or its last segment; may be given several times"),
            on: DayParameter.describe("The day for which rules have to hold; today when it is not given"),
          }),
          response: { 200: TestAnswer },
          tags: TAGS,
          summary: "Which rule of a file would win for some resources; changes nothing",
        },
      },
      async (request, reply) => {
        const { resource, on } = request.query;
        const day = dayAsked(on, now());
        const signal = callerSignal(reply);
        const data = await tracking.try(signal, async () => {
          const { rules, fallback = "none" } = await readFile(request);
          const resourceIds: string[] = [];
          for (const text of [resource].flat()) {
            resourceIds.push(await findTrackedResource(readerOf(dependencies, reply), text));
          }
          return testRules(warehouse, { ruleSet: { rules, fallback }, resourceIds, day, signal });
        });
        return { data, rows: data.length, day };
      },
    );

    app.get(
      "/v1/tracking/export",
      {
        schema: {
          querystring: z.strictObject({
            format: z
              .enum(["yaml", "json", "csv"], { error: "expected yaml, json or csv" })
              .default("yaml")
              .describe("Of the file"),
          }),
          response: EXPORT,
          tags: TAGS,
          summary: "The rules as a file that can be applied",
        },
      },
      async ({ query: { format } }, reply) => {
        const { rules, fallback } = await readRuleSet(readerOf(dependencies, reply));
        return reply
          .type(MEDIA_TYPES[format])
          .header("content-disposition", `attachment; filename="rules.${format}"`)
          .send(Buffer.from(ruleFiles.render({ rules, fallback }, format)));
      },
    );
  };
