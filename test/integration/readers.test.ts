import Big from "big.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { exactSum, type Line, type RenderedRun } from "../support/exports.ts";
import { createScenes, sumWhere, type Scene } from "../support/scene.ts";
import { agreedTotals, COST_VIEWS } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** The engine waits so long whenever a query looks at which data a table has: time for others to publish in between. */
const SLOW = "merge_tree_storage_snapshot_sleep_ms = 25";

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

test(
  "readers of every view only ever see whole states, in their order, while runs come and go",
  { timeout: 300_000 },
  async () => {
    const { warehouse, supplier }: Scene = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    const states = ["0"];
    const readers = [
      ...COST_VIEWS.map((view) => pollTotals(warehouse, `SELECT [${sumOf(view)}] AS totals`)),
      ...COST_VIEWS.map((view) => pollTotals(warehouse, `SELECT [${sumOf(view)}] AS totals SETTINGS ${SLOW}`)),
      pollTotals(
        warehouse,
        `SELECT [${COST_VIEWS.map(sumOf).join()}] AS totals SETTINGS ${SLOW}, enable_shared_storage_snapshot_in_query = 0`,
      ),
    ];
    const reach = async (work: Promise<unknown>, total: Big | string) => {
      await work;
      const state = new Big(total).toFixed();
      expect(states).not.toContain(state);
      states.push(state);
      expect((await agreedTotals(warehouse)).actual).toBe(state);
    };
    try {
      const first = await main.deliver({
        dataset: "actual",
        submittedAt: at(1),
        parts: 2,
        lines: everyDay(1, 31, "0.1"),
      });
      await reach(main.import(), costOf(first));
      const second = await main.deliver({
        dataset: "actual",
        submittedAt: at(2),
        parts: 3,
        lines: everyDay(1, 31, "7"),
      });
      await reach(main.import(), costOf(second));
      const days = { first: "2026-05-01", last: "2026-05-05" };
      const narrow = await main.deliver({ dataset: "actual", submittedAt: at(3), days, lines: everyDay(1, 5, "0.03") });
      const composed = before("05/06/2026", narrow).plus(
        sumWhere(second, COST, ({ Date: date = "" }) => date > "05/05/2026"),
      );
      await reach(main.import(), composed);
      const other = await spare.deliver({ dataset: "actual", submittedAt: at(9), lines: everyDay(20, 40, "5000") });
      const heard = sumWhere(other, COST, ({ Date: date = "" }) => date > "05/31/2026");
      await reach(spare.import(), composed.plus(heard));
      await reach(main.withdraw(narrow), new Big(costOf(second)).plus(heard));
      await reach(main.withdraw(second), new Big(costOf(first)).plus(heard));
      await reach(main.withdraw(first), costOf(other));
      const last = await main.deliver({
        dataset: "actual",
        submittedAt: at(4),
        parts: 2,
        lines: everyDay(1, 31, "0.9"),
      });
      await reach(main.import({ runId: last.runId }), heard.plus(costOf(last)));
    } finally {
      for (const reader of readers) reader.stop();
      await Promise.allSettled(readers.map((reader) => reader.seen));
    }

    for (const reader of readers) {
      const seen = await reader.seen;
      expect(seen.length).toBeGreaterThan(3);
      const indexes = seen.map((totals) => {
        expect(new Set(totals).size, `views disagree: ${totals.join()}`).toBe(1);
        return states.indexOf(totals[0] ?? "");
      });
      expect(indexes, `${JSON.stringify(seen)} among ${states.join()}`).not.toContain(-1);
      expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
    }
  },
);

const COST = "CostInBillingCurrency";

function sumOf(view: string): string {
  return `(SELECT toString(sum(cost_in_billing_currency)) FROM ${view})`;
}

/** Asks the same again and again until it is stopped; remembers every answer. */
function pollTotals(warehouse: Warehouse, sql: string): { readonly seen: Promise<string[][]>; stop(): void } {
  const over = new AbortController();
  const poll = async () => {
    const seen: string[][] = [];
    while (!over.signal.aborted) {
      const [row] = (await warehouse.rows(sql)) as { totals: (string | null)[] }[];
      seen.push((row?.totals ?? []).map((total) => new Big(total ?? "0").toFixed()));
    }
    return seen;
  };
  return { seen: poll(), stop: () => over.abort() };
}

function before(date: string, run: RenderedRun): Big {
  return sumWhere(run, COST, (record) => (record["Date"] ?? "") < date);
}

function costOf({ texts }: RenderedRun): string {
  return exactSum(texts, COST);
}

function at(hour: number): string {
  return `2026-06-01T${String(hour).padStart(2, "0")}:00:00.0000001Z`;
}

/** One line for each day, counted from the first of May. */
function everyDay(first: number, last: number, cost: string): Line[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    cost,
    date: new Date(Date.UTC(2026, 4, first + index)).toISOString().slice(0, 10),
  }));
}
