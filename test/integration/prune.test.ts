import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Freed } from "../../activities/prune.ts";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { RenderedRun, RunOptions } from "../support/exports.ts";
import { createScenes, type Supplier } from "../support/scene.ts";
import { agreedTotals, lastMoment, liveRunsOf, withdrawRun } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
const scenes = createScenes(() => engine);
const PRUNED = "The costs of this moment were pruned";

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

describe("of five runs of a month", () => {
  test("the newest three stay in every table, the rest is gone from every table, and the totals are the same", async () => {
    const { warehouse, contoso } = await aScene();
    await bringRuns(contoso, 5);
    const loads = await loadsByRows(warehouse, "cost_entries");
    expect(loads).toHaveLength(5);
    const freed = await prune(warehouse);
    expect(freed).toMatchObject([
      { source: "contoso", month: "2026-05", publications: 2, loads: 2, rows: 2, rejectedRows: 0 },
    ]);
    expect(freed[0]?.bytes).toBeGreaterThan(0);
    const left = await loadsByRows(warehouse, "cost_entries");
    expect(left).toHaveLength(3);
    for (const table of await tablesOfLoads(warehouse)) {
      expect({ table, loads: (await loadsByRows(warehouse, table)).filter((load) => !left.includes(load)) }).toEqual({
        table,
        loads: [],
      });
    }
    expect(await agreedTotals(warehouse)).toEqual({ actual: "5", amortized: "0" });
    expect(await statesOf(warehouse)).toEqual(["dropped", "dropped", "loaded", "loaded", "loaded"]);
    expect(await prune(warehouse)).toEqual([]);
  });

  test("a dry run says the same and changes nothing", async () => {
    const { warehouse, contoso } = await aScene();
    await bringRuns(contoso, 4);
    const held = await loadsByRows(warehouse, "cost_entries");
    const said = await prune(warehouse, { dryRun: true });
    expect(await loadsByRows(warehouse, "cost_entries")).toEqual(held);
    expect(await statesOf(warehouse)).toEqual(["loaded", "loaded", "loaded", "loaded"]);
    expect(await prune(warehouse)).toEqual(said);
  });

  test("withdrawals show the kept ones one after the other, then nothing, never a pruned one", async () => {
    const { warehouse, contoso } = await aScene();
    const runs = await bringRuns(contoso, 5);
    await prune(warehouse);
    const shown: string[] = [];
    for (const run of runs.toReversed().slice(0, 3)) {
      await contoso.withdraw(run);
      shown.push((await agreedTotals(warehouse)).actual);
    }
    expect(shown).toEqual(["4", "3", "0"]);
    expect(await liveRunsOf(warehouse, "contoso")).toEqual([]);
  });

  test("a moment at which a pruned one answered is refused, the others are as they were", async () => {
    const { warehouse, contoso } = await aScene();
    const moments: string[] = [];
    for (const number of [1, 2, 3, 4, 5]) {
      await bringRun(contoso, number);
      moments.push(await lastMoment(warehouse));
    }
    await prune(warehouse);
    const totals = async (moment: string) =>
      agreedTotals(warehouse, moment).then(
        ({ actual }) => actual,
        (error: unknown) => (String(error).includes(PRUNED) ? "refused" : String(error)),
      );
    expect(await Promise.all(moments.map(totals))).toEqual(["refused", "refused", "3", "4", "5"]);
    expect(await totals("2020-01-01 00:00:00")).toBe("0");
    for (const view of ["resources", "meters", "subscriptions", "current_shadows", "focus_costs"]) {
      const rows = warehouse.rows(`SELECT count() FROM ${view}_as_of(moment = '${moments[0]}')`);
      await expect(rows).rejects.toThrow(PRUNED);
    }
    // What was withdrawn since does not make the past of a pruned one readable, nor that of now unreadable.
    for (const { runId } of await liveRunsOf(warehouse, "contoso")) await contoso.withdraw({ runId });
    expect(await totals(moments[1] ?? "")).toBe("refused");
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0", amortized: "0" });
    expect(await totals(await lastMoment(warehouse))).toBe("0");
  });

  test("the pruned ones count as imported, and one that is imported again is live", async () => {
    const { warehouse, contoso } = await aScene();
    const [first] = await bringRuns(contoso, 5);
    await prune(warehouse);
    const report = await contoso.import();
    expect(report.runs.map((run) => (run.outcome === "skipped" ? run.reason : run.outcome))).toEqual(
      Array.from({ length: 5 }, () => "already imported"),
    );
    await contoso.import({ runId: first?.runId, overwrite: true });
    expect((await liveRunsOf(warehouse, "contoso")).map(({ runId }) => runId)).toContain(first?.runId);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "5", amortized: "0" });
  });
});

