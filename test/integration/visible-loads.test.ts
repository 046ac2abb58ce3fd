import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createScenes } from "../support/scene.ts";
import { agreedTotals } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

const FIRST = "2026-06-01T01:00:00.0000001Z";
const SECOND = "2026-06-01T02:00:00.0000001Z";

test("a publication whose process ended before it was visible is seen after the next import", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1.5" }] });
  await forget(warehouse);
  expect(await agreedTotals(warehouse)).toMatchObject({ actual: "0" });

  const report = await contoso.import();
  expect(report.runs.filter(({ outcome }) => outcome === "imported")).toEqual([]);
  expect(await agreedTotals(warehouse)).toMatchObject({ actual: "1.5" });
});

test("of two snapshots the one that saw more counts, whichever was written last", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1.5" }] });
  const [before] = await warehouse.rows("SELECT * FROM visible_loads ORDER BY seen DESC LIMIT 1");
  await contoso.bring({ dataset: "actual", submittedAt: SECOND, lines: [{ cost: "2.5" }] });
  await warehouse.insert("visible_loads", [before ?? {}]);
  expect(await agreedTotals(warehouse)).toMatchObject({ actual: "2.5" });

  await warehouse.run("OPTIMIZE TABLE visible_loads FINAL");
  expect(await warehouse.rows("SELECT seen FROM visible_loads")).toHaveLength(1);
  expect(await agreedTotals(warehouse)).toMatchObject({ actual: "2.5" });
});

test("what was withdrawn is gone from every view at once", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  const run = await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1.5" }] });
  await contoso.withdraw(run);
  expect(await agreedTotals(warehouse)).toMatchObject({ actual: "0" });
  expect(await warehouse.rows("SELECT * FROM resources")).toEqual([]);
});

/** Leaves the publications as they are, as a process does that is killed between the two. */
async function forget(warehouse: Warehouse): Promise<void> {
  await warehouse.run("TRUNCATE TABLE visible_loads SYNC");
}
