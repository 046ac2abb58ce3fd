import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { addDays, parseDay } from "../../src/domain/month.ts";
import { exactSum, type Line, type RenderedRun } from "../support/exports.ts";
import { createScenes, sumWhere } from "../support/scene.ts";
import { agreedTotals, COST_VIEWS, lastMoment, liveRunsOf } from "../support/totals.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

describe("two runs of a month", () => {
  test("the later one answers alone, in every view", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring({ dataset: "actual", submittedAt: at(1), lines: everyDay(1, 31, "0.1", "old-vm") });
    const later = await contoso.bring({ dataset: "actual", submittedAt: at(2), lines: everyDay(1, 31, "0.7", "vm") });
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(later), amortized: "0" });
    expect(await names(warehouse, "resources")).toEqual(["vm"]);
  });

  test("the older one that comes late changes nothing, and its report says that it is not current", async () => {
    const { warehouse, contoso } = await aScene();
    const later = await contoso.bring({ dataset: "actual", submittedAt: at(2), lines: everyDay(1, 31, "0.7", "vm") });
    const older = await contoso.deliver({
      dataset: "actual",
      submittedAt: at(1),
      lines: everyDay(1, 31, "5", "old-vm"),
    });
    const report = await contoso.import({ runId: older.runId });
    const outcomes = report.runs.map((run) => (run.outcome === "imported" ? run.report.publication.isCurrent : null));
    expect(outcomes).toEqual([null, false]);
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(later), amortized: "0" });
    expect(await names(warehouse, "resources")).toEqual(["vm"]);
    expect((await liveRunsOf(warehouse, "contoso")).map((run) => run.runId).toSorted()).toEqual(
      [later.runId, older.runId].toSorted(),
    );
  });

  test("a plain import brings in the later one only", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.deliver({ dataset: "actual", submittedAt: at(1), lines: [{ cost: "5" }] });
    const later = await contoso.deliver({ dataset: "actual", submittedAt: at(2), lines: [{ cost: "0.7" }] });
    const report = await contoso.import();
    expect(report.runs.map((run) => [run.runId === later.runId, run.outcome])).toEqual([
      [true, "imported"],
      [false, "skipped"],
    ]);
    expect((await contoso.import()).runs.map((run) => run.outcome)).toEqual(["skipped", "skipped"]);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0.7", amortized: "0" });
  });

  test("the earlier one answers when the later one cannot be imported, until it is delivered well", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.deliver({ dataset: "actual", submittedAt: at(1), lines: [{ cost: "5" }] });
    const later = { dataset: "actual", submittedAt: at(2), runId: "b0000000-0000-4000-8000-000000000002" } as const;
    await contoso.deliver({ ...later, lines: [{ cost: "no number" }] });
    const report = await importAll(warehouse, contoso.name);
    expect(report.runs.map((run) => run.outcome)).toEqual(["failed", "imported"]);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "5", amortized: "0" });
    await contoso.deliver({ ...later, lines: [{ cost: "0.7" }] });
    expect((await contoso.import()).runs.map((run) => run.outcome)).toEqual(["imported", "skipped"]);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0.7", amortized: "0" });
  });

  test("of two that were submitted at the same moment one answers, whichever came first", async () => {
    for (const order of [1, -1]) {
      const { warehouse, contoso } = await aScene();
      const days = { first: "2026-05-01", last: "2026-05-04" };
      const runs = [
        { dataset: "actual", runId: `${"a".repeat(8)}-0000-4000-8000-000000000000`, lines: everyDay(1, 31, "1") },
        {
          dataset: "actual",
          runId: `${"b".repeat(8)}-0000-4000-8000-000000000000`,
          lines: everyDay(1, 4, "100"),
          days,
        },
      ] as const;
      for (const run of order === 1 ? runs : runs.toReversed()) {
        await contoso.bring({ ...run, submittedAt: at(1) });
        await contoso.empty(); // discovery refuses two at once
      }
      expect(await agreedTotals(warehouse)).toEqual({ actual: "427", amortized: "0" });
    }
  });

  test("runs of other months are left alone", async () => {
    const { warehouse, contoso } = await aScene();
    const april = await contoso.bring({ dataset: "actual", month: "2026-04", lines: [{ cost: "0.3" }] });
    const may = await contoso.bring({ dataset: "actual", month: "2026-05", lines: [{ cost: "0.04" }] });
    expect(await agreedTotals(warehouse)).toEqual({ actual: total(april, may), amortized: "0" });
  });

  test("an empty run leaves nothing of the one it replaces", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring({ dataset: "actual", submittedAt: at(1), lines: everyDay(1, 31, "0.1") });
    await contoso.bring({ dataset: "actual", submittedAt: at(2), lines: [] });
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0", amortized: "0" });
    expect(await names(warehouse, "resources")).toEqual([]);
  });
});

