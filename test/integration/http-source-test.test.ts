import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources, removeSource, saveSource } from "../../clickhouse/sources.ts";
import { createToken } from "../../clickhouse/tokens.ts";
import type { ConnectionTest } from "../../src/domain/connection-test.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { Source } from "../../src/domain/source.ts";
import type { TestSource } from "../../src/http/dependencies.ts";
import { testSource } from "../../src/sources/test-source.ts";
import { EA_ENROLLMENT, EA_KEY } from "../support/azure/ea.ts";
import { answered } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService, TestServiceOptions } from "../support/http-service.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let azure: AzureSimulator;

beforeAll(async () => {
  engine = await startTestEngine();
  [warehouse, azure] = await Promise.all([engine.database(), startAzureSimulator()]);
});

beforeEach(async () => {
  for (const source of await listSources(warehouse, {})) await removeSource(warehouse, source);
});

afterAll(async () => {
  await azure.stop();
  await engine.close();
});

/** Tests with the variables that the service has; those of the test's own process count for nothing. */
const withVariables: TestSource = (source, signal) => testSource(source, azure.environment, signal);

async function serve(options: TestServiceOptions = {}): Promise<TestService> {
  const service = await createTestService(warehouse, { testSource: withVariables, ...options });
  onTestFinished(() => service.close());
  return service;
}

const ask = (service: TestService, name: string, headers: Record<string, string> = {}) =>
  service.send({ method: "POST", url: `/v1/sources/${name}/test`, headers });

async function anEnrolment(variable = "SIMULATED_EA_KEY"): Promise<void> {
  await saveSource(warehouse, {
    ...SOURCE_DEFAULTS,
    ...EXTRACTION_DEFAULTS,
    name: "enrolment",
    kind: "ea",
    url: azure.eaUrl,
    enrollment: EA_ENROLLMENT,
    credential: { env: variable },
    api: "v3",
    by: "month",
    currency: null,
    taxFactor: null,
    datasets: ["actual"],
  });
}

test("a source that can be read is a success, with status and time", async () => {
  await anEnrolment();
  const answer = await ask(await serve(), "enrolment");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    success: true,
    message: `${azure.eaUrl}, enrolment ${EA_ENROLLMENT}: the key in SIMULATED_EA_KEY is accepted`,
    warning: null,
    statusCode: 200,
    responseTimeMs: expect.any(Number) as number,
    failure: null,
  });
});

test("a test that fails is an answer that says why, without the secret", async () => {
  await anEnrolment();
  azure.fault("ea", answered(401, { message: `The key ${EA_KEY} has expired.` }));
  const service = await serve();
  const answer = await ask(service, "enrolment");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ success: false, statusCode: 401, failure: "authentication" });
  expect(answer.json<ConnectionTest>().message).toContain("put a valid one there");
  expect(answer.body).not.toMatch(SIMULATED_SECRET);
  expect(service.log()).not.toMatch(SIMULATED_SECRET);
});

test("the variables are those of the service", async () => {
  vi.stubEnv("KEY_OF_THE_TEST", EA_KEY);
  onTestFinished(() => void vi.unstubAllEnvs());
  await anEnrolment("KEY_OF_THE_TEST");
  expect((await ask(await serve(), "enrolment")).json()).toMatchObject({
    success: false,
    message: expect.stringContaining("KEY_OF_THE_TEST is not set") as string,
    statusCode: null,
    failure: "configuration",
  });
});

test("a source that is disabled or holds no file is tested as well", async () => {
  const path = await mkdtemp(join(tmpdir(), "billhouse-source-test-"));
  onTestFinished(() => rm(path, { recursive: true }));
  const folder: Source = { ...SOURCE_DEFAULTS, name: "files", kind: "folder", path, enabled: false };
  await saveSource(warehouse, folder);
  const service = await serve();
  expect((await ask(service, "files")).json()).toMatchObject({
    success: true,
    warning: "holds no file: check the base folder",
  });
  await writeFile(join(path, "part.csv"), "x");
  expect((await ask(service, "files")).json()).toMatchObject({ success: true, warning: null, statusCode: null });
});

test("a name that is not there is a 404 that lists those there are", async () => {
  await anEnrolment();
  const answer = await ask(await serve(), "nobody");
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toEqual({
    error: { code: "not_found", message: 'There is no source "nobody". There are: enrolment.' },
  });
});

test("it uses a source's secret, so it needs the scope of those who change sources", async () => {
  await anEnrolment();
  const service = await serve({ settings: { isAuthDisabled: false } });
  const statuses: number[] = [];
  for (const scope of ["read", "write", "admin"] as const) {
    const key = await createToken(warehouse, { name: scope, scope, expiresAt: null });
    statuses.push((await ask(service, "enrolment", { authorization: `Token ${key}` })).statusCode);
  }
  expect(statuses).toEqual([403, 403, 200]);
});

test("four are tested at once, and the others wait for their turn", async () => {
  await anEnrolment();
  const running: (() => void)[] = [];
  let most = 0;
  const service = await serve({
    testSource: async () => {
      await new Promise<void>((resolve) => {
        running.push(resolve);
        most = Math.max(most, running.length);
      });
      return { success: true, message: "", warning: null, statusCode: null, responseTimeMs: 1, failure: null };
    },
  });
  const answers = Array.from({ length: 6 }, () => ask(service, "enrolment"));
  let ended = 0;
  while (ended < answers.length) {
    await vi.waitFor(() => expect(running).toHaveLength(Math.min(4, answers.length - ended)));
    running.shift()?.();
    ended++;
  }
  expect((await Promise.all(answers)).map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(200));
  expect(most).toBe(4);
});

test("the description names its answer", async () => {
  const document = (await (await serve()).get("/openapi.json")).json<{ paths: Record<string, unknown> }>();
  expect(document.paths["/v1/sources/{name}/test"]).toMatchObject({
    post: {
      tags: ["warehouse"],
      responses: {
        200: {
          content: {
            "application/json": {
              schema: {
                required: ["success", "message", "warning", "statusCode", "responseTimeMs", "failure"],
              },
            },
          },
        },
      },
    },
  });
});
