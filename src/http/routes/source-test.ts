import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { TEST_FAILURES } from "../../domain/connection-test.ts";
import { needScope } from "../auth.ts";
import { callerSignal } from "../caller-signal.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { findSource } from "../find-source.ts";
import { readerOf } from "../listing.ts";
import { createPlaces } from "../places.ts";
import { scrub } from "../scrub.ts";

const MOST_TESTS = 4;
const MOST_WAITING = 16;

const Tested = z.object({
  success: z.boolean().describe("Whether the source can be read at this moment"),
  message: z.string().describe("What was found; where it failed, what is wrong and how to mend it"),
  warning: z.string().nullable().describe("What to look at although it succeeded; null for nothing"),
  statusCode: z
    .int()
    .nullable()
    .describe("HTTP status of the last answer of what was asked; null where there was none"),
  responseTimeMs: z.int().describe("How long the test took, in milliseconds"),
  failure: z.enum(TEST_FAILURES).nullable().describe("What kind of failure it is; null where it succeeded"),
});

/** Tests whether a source can be read: with the secrets that the service holds. */
export const addSourceTestRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const places = createPlaces(MOST_TESTS, MOST_WAITING);

    app.post(
      "/v1/sources/:name/test",
      {
        config: needScope("admin"), // it sends the source's secret to the source's host
        schema: {
          params: z.object({ name: z.string().max(1000).describe("Name of the source") }),
          querystring: z.strictObject({}),
          response: { 200: Tested },
          tags: ["warehouse"],
          summary:
            "Tests whether a source can be read: its variables are set, its identity is let in, its place answers",
          description:
            "Asks for as little as proves it, and never for a report. Takes 30 seconds at most; a test that fails is an answer, too, with `success` false. The variables that the source names are those of the service.",
        },
      },
      async ({ params }, reply) => {
        const source = await findSource(readerOf(dependencies, reply), params.name);
        const signal = callerSignal(reply);
        const free = await places.take(signal);
        try {
          const tested = await dependencies.testSource(source, signal);
          return { ...tested, message: scrub(tested.message) };
        } finally {
          free();
        }
      },
    );
  };
