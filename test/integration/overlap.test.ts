import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Parameters, Warehouse } from "../../clickhouse/client.ts";
import { publishSeries } from "../../clickhouse/publish-series.ts";
import type { SeriesChange } from "../../clickhouse/publish-series.ts";
import type { LiveRun } from "../../clickhouse/known-runs.ts";
import { exactSum, type Line, type RunOptions } from "../support/exports.ts";
import { createScenes, sumWhere } from "../support/scene.ts";
import { agreedTotals, lastMoment, liveRunsOf } from "../support/totals.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

const WEB = "1caaa5a3-2b66-438e-8ab4-bce37d518c5d";
const SHOP = "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d";

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

describe("two sources that cover the same subscription and days", () => {
  test("the smaller priority answers what both cover, whichever came first, and the rest adds up", async () => {
    for (const order of ["first", "last"] as const) {
      const { warehouse, supplier } = await scenes.scene();
      const main = await supplier("main", { priority: 1 });
      const spare = await supplier("spare", { priority: 2 });
      const bringMain = () => main.bring(anActual(3, [on(1, "1"), on(2, "20"), on(2, "300", SHOP)]));
      const bringSpare = () => spare.bring(anActual(9, [on(2, "4000"), on(3, "50000"), on(3, "600000", SHOP)]));
      if (order === "first") await bringMain();
      const spareRun = await bringSpare();
      expect((await agreedTotals(warehouse)).actual).toBe(order === "first" ? "650321" : "654000");
      if (order === "last") await bringMain();
      const heard = sumWhere(spareRun, "CostInBillingCurrency", ({ Date: date }) => date !== "05/02/2026");
      expect((await agreedTotals(warehouse)).actual).toBe(heard.plus("321").toFixed());
    }
  });

  test("of equal priority the later run answers", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main");
    const spare = await supplier("spare");
    await main.bring(anActual(3, [on(1, "1"), on(2, "20")]));
    await spare.bring(anActual(4, [on(2, "4000")]));
    expect((await agreedTotals(warehouse)).actual).toBe("4001");
    await main.bring(anActual(5, [on(1, "2"), on(2, "30")]));
    expect((await agreedTotals(warehouse)).actual).toBe("32");
  });

  test("a withdraw brings the silenced one back, also as it was delivered again meanwhile", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    await spare.bring(anActual(3, [on(1, "1"), on(2, "20")]));
    const answering = await main.bring(anActual(4, [on(2, "4000"), on(3, "50000")]));
    expect((await agreedTotals(warehouse)).actual).toBe("54001");
    const again = await spare.bring(anActual(5, [on(1, "2"), on(2, "30"), on(3, "7")]));
    expect((await agreedTotals(warehouse)).actual).toBe("54002");
    const before = await lastMoment(warehouse);
    await main.withdraw(answering);
    expect((await agreedTotals(warehouse)).actual).toBe("39");
    await spare.withdraw(again);
    expect((await agreedTotals(warehouse)).actual).toBe("21");
    await main.import({ runId: answering.runId });
    expect((await agreedTotals(warehouse)).actual).toBe("54001");
    expect((await agreedTotals(warehouse, before)).actual).toBe("54002");
  });

  test("the report says how many subscription days are silent", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    await main.bring(anActual(3, [on(1, "1"), on(2, "1"), on(2, "1"), on(2, "1", SHOP)]));
    const run = await spare.deliver(anActual(9, [on(1, "1"), on(2, "1"), on(2, "1"), on(3, "1")]));
    const report = await importAll(warehouse, "spare", { runId: run.runId });
    const found = report.runs.map((outcome) => (outcome.outcome === "imported" ? outcome.report.publication : outcome));
    expect(found).toMatchObject([{ silences: 0, silenced: 2 }]);
  });

  test("three over each other: one answers each day, and each is heard when those before it are gone", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const suppliers = [
      await supplier("one", { priority: 1 }),
      await supplier("two", { priority: 2 }),
      await supplier("three", { priority: 3 }),
    ] as const;
    const three = await suppliers[2].bring(anActual(9, [on(1, "1"), on(2, "1"), on(3, "1"), on(4, "1")]));
    const one = await suppliers[0].bring(anActual(3, [on(1, "100"), on(2, "100")]));
    const two = await suppliers[1].bring(anActual(6, [on(2, "10"), on(3, "10")]));
    expect((await agreedTotals(warehouse)).actual).toBe("211");
    await suppliers[0].withdraw(one);
    expect((await agreedTotals(warehouse)).actual).toBe("22");
    await suppliers[1].withdraw(two);
    expect((await agreedTotals(warehouse)).actual).toBe("4");
    await suppliers[0].import({ runId: one.runId });
    expect((await agreedTotals(warehouse)).actual).toBe("202");
    await suppliers[2].withdraw(three);
    expect((await agreedTotals(warehouse)).actual).toBe("200");
  });

  test("charges of no subscription are the same where the billing account is", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    await main.bring(anActual(3, [on(1, "1", ""), on(2, "20", "")]));
    await spare.bring(anActual(9, [on(2, "300", ""), { ...on(2, "4000", ""), billingAccountId: "999" }]));
    expect((await agreedTotals(warehouse)).actual).toBe("4021");
  });

  test("a subscription under two billing accounts is not the same", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    await main.bring(anActual(3, [on(1, "1")]));
    await spare.bring(anActual(9, [{ ...on(1, "20"), billingAccountId: "999" }]));
    expect((await agreedTotals(warehouse)).actual).toBe("21");
    expect(await warehouse.rows("SELECT count() AS silent FROM current_shadows")).toEqual([{ silent: "0" }]);
    expect(await warehouse.rows("SELECT count() AS stored FROM shadows")).toEqual([{ stored: "0" }]);
  });

  test("a pay-as-you-go export that names no billing account is the same as one that does", async () => {
    for (const [payAsYouGo, enterprise, expected] of [
      [1, 2, "1020"],
      [2, 1, "1300"],
    ] as const) {
      const { warehouse, supplier } = await scenes.scene();
      const usage = await supplier("usage", { priority: payAsYouGo });
      const actual = await supplier("enterprise", { priority: enterprise });
      await usage.bring({ dataset: "usage", submittedAt: at(3), lines: [on(1, "20")] });
      await actual.bring(anActual(3, [on(1, "300"), on(2, "1000")]));
      expect((await agreedTotals(warehouse)).actual).toBe(expected);
    }
  });

  test("rows dated outside of the month are the same where their dates are", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    const dated = (cost: string) => ({ ...on(1, cost), date: "2026-04-29" });
    await main.bring(anActual(3, [on(1, "1"), dated("20")]));
    await spare.bring(anActual(9, [dated("300"), { ...on(1, "4000"), date: "2026-06-02" }]));
    expect((await agreedTotals(warehouse)).actual).toBe("4021");
  });

  test("the surviving days of an elder are silent as the elder was", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const main = await supplier("main", { priority: 1 });
    const spare = await supplier("spare", { priority: 2 });
    await spare.bring(anActual(3, [on(1, "1"), on(8, "1"), on(9, "1")]));
    await main.bring(anActual(3, [on(8, "100")]));
    const days = { first: "2026-05-01", last: "2026-05-05" };
    await spare.bring({ ...anActual(4, [on(1, "20")]), days });
    expect((await agreedTotals(warehouse)).actual).toBe("121");
  });

  test("a load that a later publication names again is heard as that publication is", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const weekly = await supplier("weekly");
    const monthly = await supplier("monthly");
    await weekly.bring({ ...anActual(1, [on(1, "1"), on(2, "1")]), days: { first: "2026-05-01", last: "2026-05-07" } });
    await monthly.bring(anActual(2, [on(2, "100"), on(8, "100"), on(20, "100")]));
    expect((await agreedTotals(warehouse)).actual).toBe("301");
    await weekly.bring({ ...anActual(3, [on(8, "20")]), days: { first: "2026-05-08", last: "2026-05-14" } });
    expect((await agreedTotals(warehouse)).actual).toBe("122");
  });
});