describe("a narrow run over a wide one", () => {
  const wide = {
    dataset: "actual",
    submittedAt: at(1),
    parts: 3,
    lines: everyDay(1, 31, "0.123456789012345678901234567891"),
  } as const;
  const narrow = {
    dataset: "actual",
    submittedAt: at(2),
    days: { first: "2026-05-01", last: "2026-05-05" },
    lines: everyDay(1, 5, "0.5", "narrow-vm"),
  } as const;

  test("answers its own days, and the wide one the others, exactly", async () => {
    const { warehouse, contoso } = await aScene();
    const wideRun = await contoso.bring({ ...wide, lines: [...wide.lines, ...everyDay(1, 5, "9", "gone-vm")] });
    const narrowRun = await contoso.bring(narrow);
    const surviving = sumWhere(wideRun, "CostInBillingCurrency", ({ Date: date }) => (date ?? "") > "05/05/2026");
    expect(await agreedTotals(warehouse)).toEqual({
      actual: surviving.plus(costOf(narrowRun)).toFixed(),
      amortized: "0",
    });
    expect(await byDay(warehouse)).toEqual({
      ...perDay(1, 5, "0.5"),
      ...perDay(6, 31, "0.123456789012345678901234567891"),
    });
    expect(await names(warehouse, "resources")).toEqual(["narrow-vm", "vm"]);
  });

  test("does so also when the wide one comes late", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring(narrow);
    expect(await byDay(warehouse)).toEqual(perDay(1, 5, "0.5"));
    await contoso.bring(wide);
    expect(await byDay(warehouse)).toEqual({
      ...perDay(1, 5, "0.5"),
      ...perDay(6, 31, "0.123456789012345678901234567891"),
    });
    expect(await names(warehouse, "resources")).toEqual(["narrow-vm", "vm"]);
  });

  test("the next whole run replaces both", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring(wide);
    await contoso.bring(narrow);
    const next = await contoso.bring({ dataset: "actual", submittedAt: at(3), lines: everyDay(1, 31, "2", "next-vm") });
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(next), amortized: "0" });
    expect(await names(warehouse, "resources")).toEqual(["next-vm"]);
  });

  test("may be empty: its days are, the others stay", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring(wide);
    await contoso.bring({ ...narrow, lines: [] });
    expect(await byDay(warehouse)).toEqual(perDay(6, 31, "0.123456789012345678901234567891"));
  });

  test("three runs over each other answer each day by the newest", async () => {
    const { warehouse, contoso } = await aScene();
    const days = { first: "2026-05-04", last: "2026-05-10" };
    await contoso.bring({ dataset: "actual", submittedAt: at(3), days, lines: everyDay(4, 10, "100") });
    await contoso.bring(wide);
    await contoso.bring(narrow);
    expect(await byDay(warehouse)).toEqual({
      ...perDay(1, 3, "0.5"),
      ...perDay(4, 10, "100"),
      ...perDay(11, 31, "0.123456789012345678901234567891"),
    });
  });

  test("weekly runs add up", async () => {
    const { warehouse, contoso } = await aScene();
    const weeks: RenderedRun[] = [];
    for (const first of [8, 1, 15]) {
      const days = { first: day(first), last: day(first + 6) };
      weeks.push(
        await contoso.bring({
          dataset: "actual",
          submittedAt: at(first),
          days,
          lines: everyDay(first, first + 6, `0.${first}`),
        }),
      );
    }
    expect(await agreedTotals(warehouse)).toEqual({ actual: total(...weeks), amortized: "0" });
  });
});

