import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { readRuleSet, saveRules } from "../../clickhouse/tracking-rules.ts";
import { readRuleFile } from "../../src/tracking-file.ts";
import { createScenes } from "../support/scene.ts";
import { ACTUAL, bringResources, LAKE, sumOf, WEB } from "../support/tracking-scene.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const document = readFileSync(new URL("../../docs/tracking.md", import.meta.url), "utf8");

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

/** The blocks of a language that the document shows. */
function blocksOf(language: string): string[] {
  return [...document.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);
}

test("the rule files and statements of docs/tracking.md do what it says", async () => {
  const scene = await scenes.scene();
  const { warehouse } = scene;
  await bringResources(scene);
  for (const format of ["yaml", "csv"]) {
    const [text = "", ...others] = blocksOf(format);
    expect(others).toEqual([]);
    const { rules, fallback } = await readRuleFile(warehouse, text, `rules.${format}`);
    expect(fallback).toBe("none");
    expect(rules[0]).toMatchObject({ id: "125", priority: 125, targets: { resource_tracking: "shop" } });
    expect(rules.length).toBe(2);
    await saveRules(warehouse, { saved: rules, removed: [], fallback }, "document");
  }
  const [insert = "", ...questions] = blocksOf("sql");
  await warehouse.run(insert);
  const { rules, broken } = await readRuleSet(warehouse);
  expect(broken).toEqual([]);
  expect(rules.map(({ id }) => id)).toEqual(["web", "web-prod", "data", "125"]);
  await evaluateTracking(warehouse);
  const [owners, dearest, periods] = await Promise.all(questions.map((sql) => warehouse.rows(sql)));
  expect(owners).toContainEqual({ billing_currency: "USD", owner: "team-data", actual: "7.77" });
  expect(dearest).toMatchObject([
    { resource_id: LAKE, billing_currency: "EUR", actual: sumOf(ACTUAL, ({ resource }) => resource === LAKE) },
    { resource_id: WEB, billing_currency: "USD" },
  ]);
  expect(periods).toMatchObject([{ resource_id: WEB, valid_from: "1970-01-01", valid_to: "2149-06-06", rule_id: "" }]);
});