test("of a run that was imported again and again the last three imports stay", async () => {
  const { warehouse, contoso } = await aScene();
  const run = await bringRun(contoso, 1);
  for (let again = 0; again < 3; again++) await contoso.import({ runId: run.runId, overwrite: true });
  expect(await prune(warehouse)).toMatchObject([{ publications: 1, loads: 1 }]);
  expect(await agreedTotals(warehouse)).toEqual({ actual: "1", amortized: "0" });
  await contoso.withdraw(run);
  expect(await agreedTotals(warehouse)).toEqual({ actual: "0", amortized: "0" });
});

test("large loads, which have a partition of their own, are dropped beside small ones, and copies of their days are not", async () => {
  const { warehouse, contoso } = await aScene();
  await bringRun(contoso, 1, { lines: [{ cost: "1" }, { cost: "100", date: "2026-05-20" }] });
  await separate(warehouse);
  await bringRun(contoso, 2, { days: { first: "2026-05-01", last: "2026-05-05" } });
  await bringRun(contoso, 3);
  await bringRun(contoso, 4, { days: { first: "2026-05-01", last: "2026-05-05" } });
  expect(await agreedTotals(warehouse)).toEqual({ actual: "4", amortized: "0" });
  // Of run 2 the copy of the 20th goes as well, which has a partition like what it was copied from.
  expect(await prune(warehouse, { keep: 1 })).toMatchObject([{ publications: 2, loads: 3, rows: 4 }]);
  expect(await agreedTotals(warehouse)).toEqual({ actual: "4", amortized: "0" });
  expect(await loadsByRows(warehouse, "cost_entries")).toHaveLength(2);
});

test("a wide run that completes the month stays, though many narrow ones are newer", async () => {
  const { warehouse, contoso } = await aScene();
  await bringRun(contoso, 1, { lines: [{ cost: "100", date: "2026-05-20" }] });
  const days = { first: "2026-05-01", last: "2026-05-05" };
  const narrow: RenderedRun[] = [];
  for (const number of [2, 3, 4, 5]) narrow.push(await bringRun(contoso, number, { days }));
  await prune(warehouse, { keep: 1 });
  expect(await agreedTotals(warehouse)).toEqual({ actual: "105", amortized: "0" });
  await bringRun(contoso, 6, { days });
  expect(await agreedTotals(warehouse)).toEqual({ actual: "106", amortized: "0" });
  expect(narrow).toHaveLength(4);
});

test("withdrawn runs and failed loads go at once, loads of a day that nobody published yet do not", async () => {
  const { warehouse, contoso } = await aScene();
  const [, second] = await bringRuns(contoso, 2);
  await contoso.withdraw(second ?? { runId: "" });
  await contoso.deliver({ dataset: "actual", submittedAt: at(3), lines: [{ cost: "1" }, { cost: "no number" }] });
  await contoso.import().catch(() => undefined);
  expect(await statesOf(warehouse)).toEqual(["loaded", "loaded", "loaded"]); // the last one is refused as a run
  await contoso.empty();
  const broken = await contoso.deliver({ dataset: "actual", month: "2026-04", lines: [{ cost: "1" }] });
  await broken.withPart(0, Buffer.from('Date,CostInBillingCurrency\n"2026-04-01,1\n')).writeTo(contoso.path);
  await contoso.import().catch(() => undefined);
  expect(await statesOf(warehouse)).toEqual(["failed", "loaded", "loaded", "loaded"]);

  expect(await prune(warehouse)).toMatchObject([
    { month: "2026-04", publications: 0, loads: 1 },
    { month: "2026-05", publications: 1, loads: 1, rows: 1 },
  ]);
  expect(await statesOf(warehouse)).toEqual(["dropped", "dropped", "loaded", "loaded"]);
  expect(await loadsByRows(warehouse, "rejected_rows")).toHaveLength(1);
  await age(warehouse);
  expect(await prune(warehouse)).toMatchObject([{ month: "2026-05", loads: 1, rows: 1, rejectedRows: 1 }]);
  expect(await agreedTotals(warehouse)).toEqual({ actual: "1", amortized: "0" });
});

test("what readers see of a closed month is merged, and what they see of the running one stays as it came", async () => {
  const { warehouse, contoso } = await aScene();
  const today = new Date().toISOString().slice(0, 10);
  const days = { first: `${today.slice(0, 7)}-01`, last: today };
  for (const number of [1, 2]) {
    await bringRun(contoso, number, {
      exportName: `of-${number}`,
      lines: [{ cost: "1", subscriptionId: `sub-${number}` }],
    });
    const lines = [{ cost: "10", date: today, subscriptionId: `sub-${number}` }];
    await bringRun(contoso, number, {
      exportName: `now-${number}`,
      submittedAt: new Date().toISOString(),
      days,
      lines,
    });
  }
  const totals = await agreedTotals(warehouse);
  expect(await partsByMonth(warehouse)).toEqual({ "2026-05-01": 2, [days.first]: 2 });
  await prune(warehouse);
  expect(await partsByMonth(warehouse)).toEqual({ "2026-05-01": 1, [days.first]: 2 });
  expect(await agreedTotals(warehouse)).toEqual(totals);
});