describe("rows dated outside of the days of their run", () => {
  const wide = [
    { cost: "1", date: "2026-04-28" },
    { cost: "10", date: "2026-05-01" },
    { cost: "100", date: "2026-05-31" },
    { cost: "1000", date: "2026-06-03" },
  ];

  test("count with their run", async () => {
    const { warehouse, contoso } = await aScene();
    const run = await contoso.bring({ dataset: "actual", lines: wide });
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(run), amortized: "0" });
  });

  test("stay with the run's first and last day when a narrow run takes days away", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring({ dataset: "actual", submittedAt: at(1), lines: wide });
    for (const [first, last, expected] of [
      [1, 5, "51100"],
      [2, 30, "51111"],
      [27, 31, "50011"],
    ] as const) {
      const days = { first: day(first), last: day(last) };
      const lines = [{ cost: "50000" }];
      const narrow = await contoso.bring({ dataset: "actual", submittedAt: at(2), days, lines });
      expect((await agreedTotals(warehouse)).actual).toBe(expected);
      await contoso.withdraw(narrow);
      await contoso.empty();
    }
  });

  test("of a narrow run count once, beside the wide run's row of the same day", async () => {
    const { warehouse, contoso } = await aScene();
    await contoso.bring({ dataset: "actual", submittedAt: at(1), lines: everyDay(1, 31, "1") });
    const days = { first: day(10), last: day(12) };
    const lines = [
      { cost: "1000", date: "2026-05-02" },
      { cost: "500", date: "2026-05-11" },
      { cost: "3000", date: "2026-05-20" },
    ];
    await contoso.bring({ dataset: "actual", submittedAt: at(2), days, lines });
    expect((await agreedTotals(warehouse)).actual).toBe("4528");
    expect(await byDay(warehouse)).toMatchObject({ "2026-05-02": "1001", "2026-05-11": "500", "2026-05-20": "3001" });
  });

  test("do not come into the next month's run twice", async () => {
    const { warehouse, contoso } = await aScene();
    const may = await contoso.bring({ dataset: "actual", lines: wide });
    const june = await contoso.bring({
      dataset: "actual",
      month: "2026-06",
      lines: [
        { cost: "20000", date: "2026-05-31" },
        { cost: "70000", date: "2026-06-03" },
      ],
    });
    expect(await agreedTotals(warehouse)).toEqual({ actual: total(may, june), amortized: "0" });
  });
});

describe("overwriting", () => {
  test("publishes the same run again: as many rows as before, the new figures", async () => {
    const { warehouse, contoso } = await aScene();
    const submittedAt = at(1);
    const run = await contoso.bring({ dataset: "actual", submittedAt, lines: [{ cost: "0.1" }, { cost: "0.1" }] });
    await contoso.import({ overwrite: true });
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0.2", amortized: "0" });
    const changed = await contoso.deliver({
      dataset: "actual",
      submittedAt,
      lines: [{ cost: "3.3" }, { cost: "0.1" }],
    });
    expect(changed.runId).toBe(run.runId);
    expect((await contoso.import()).runs.map(({ outcome }) => outcome)).toEqual(["skipped"]);
    await contoso.import({ overwrite: true });
    expect(await agreedTotals(warehouse)).toEqual({ actual: "3.4", amortized: "0" });
    expect(await warehouse.rows("SELECT count() AS entries FROM costs")).toEqual([{ entries: "2" }]);
  });

  test("of an elder changes its surviving days only", async () => {
    const { warehouse, contoso } = await aScene();
    const submittedAt = at(1);
    await contoso.bring({ dataset: "actual", submittedAt, lines: everyDay(1, 31, "1") });
    const days = { first: day(1), last: day(5) };
    await contoso.bring({ dataset: "actual", submittedAt: at(2), days, lines: everyDay(1, 5, "100") });
    const elder = await contoso.deliver({ dataset: "actual", submittedAt, lines: everyDay(1, 31, "7") });
    await contoso.import({ overwrite: true, runId: elder.runId });
    expect(await byDay(warehouse)).toEqual({ ...perDay(1, 5, "100"), ...perDay(6, 31, "7") });
  });
});

