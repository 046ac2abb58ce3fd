import { fastifySwagger } from "@fastify/swagger";
import { fastifySwaggerUi } from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { surfaceOf } from "./surface.ts";

const DESCRIPTION = `Costs out of Azure billing data, exact to the last digit.

Two surfaces over the same figures: \`/v1/\` is the query service for new callers, \`/api/\` keeps an earlier service's
contract. Give a token with every request: \`Authorization: Token <key>\` or \`Bearer <key>\`. A slash at the end of a path
makes no difference. Answers carry an \`ETag\` that names the publications they were computed from.`;

/** Collects the schemas of all routes that are added after it, for /openapi.json and the page /docs. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Billhouse", version, description: DESCRIPTION },
      tags: [
        { name: "costs", description: "Questions about costs" },
        {
          name: "tracking",
          description: "Which team or application resources belong to: rules, and what comes of them",
        },
        { name: "warehouse", description: "Where the figures come from, and how fresh they are" },
        { name: "api", description: "The contract of the earlier service" },
        { name: "service", description: "The service itself" },
      ],
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer", description: "The key that `billhouse token create` printed" },
        },
      },
      security: [{ token: [] }],
    },
    transform: describe,
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await app.register(fastifySwaggerUi, {
    routePrefix: "/docs",
    uiConfig: { docExpansion: "list", tryItOutEnabled: true, persistAuthorization: false, validatorUrl: null },
    theme: { title: "Billhouse" },
  });
}

/** The schema of a route in JSON Schema, with the failures that every route of its surface may answer. */
const describe: typeof jsonSchemaTransform = (document) => {
  const { schema, url } = jsonSchemaTransform(document);
  if (schema?.hide === true) return { schema, url };
  const failure = surfaceOf(url) === "api" ? API_FAILURE : FAILURE;
  const answers = { ...(schema?.response as object | undefined) };
  const known = Object.keys(answers).some((status) => status.startsWith("2")) ? {} : { 200: ANSWER };
  return { schema: { ...schema, response: { ...known, ...answers, "4xx": failure, "5xx": failure } }, url };
};

const ANSWER = { description: "The answer" };
const FAILURE = {
  description: "Why there is no answer",
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string", description: "A word for programs" },
        message: { type: "string" },
        details: { type: "object", additionalProperties: true },
      },
    },
  },
};
const API_FAILURE = {
  description: "Why there is no answer: `detail`, or what is wrong with each parameter",
  type: "object",
  properties: { detail: { type: "string" } },
  additionalProperties: { type: "array", items: { type: "string" } },
};