test("only the named sources are pruned", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const [one, other] = [await supplier("one"), await supplier("other")];
  for (const from of [one, other]) await bringRuns(from, 2);
  expect(await prune(warehouse, { sources: ["other"], keep: 1 })).toMatchObject([{ source: "other", loads: 1 }]);
  expect(await prune(warehouse, { keep: 1 })).toMatchObject([{ source: "one", loads: 1 }]);
});

describe("beside others", () => {
  test("two prunes at once do no harm", async () => {
    const { warehouse, contoso } = await aScene();
    await bringRuns(contoso, 5);
    await Promise.all([prune(warehouse), prune(warehouse)]);
    expect(await loadsByRows(warehouse, "cost_entries")).toHaveLength(3);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "5", amortized: "0" });
    expect(await prune(warehouse)).toEqual([]);
  });

  test("a run that is withdrawn between the decision and the drop makes another one answer, and that one keeps its rows", async () => {
    const { warehouse, contoso } = await aScene();
    const [first, second] = await bringRuns(contoso, 2);
    const meddled = before(warehouse, "pruned", () => contoso.withdraw(second ?? { runId: "" }));
    await prune(meddled, { keep: 1 });
    expect(await agreedTotals(warehouse)).toEqual({ actual: "1", amortized: "0" });
    expect((await liveRunsOf(warehouse, "contoso")).map(({ runId }) => runId)).toEqual([first?.runId]);
    await prune(warehouse, { keep: 1 });
    expect(await agreedTotals(warehouse)).toEqual({ actual: "1", amortized: "0" });
  });

  test("a withdrawal that has looked before the prune and publishes after it shows nothing that is gone", async () => {
    const { warehouse, contoso } = await aScene();
    const [first, second] = await bringRuns(contoso, 2);
    for (const moment of ["announced", "published"] as const) {
      const pruning = { done: false };
      const meddled = before(warehouse, moment, async () => {
        pruning.done = true;
        await prune(warehouse, { keep: 1 });
      });
      await withdrawRun(meddled, contoso.name, second?.runId ?? "");
      expect(pruning.done).toBe(true);
      // Before it is announced the other run goes, and nothing may answer; after that it stays.
      const [expected, live] = moment === "announced" ? ["0", []] : ["1", [first?.runId]];
      expect(await agreedTotals(warehouse)).toEqual({ actual: expected, amortized: "0" });
      expect((await liveRunsOf(warehouse, "contoso")).map(({ runId }) => runId)).toEqual(live);
      await contoso.import({ runId: first?.runId, overwrite: true });
      await contoso.import({ runId: second?.runId, overwrite: true });
    }
  });
});

test("what somebody published who died before readers could see it is shown before anything is dropped", async () => {
  const { warehouse, contoso } = await aScene();
  const [, second] = await bringRuns(contoso, 2);
  const dying: Warehouse = {
    ...warehouse,
    async run(sql, ...rest) {
      if (sql.includes("INSERT INTO visible_loads")) throw new Error("killed");
      return warehouse.run(sql, ...rest);
    },
  };
  await expect(withdrawRun(dying, contoso.name, second?.runId ?? "")).rejects.toThrow("killed");
  await prune(warehouse, { keep: 1 });
  expect(await agreedTotals(warehouse)).toEqual({ actual: "1", amortized: "0" });
});

describe("killed between any two steps", () => {
  test.each([
    ["after the publications ended", 2],
    ["after the loads were marked", 3],
    ["in the middle of the drops", 6],
    ["before the loads are said to be gone", Infinity],
  ])("%s: readers see what they saw, and the next prune completes it", async (_name, steps) => {
    const { warehouse, contoso } = await aScene();
    await bringRuns(contoso, 3);
    await expect(prune(dyingAfter(warehouse, steps), { keep: 1 })).rejects.toThrow("killed");
    expect(await agreedTotals(warehouse)).toEqual({ actual: "3", amortized: "0" });
    await prune(warehouse, { keep: 1 });
    expect(await statesOf(warehouse)).toEqual(["dropped", "dropped", "loaded"]);
    const left = await loadsByRows(warehouse, "cost_entries");
    expect(left).toHaveLength(1);
    for (const table of await tablesOfLoads(warehouse)) {
      expect((await loadsByRows(warehouse, table)).filter((load) => !left.includes(load))).toEqual([]);
    }
    expect(await prune(warehouse, { keep: 1 })).toEqual([]);
  });
});