describe("withdrawing", () => {
  test("the newest run shows the one before it again", async () => {
    const { warehouse, contoso } = await aScene();
    const older = await contoso.bring({
      dataset: "actual",
      submittedAt: at(1),
      lines: everyDay(1, 31, "0.1", "old-vm"),
    });
    const later = await contoso.bring({ dataset: "actual", submittedAt: at(2), lines: everyDay(1, 31, "0.7") });
    await contoso.withdraw(later);
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(older), amortized: "0" });
    expect(await names(warehouse, "resources")).toEqual(["old-vm"]);
  });

  test("the narrow one shows the wide one whole again, and the wide one leaves the narrow one alone", async () => {
    const { warehouse, contoso } = await aScene();
    const wide = await contoso.bring({ dataset: "actual", submittedAt: at(1), lines: everyDay(1, 31, "1", "wide-vm") });
    const days = { first: day(1), last: day(5) };
    const lines = everyDay(1, 5, "100", "narrow-vm");
    const narrow = await contoso.bring({ dataset: "actual", submittedAt: at(2), days, lines });
    await contoso.withdraw(narrow);
    expect(await byDay(warehouse)).toEqual(perDay(1, 31, "1"));
    await contoso.import({ runId: narrow.runId });
    await contoso.withdraw(wide);
    expect(await byDay(warehouse)).toEqual(perDay(1, 5, "100"));
    expect(await names(warehouse, "resources")).toEqual(["narrow-vm"]);
  });

  test("everything leaves nothing visible anywhere until the run is asked for again", async () => {
    const { warehouse, contoso } = await aScene();
    const run = await contoso.bring({ dataset: "actual", lines: everyDay(1, 31, "1") });
    await contoso.withdraw(run);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0", amortized: "0" });
    for (const view of [...COST_VIEWS, "focus_costs", "current_loads", "resources", "meters", "subscriptions"]) {
      const rows = await warehouse.rows(`SELECT '${view}' AS view, count() AS entries FROM ${view}`);
      expect(rows).toEqual([{ view, entries: "0" }]);
    }
    expect((await contoso.import()).runs.map(({ outcome }) => outcome)).toEqual(["skipped"]);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0", amortized: "0" });
    await contoso.import({ runId: run.runId });
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(run), amortized: "0" });
  });
});

test("each moment between two publications can be asked for, in every view", async () => {
  const { warehouse, contoso } = await aScene();
  const steps: { moment: string; actual: string; resources: string[] }[] = [];
  const remember = async (actual: string, resources: string[]) =>
    steps.push({ moment: await lastMoment(warehouse), actual, resources });
  steps.push({ moment: "2026-01-01 00:00:00", actual: "0", resources: [] });
  const wide = await contoso.bring({ dataset: "actual", submittedAt: at(1), lines: everyDay(1, 31, "1", "wide-vm") });
  await remember("31", ["wide-vm"]);
  const days = { first: day(1), last: day(5) };
  await contoso.bring({ dataset: "actual", submittedAt: at(2), days, lines: everyDay(1, 5, "100", "narrow-vm") });
  await remember("526", ["narrow-vm", "wide-vm"]);
  const whole = await contoso.bring({
    dataset: "actual",
    submittedAt: at(3),
    lines: [{ cost: "7", resourceId: vm("c") }],
  });
  await remember("7", ["c"]);
  await contoso.withdraw(whole);
  await remember("526", ["narrow-vm", "wide-vm"]);
  await contoso.withdraw(wide);
  await remember("500", ["narrow-vm"]);

  for (const { moment, actual, resources } of steps) {
    const rows = await warehouse.rows(`SELECT sum(BilledCost) AS billed FROM focus_costs_as_of(moment = '${moment}')`);
    expect({
      moment,
      totals: await agreedTotals(warehouse, moment),
      resources: await names(warehouse, `resources_as_of(moment = '${moment}')`),
      focus: Big((rows[0] as { billed: string | null }).billed ?? 0).toFixed(),
    }).toEqual({ moment, totals: { actual, amortized: "0" }, resources, focus: actual });
  }
  expect(await agreedTotals(warehouse)).toEqual({ actual: "500", amortized: "0" });
});

