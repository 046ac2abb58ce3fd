import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { dryRunRules } from "../../../clickhouse/tracking-dry-run.ts";
import { findTrackedResource } from "../../../clickhouse/tracking-resources.ts";
import { readRuleSet, saveRules } from "../../../clickhouse/tracking-rules.ts";
import { testRules } from "../../../clickhouse/tracking-test.ts";
import { combineRuleSets, compareRuleSets } from "../../domain/tracking-changes.ts";
import type { WantedRules } from "../../domain/tracking-changes.ts";
import { needScope } from "../auth.ts";
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies, RuleFileFormat } from "../dependencies.ts";
import { DayParameter, MonthParameter, readerOf } from "../listing.ts";
import { AppliedAnswer, DryRunAnswer, TestAnswer } from "../tracking-answers.ts";
import { dayAsked, LinesParameter } from "../tracking-parameters.ts";
import { authorOf } from "./tracking-rules.ts";

const TAGS = ["tracking"];
const MOST_BYTES = 32 << 20; // tens of thousands of rules
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
const Flag = z.enum(["true", "false"], { error: "expected true or false" }).default("false");
const FILE = z
  .string({ error: "expected a rule file" })
  .describe("A rule file: YAML, JSON or CSV, as its Content-Type says; the same as `billhouse rules apply` takes");

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
    app.addContentTypeParser(Object.keys(FORMATS), { parseAs: "string" }, (_request, body, done) => done(null, body));
    const consumes = Object.keys(FORMATS);

    const readFile = (request: FastifyRequest<{ Body: string }>): Promise<WantedRules> => {
      const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
      return ruleFiles.read(warehouse, request.body, `body.${FORMATS[type] ?? "yaml"}`);
    };

    app.post(
      "/v1/tracking/apply",
      {
        bodyLimit: MOST_BYTES,
        schema: {
          body: FILE,
          consumes,
          querystring: z.strictObject({
            others: OTHERS,
            dryRun: Flag.describe("Whether nothing is changed, and told what would be: in rules, resources and money"),
            month: MonthParameter.describe("Billing month of the money of a dry run; the newest when it is not given"),
            limit: LinesParameter.describe("How many targets, rules and resources a dry run tells at most"),
          }),
          response: { 200: AppliedAnswer },
          tags: TAGS,
          summary: "Applies a rule file: all of it, or nothing where something in it is wrong",
          description: "Resources are assigned anew behind the answer; POST /v1/tracking/evaluate waits for it.",
        },
      },
      async (request, reply) => {
        const { others, dryRun, month, limit } = request.query;
        const wanted = await readFile(request);
        const { broken, ...kept } = await readRuleSet(readerOf(dependencies, reply));
        const { changes, ...change } = compareRuleSets(kept, wanted, others);
        const signal = callerSignal(reply);
        const effect = async () => {
          const ruleSet = combineRuleSets(kept, wanted, others);
          const day = dayAsked(undefined, now());
          const found = await tracking.try(signal, () =>
            dryRunRules(warehouse, { ruleSet, month, day, limit, signal }),
          );
          return DryRunAnswer.parse(found);
        };
        if (dryRun === "false") {
          await saveRules(warehouse, change, authorOf(request));
          tracking.catchUp();
        }
        const named = new Set(changes.map(({ id }) => id));
        const count = (what: string) => changes.filter((one) => one.change === what).length;
        return {
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
          effect: dryRun === "true" ? await effect() : null,
        };
      },
    );

    app.post(
      "/v1/tracking/test",
      {
        config: needScope("read"),
        bodyLimit: MOST_BYTES,
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
        const { rules, fallback = "none" } = await readFile(request);
        const resourceIds: string[] = [];
        for (const text of [resource].flat()) {
          resourceIds.push(await findTrackedResource(readerOf(dependencies, reply), text));
        }
        const signal = callerSignal(reply);
        const data = await tracking.try(signal, () =>
          testRules(warehouse, { ruleSet: { rules, fallback }, resourceIds, day, signal }),
        );
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
