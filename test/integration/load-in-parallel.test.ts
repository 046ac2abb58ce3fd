import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createLoadStatement, IN_PARALLEL, LOAD_SETTINGS } from "../../clickhouse/load-statement.ts";
import { readEngineFacts } from "../../clickhouse/engine-facts.ts";
import { mapHeader } from "../../src/domain/header.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

const HEADER = ["Date", "Cost", "ResourceName"];
const RECORDS =
  "(SELECT '2026-05-01' AS f0, toNullable('1') AS f1, toNullable('') AS f2, CAST(NULL, 'Nullable(String)') AS f3)";

test("one thread reads and numbers the records of a part, several convert them", async () => {
  const statement = createLoadStatement(mapHeader(HEADER, "actual", "part.csv"), HEADER.length);
  const stages = await explain(statement);
  const numbering = stages.findLastIndex((stage) => !stage.includes("×"));
  const converting = stages.findIndex((stage) => stage.includes("ExpressionTransform × 4"));
  expect(converting).toBeGreaterThanOrEqual(0);
  expect(numbering).toBeGreaterThan(converting); // what comes first is printed last
  expect((await explain(statement.replace(IN_PARALLEL, ""))).join("\n")).not.toContain("ExpressionTransform × ");
});

test("the warehouse says how many threads a load may have and what it compiles, and is asked once", async () => {
  let asked = 0;
  const counted = {
    rows: async (sql: string) => {
      asked++;
      return warehouse.rows(sql);
    },
  };
  const [facts] = await Promise.all([readEngineFacts(counted), readEngineFacts(counted)]);
  expect(facts).toEqual({ threads: expect.any(Number) as number, compilesPatterns: true });
  expect(facts.threads).toBeGreaterThanOrEqual(1);
  expect(await readEngineFacts(counted)).toBe(facts);
  expect(asked).toBe(1);
});

test("a warehouse that could not say so is asked again", async () => {
  let isAway = true;
  const away = {
    rows: async (sql: string) => {
      if (isAway) throw new Error("gone");
      return warehouse.rows(sql);
    },
  };
  await expect(readEngineFacts(away)).rejects.toThrow("gone");
  isAway = false;
  expect((await readEngineFacts(away)).threads).toBeGreaterThanOrEqual(1);
});

test("in the embedded warehouse nothing compiles patterns, unless it is asked to", async () => {
  const compiles = async (settings: { compile_regular_expressions?: 1 }) => {
    const answer = await warehouse.answer("SELECT getSetting('compile_regular_expressions')", "TSVRaw", { settings });
    return (await text(answer.stream)).trim();
  };
  expect(await compiles({})).toBe("false");
  expect(await compiles({ compile_regular_expressions: 1 })).toBe("true");
});

/** The stages of the statement's SELECT with four threads, the last one first. */
async function explain(statement: string): Promise<string[]> {
  const [, select = ""] = /^INSERT INTO .*?\n(SELECT .*)\nFORMAT CSVWithNames$/s.exec(statement) ?? [];
  const answer = await warehouse.answer(`EXPLAIN PIPELINE ${select.replace(/input\('[^']*'\)/, RECORDS)}`, "TSVRaw", {
    parameters: {
      load_id: "8d1f2c0e-63a7-4f0e-8a55-0d6a4f0c9b11",
      own_partition: "8d1f2c0e-63a7-4f0e-8a55-0d6a4f0c9b11",
      source: "contoso",
      dataset: "actual",
      billing_month: "2026-05-01",
    },
    settings: { ...LOAD_SETTINGS, max_threads: 4 },
  });
  return (await text(answer.stream)).split("\n").map((line) => line.trim());
}