describe("a FOCUS export beside exports of one metric", () => {
  const focus = (hour: number) => ({
    dataset: "focus" as const,
    submittedAt: at(hour),
    lines: [
      { ...on(1, "1"), effectiveCost: "2" },
      { ...on(2, "10"), effectiveCost: "20" },
    ],
  });

  test("of another source answers what the others do not, metric by metric", async () => {
    for (const [priority, expected] of [
      [1, { actual: "1011", amortized: "22" }],
      [3, { actual: "1501", amortized: "22" }],
    ] as const) {
      const { warehouse, supplier } = await scenes.scene();
      const enterprise = await supplier("enterprise", { priority: 2 });
      const other = await supplier("focus", { priority });
      await other.bring(focus(5));
      await enterprise.bring(anActual(5, [on(2, "500"), on(3, "1000")]));
      expect(await agreedTotals(warehouse)).toEqual(expected);
    }
  });

  test("of the same source answers both metrics when it is the later, and gives them back", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const contoso = await supplier("contoso");
    const actual = await contoso.bring(anActual(3, [on(1, "100"), on(2, "100"), on(3, "100")]));
    const amortized = await contoso.bring({ dataset: "amortized", submittedAt: at(9), lines: [on(2, "700")] });
    const both = await contoso.bring(focus(6));
    expect(await agreedTotals(warehouse)).toEqual({ actual: "111", amortized: "702" });
    await contoso.withdraw(amortized);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "111", amortized: "22" });
    await contoso.withdraw(both);
    expect(await agreedTotals(warehouse)).toEqual({
      actual: exactSum(actual.texts, "CostInBillingCurrency"),
      amortized: "0",
    });
  });

  test("two exports of one dataset and source: the later answers what both cover", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const contoso = await supplier("contoso");
    await contoso.bring({ ...anActual(3, [on(1, "1"), on(2, "1", SHOP)]), exportName: "account" });
    await contoso.bring({ ...anActual(4, [on(1, "20")]), exportName: "subscription" });
    expect((await agreedTotals(warehouse)).actual).toBe("21");
    await contoso.bring({ ...anActual(5, [on(1, "300"), on(2, "300", SHOP)]), exportName: "account" });
    expect((await agreedTotals(warehouse)).actual).toBe("600");
  });
});

