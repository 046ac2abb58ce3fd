import Big from "big.js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordsOf } from "../support/exports.ts";
import { mortalWarehouse } from "../support/mortal-warehouse.ts";
import { createScenes, type Supplier } from "../support/scene.ts";
import { agreedTotals, type Totals } from "../support/totals.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

type Metric = keyof Totals;
type Row = { readonly day: number; readonly subscription: string; readonly cost: Readonly<Record<Metric, Big | null>> };

/** A run as the model knows it; days are numbers of May. */
type ModelRun = {
  readonly runId: string;
  readonly source: number;
  readonly dataset: "actual" | "focus";
  readonly submittedAt: string;
  readonly first: number;
  readonly last: number;
  readonly rows: readonly Row[];
};

const METRICS = ["actual", "amortized"] as const;
const SUBSCRIPTIONS = ["1caaa5a3-2b66-438e-8ab4-bce37d518c5d", "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d"] as const;

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

const cost = fc
  .tuple(fc.integer({ min: -999, max: 9999 }), fc.nat({ max: 20 }))
  .map(([n, e]) => new Big(`${n}e-${e}`).toFixed());
const line = fc.record({
  day: fc.integer({ min: -1, max: 34 }), // some are dated before and after the month
  subscription: fc.constantFrom(...SUBSCRIPTIONS),
  cost,
  effectiveCost: cost,
});
const delivery = fc.record({
  kind: fc.constant("deliver" as const),
  source: fc.nat({ max: 1 }),
  dataset: fc.constantFrom("actual" as const, "focus" as const),
  days: fc.oneof(
    fc.constant([1, 31] as const),
    fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 1, max: 31 })),
  ),
  lines: fc.array(line, { maxLength: 12 }),
  /** An attempt to import it before, whose process dies. */
  deaths: fc.array(
    fc.record({ statement: fc.nat({ max: 32 }), moment: fc.constantFrom("before", "within", "after") }),
    { maxLength: 1 },
  ),
});
type Delivery = typeof delivery extends fc.Arbitrary<infer D> ? D : never;
const change = fc.record({ kind: fc.constantFrom("overwrite" as const, "withdraw" as const), pick: fc.nat() });
const steps = fc.array(fc.oneof({ weight: 2, arbitrary: delivery }, { weight: 1, arbitrary: change }), {
  minLength: 4,
  maxLength: 8,
});

test(
  "after any deliveries, deaths of importers, overwrites and withdrawals the totals are what the laws say, to the last digit",
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), async (moves, hours) => {
        const { warehouse, supplier } = await scenes.scene();
        const suppliers = [await supplier("one", { priority: 1 }), await supplier("two", { priority: 1 })] as const;
        const live = new Map<string, ModelRun>();
        for (const [index, move] of moves.entries()) {
          if (move.kind === "deliver") {
            const submittedAt = `2026-06-0${1 + (hours[index] ?? 0)}T00:00:00.0000001Z`;
            const of = suppliers[move.source === 0 ? 0 : 1];
            const run = await deliver(of, { ...move, submittedAt });
            const before = expectedTotals([...live.values()]);
            live.set(run.runId, run);
            const possible = [before, expectedTotals([...live.values()])].map((totals) => JSON.stringify(totals));
            for (const death of move.deaths) {
              await importAll(mortalWarehouse(warehouse, death), of.name, { runId: run.runId }).catch(() => undefined);
              const found = JSON.stringify(await agreedTotals(warehouse));
              if (!possible.includes(found)) throw new Error(`${found} is none of ${possible.join(" and ")}`);
            }
            await of.import({ runId: run.runId });
          } else {
            const run = [...live.values()][move.pick % live.size];
            if (run === undefined) continue;
            const of = suppliers[run.source === 0 ? 0 : 1];
            if (move.kind === "overwrite") await of.import({ runId: run.runId, overwrite: true });
            else await of.withdraw(run);
            if (move.kind === "withdraw") live.delete(run.runId);
          }
          expect(await agreedTotals(warehouse)).toEqual(expectedTotals([...live.values()]));
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  },
);

/** Delivers a run; its costs are read from the file's text. */
async function deliver(
  supplier: Supplier,
  { source, dataset, days, lines, submittedAt }: Delivery & { submittedAt: string },
): Promise<ModelRun> {
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const { runId, texts } = await supplier.deliver({
    dataset,
    submittedAt,
    days: { first: dateOf(first), last: dateOf(last) },
    lines: lines.map(({ day, subscription, ...costs }) => ({
      ...costs,
      date: dateOf(day),
      subscriptionId: subscription,
    })),
  });
  const rows = texts.flatMap(recordsOf).map((record, index) => ({
    day: lines[index]?.day ?? NaN,
    subscription: lines[index]?.subscription ?? "",
    cost: {
      actual: new Big(record[dataset === "focus" ? "BilledCost" : "CostInBillingCurrency"] ?? ""),
      amortized: dataset === "focus" ? new Big(record["EffectiveCost"] ?? "") : null,
    },
  }));
  return { runId, source, dataset, submittedAt, first, last, rows };
}

/** The laws, said plainly: each day by its newest run; then, of series that cover the same, the one of least rank. */
function expectedTotals(live: readonly ModelRun[]): Totals {
  const series = new Map<string, ModelRun[]>();
  for (const run of live) {
    const key = `${run.source} ${run.dataset}`;
    series.set(
      key,
      [...(series.get(key) ?? []), run].toSorted((a, b) => (a.submittedAt < b.submittedAt ? 1 : -1)),
    );
  }
  const shown = [...series.values()].map((runs) => ({
    submittedAt: runs[0]?.submittedAt ?? "",
    rows: runs.flatMap((run) => run.rows.filter((row) => answering(runs, ownDay(run, row)) === run)),
  }));
  shown.sort((a, b) => (a.submittedAt < b.submittedAt ? 1 : -1));
  const totalOf = (metric: Metric) => {
    let total = new Big(0);
    const answered = new Set<string>();
    for (const { rows } of shown) {
      const heard = rows.filter((row) => row.cost[metric] !== null && !answered.has(`${row.subscription} ${row.day}`));
      for (const row of heard) total = total.plus(row.cost[metric] ?? 0);
      for (const row of heard) answered.add(`${row.subscription} ${row.day}`);
    }
    return total.toFixed();
  };
  const [actual, amortized] = METRICS.map(totalOf) as [string, string];
  return { actual, amortized };
}

/** The newest of the runs that covers a day; they come newest first. */
function answering(runs: readonly ModelRun[], day: number): ModelRun | undefined {
  return runs.find(({ first, last }) => first <= day && day <= last);
}

/** The day of its run that a row belongs to, also when it is dated outside. */
function ownDay({ first, last }: ModelRun, { day }: Row): number {
  return Math.min(Math.max(day, first), last);
}

function dateOf(day: number): string {
  return new Date(Date.UTC(2026, 4, day)).toISOString().slice(0, 10);
}