test("a session in another time zone sees the same", async () => {
  const { warehouse, contoso } = await aScene();
  const run = await contoso.bring({ dataset: "actual", lines: everyDay(1, 31, "1") });
  for (const zone of ["America/Los_Angeles", "Asia/Tokyo"]) {
    const rows = await warehouse.rows(
      `SELECT sum(cost_in_billing_currency) AS actual FROM costs SETTINGS session_timezone = '${zone}'`,
    );
    expect(rows).toEqual([{ actual: costOf(run) }]);
  }
});

describe("exports of both metrics", () => {
  test("each metric is answered by its own export, and cleared with it", async () => {
    const { warehouse, contoso } = await aScene();
    const actual = await contoso.bring({ dataset: "actual", lines: everyDay(1, 31, "1.1") });
    const amortized = await contoso.bring({ dataset: "amortized", lines: everyDay(1, 31, "2.2") });
    expect(await agreedTotals(warehouse)).toEqual({ actual: costOf(actual), amortized: costOf(amortized) });
    await contoso.withdraw(actual);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "0", amortized: costOf(amortized) });
  });

  test("a FOCUS export answers both", async () => {
    const { warehouse, contoso } = await aScene();
    const lines = everyDay(1, 31, "1.1").map((line) => ({ ...line, effectiveCost: "0.4" }));
    const run = await contoso.bring({ dataset: "focus", lines });
    expect(await agreedTotals(warehouse)).toEqual({
      actual: exactSum(run.texts, "BilledCost"),
      amortized: exactSum(run.texts, "EffectiveCost"),
    });
  });
});

async function aScene() {
  const { warehouse, supplier } = await scenes.scene();
  return { warehouse, contoso: await supplier("contoso") };
}

/** A moment in the order of `hour`. */
function at(hour: number): string {
  return `2026-06-01T${String(hour).padStart(2, "0")}:00:00.0000001Z`;
}

function day(number: number): string {
  return addDays(parseDay("2026-05-01"), number - 1);
}

function vm(name: string): string {
  return `/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`;
}

/** One line for each day from `first` to `last` of May. */
function everyDay(first: number, last: number, cost: string, name = "vm"): Line[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    cost,
    date: day(first + index),
    resourceId: vm(name),
  }));
}

function perDay(first: number, last: number, cost: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: last - first + 1 }, (_, index) => [day(first + index), cost]));
}

function costOf({ texts }: RenderedRun): string {
  return exactSum(texts, "CostInBillingCurrency");
}

function total(...runs: RenderedRun[]): string {
  return exactSum(
    runs.flatMap((run) => run.texts),
    "CostInBillingCurrency",
  );
}

const HAVE_NO_DAYS: readonly string[] = [
  "costs_monthly",
  "costs_by_location",
  "costs_by_resource_month",
  "costs_summary",
];

/** The actual cost of each day, on which all views that know of days must agree. */
async function byDay(warehouse: Warehouse): Promise<Record<string, string>> {
  const sums = await Promise.all(
    COST_VIEWS.filter((view) => !HAVE_NO_DAYS.includes(view)).map(async (view) => {
      const rows = await warehouse.rows(
        `SELECT toString(date) AS day, sum(cost_in_billing_currency) AS cost FROM ${view} GROUP BY date ORDER BY date`,
      );
      return Object.fromEntries((rows as { day: string; cost: string }[]).map((row) => [row.day, row.cost]));
    }),
  );
  for (const sum of sums) expect(sum).toEqual(sums[0]);
  return sums[0] ?? {};
}

/** The last words of the resource ids that a view shows. */
async function names(warehouse: Warehouse, view: string): Promise<string[]> {
  const rows = await warehouse.rows(`SELECT splitByChar('/', resource_id)[-1] AS name FROM ${view} ORDER BY name`);
  return (rows as { name: string }[]).map((row) => row.name);
}