describe("at the same instant", () => {
  test("publishing and withdrawing of runs that overlap end right, however their statements interleave", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const one = await supplier("one", { priority: 1 });
    const two = await supplier("two", { priority: 2 });
    await one.bring(anActual(3, [on(1, "1"), on(2, "20")]));
    await two.bring(anActual(4, [on(2, "300"), on(3, "4000")]));
    const live = [...(await liveRunsOf(warehouse, "one")), ...(await liveRunsOf(warehouse, "two"))];
    const change = fc.record({
      run: fc.nat({ max: 1 }),
      kind: fc.constantFrom("publish" as const, "withdraw" as const),
    });
    const totals = { "": "0", one: "21", two: "4300", "one,two": "4021" };
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), change, async (s, then) => {
        for (const run of live) await publishSeries(warehouse, run, { kind: "withdraw", run }, 0);
        const work = live.map((run, index) =>
          publishInterleaved(s, warehouse, run, changeOf("publish", run), index + 1),
        );
        await s.waitFor(Promise.all(work));
        expect((await agreedTotals(warehouse)).actual).toBe(totals["one,two"]);

        const other = live[1 - then.run] as LiveRun;
        const run = live[then.run] as LiveRun;
        const pair = [
          publishInterleaved(s, warehouse, run, changeOf(then.kind, run), then.run + 1),
          publishInterleaved(s, warehouse, other, changeOf("publish", other), 2 - then.run),
        ];
        await s.waitFor(Promise.all(pair));
        const left = live.filter(({ runId }) => then.kind === "publish" || runId !== run.runId);
        const names = left.map(({ source }) => source).join() as keyof typeof totals;
        expect((await agreedTotals(warehouse)).actual).toBe(totals[names]);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  test("publishing runs of one series ends with each day answered by the newest", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const contoso = await supplier("contoso");
    await contoso.bring(anActual(1, [on(1, "1"), on(6, "1"), on(9, "1")]));
    await contoso.bring({ ...anActual(2, [on(1, "10")]), days: { first: "2026-05-01", last: "2026-05-05" } });
    await contoso.bring({ ...anActual(3, [on(9, "100")]), days: { first: "2026-05-08", last: "2026-05-12" } });
    const live = await liveRunsOf(warehouse, "contoso");
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        for (const run of live) await publishSeries(warehouse, run, { kind: "withdraw", run }, 0);
        const work = live.map((run) => publishInterleaved(s, warehouse, run, changeOf("publish", run), 0));
        await s.waitFor(Promise.all(work));
        expect((await agreedTotals(warehouse)).actual).toBe("111");
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });

  test("two imports of the same runs end with each row once", async () => {
    const { warehouse, supplier } = await scenes.scene();
    const one = await supplier("one", { priority: 1 });
    const two = await supplier("two", { priority: 2 });
    for (let hour = 1; hour <= 3; hour++) {
      await one.deliver(anActual(hour, [on(1, `${hour}`), on(2, "20")]));
      await two.deliver(anActual(hour, [on(2, "300"), on(3, `${hour}000`)]));
      await Promise.all([one.import(), two.import(), one.import(), two.import()]);
      expect((await agreedTotals(warehouse)).actual).toBe(`${hour}02${hour}`);
    }
    expect(await warehouse.rows("SELECT count() AS entries FROM costs")).toEqual([{ entries: "3" }]);
  });
});

function changeOf(kind: SeriesChange["kind"], run: LiveRun): SeriesChange {
  return kind === "withdraw" ? { kind, run } : { kind, run, ownLoadIds: run.loadIds };
}

/** Publishes with statements that go out one at a time, in the order that the scheduler makes up. */
async function publishInterleaved(
  s: fc.Scheduler,
  warehouse: Warehouse,
  run: LiveRun,
  change: SeriesChange,
  priority: number,
): Promise<void> {
  const interleaved: Warehouse = {
    ...warehouse,
    rows: s.scheduleFunction((sql: string, parameters?: Parameters) => warehouse.rows(sql, parameters)),
    run: s.scheduleFunction((sql: string, parameters?: Parameters) => warehouse.run(sql, parameters)),
    insert: s.scheduleFunction((table: string, rows: readonly object[]) => warehouse.insert(table, rows)),
  };
  await publishSeries(interleaved, run, change, priority);
}

function anActual(hour: number, lines: readonly Line[]): RunOptions {
  return { dataset: "actual", submittedAt: at(hour), lines };
}

function at(hour: number): string {
  return `2026-06-01T${String(hour).padStart(2, "0")}:00:00.0000001Z`;
}

function on(day: number, cost: string, subscriptionId = WEB): Line {
  return { cost, date: `2026-05-${String(day).padStart(2, "0")}`, subscriptionId };
}
