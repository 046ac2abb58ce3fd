import { afterAll, beforeAll, describe, test, vi } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { daysOfMonth } from "../../src/domain/month.ts";
import { API_BEHAVIOURS, expectBehaviour } from "../support/api-behaviours.ts";
import { LAST_MONTH, openApiStage } from "../support/api-stage.ts";
import { importAll, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await engine.close();
});

describe("an import in the command's own process", () => {
  for (const behaviour of API_BEHAVIOURS) {
    // These wait for the most part: they do so together.
    test.concurrent(`${behaviour.kind}: ${behaviour.name}`, async ({ onTestFinished }) => {
      const stage = await openApiStage(warehouse, behaviour.kind, behaviour.settings);
      onTestFinished(stage.close);
      await expectBehaviour(stage, behaviour, async ({ source }, invoice) => {
        const options = { billingPeriod: daysOfMonth(LAST_MONTH), extract: true, invoice };
        return (await importAll(warehouse, source.name, options)).runs;
      });
    });
  }
});