async function aScene(): Promise<{ warehouse: Warehouse; contoso: Supplier }> {
  const { warehouse, supplier } = await scenes.scene();
  return { warehouse, contoso: await supplier("contoso") };
}

/** Run number `number` of May, which costs as much as its number, unless `options` say otherwise. */
async function bringRun(from: Supplier, number: number, options: Partial<RunOptions> = {}): Promise<RenderedRun> {
  return from.bring({ dataset: "actual", submittedAt: at(number), lines: [{ cost: `${number}` }], ...options });
}

async function bringRuns(from: Supplier, count: number): Promise<RenderedRun[]> {
  const runs: RenderedRun[] = [];
  for (let number = 1; number <= count; number++) runs.push(await bringRun(from, number));
  return runs;
}

function at(day: number): string {
  return `2026-06-0${day}T00:00:00.0000000Z`;
}

async function prune(
  warehouse: Warehouse,
  { sources = [], keep = 3, dryRun = false }: { sources?: string[]; keep?: number; dryRun?: boolean } = {},
): Promise<readonly Freed[]> {
  const { signal } = new AbortController();
  const openStore = () => {
    throw new Error("a prune opens no store");
  };
  const activities = createActivities({
    warehouse,
    openStore,
    openExtractor: openStore,
    signal,
    onProgress: () => undefined,
  });
  return (await activities.prune({ sources, keep, dryRun, evaluations: false })).freed;
}

/** The same warehouse, in which something else happens once, just before publications are written in that state. */
function before(
  warehouse: Warehouse,
  state: "announced" | "published" | "pruned",
  happen: () => Promise<unknown>,
): Warehouse {
  let isDue = true;
  const meddle = async (isIt: boolean) => {
    if (!isIt || !isDue) return;
    isDue = false;
    await happen();
  };
  return {
    ...warehouse,
    async insert(table, rows) {
      await meddle(table === "publications" && rows.some((row) => "state" in row && row.state === state));
      return warehouse.insert(table, rows);
    },
    async run(sql, ...rest) {
      await meddle(state === "pruned" && sql.includes("'pruned' AS state"));
      return warehouse.run(sql, ...rest);
    },
  };
}

/** The same warehouse, which takes so many statements that change something, but in no case the last one of a prune. */
function dyingAfter(warehouse: Warehouse, statements: number): Warehouse {
  let left = statements;
  return {
    ...warehouse,
    async run(sql, parameters, ...rest) {
      if (left-- <= 0 || parameters?.["state"] === "dropped") throw new Error("killed");
      return warehouse.run(sql, parameters, ...rest);
    },
  };
}

const Texts = z.array(z.object({ text: z.string() })).transform((rows) => rows.map(({ text }) => text));

/** How many parts the entries of each month are in. */
async function partsByMonth(warehouse: Warehouse): Promise<Record<string, number>> {
  const rows = await warehouse.rows(
    "SELECT billing_month AS month, toUInt32(uniqExact(_part)) AS parts FROM cost_entries GROUP BY month",
  );
  const Row = z.object({ month: z.string(), parts: z.number() });
  return Object.fromEntries(
    z
      .array(Row)
      .parse(rows)
      .map(({ month, parts }) => [month, parts]),
  );
}

/** The loads that have rows in a table. */
async function loadsByRows(warehouse: Warehouse, table: string): Promise<string[]> {
  return Texts.parse(await warehouse.rows(`SELECT DISTINCT toString(load_id) AS text FROM ${table} ORDER BY text`));
}

/** Every table that keeps rows of loads, written out on purpose: a new one has to be thought of here. */
async function tablesOfLoads(warehouse: Warehouse): Promise<string[]> {
  return Texts.parse(
    await warehouse.rows(
      `SELECT table AS text FROM system.columns WHERE database = currentDatabase() AND name = 'load_id' AND table IN
        (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'loads')`,
    ),
  );
}

async function statesOf(warehouse: Warehouse): Promise<string[]> {
  return Texts.parse(await warehouse.rows("SELECT state AS text FROM loads FINAL ORDER BY text"));
}

/** Gives every load that there is a partition of its own, as large ones have. */
async function separate(warehouse: Warehouse): Promise<void> {
  await warehouse.run("INSERT INTO cost_entries SELECT * REPLACE (load_id AS own_partition) FROM cost_entries");
  await warehouse.run("ALTER TABLE cost_entries DELETE WHERE own_partition != load_id SETTINGS mutations_sync = 1");
}

/** Lets two days go by for what was last written of each load. */
async function age(warehouse: Warehouse): Promise<void> {
  for (const statement of [
    "CREATE TABLE aged AS loads",
    "INSERT INTO aged SELECT * REPLACE (updated_at - INTERVAL 2 DAY AS updated_at) FROM loads FINAL",
    "EXCHANGE TABLES aged AND loads",
    "DROP TABLE aged",
  ]) {
    await warehouse.run(statement);
  }
}
