import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { monthOf, parseDay } from "../../src/domain/month.ts";
import type { DayRange } from "../../src/domain/month.ts";
import { planImport } from "../../src/domain/plan.ts";
import type { ImportOptions, PlannedRun } from "../../src/domain/plan.ts";
import { composePublication, newestRun } from "../../src/domain/publication.ts";
import { covers, type Run } from "../../src/domain/run.ts";

const EVERYTHING: ImportOptions = { overwrite: false };

describe("an import without options", () => {
  test("brings in what is not published, newest first within each series", () => {
    const runs = [aRun("a", { submitted: 1, days: [1, 5] }), aRun("b", { submitted: 3, days: [9, 12] })];
    const other = aRun("c", { submitted: 2, exportName: "another" });
    expect(decisions(planImport([...runs, other], [], EVERYTHING))).toEqual(["c import", "b import", "a import"]);
  });

  test("skips a run that is published", () => {
    const run = aRun("a", {});
    expect(decisions(planImport([run], [run], EVERYTHING))).toEqual(["a already imported"]);
  });

  test("knows a run by source, export, dataset and month besides its id", () => {
    const run = aRun("a", {});
    const others: Run[] = [
      { ...run, source: "fabrikam" },
      { ...run, export: "another" },
      { ...run, dataset: "amortized" },
      aRun("a", { month: "2026-04" }),
    ];
    expect(planImport(others, [run], EVERYTHING).every(({ action }) => action === "import")).toBe(true);
  });

  test("skips a run that later ones cover entirely, be they published or about to be", () => {
    const old = aRun("old", { submitted: 1, days: [3, 20] });
    const halves = [aRun("x", { submitted: 2, days: [1, 10] }), aRun("y", { submitted: 3, days: [11, 31] })];
    const [x, y] = halves as [Run, Run];
    expect(decisions(planImport([old, x, y], [], EVERYTHING))).toEqual([
      "y import",
      "x import",
      "old superseded by a later run",
    ]);
    expect(decisions(planImport([old], halves, EVERYTHING))).toEqual(["old superseded by a later run"]);
    expect(decisions(planImport([old], [x], EVERYTHING))).toEqual(["old import"]);
  });

  test("does not take a run of another series for a later one", () => {
    const old = aRun("old", { submitted: 1 });
    const later = aRun("later", { submitted: 2 });
    const others = [
      { ...later, source: "fabrikam" },
      { ...later, export: "b" },
      { ...later, dataset: "focus" as const },
    ];
    expect(decisions(planImport([old], others, EVERYTHING))).toEqual(["old import"]);
  });

  test("decides about every run once, and what it brings in answers each day as if all had been brought in", () => {
    const someRuns = fc
      .uniqueArray(
        fc.record({
          id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
          submitted: fc.integer({ min: 1, max: 9 }),
          days: fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 1, max: 31 })),
          isPublished: fc.boolean(),
        }),
        { selector: ({ id }) => id, minLength: 1 },
      )
      .map((runs) =>
        runs.map(({ id, submitted, days: ends, isPublished }) => ({
          run: aRun(id, { submitted, days: [Math.min(...ends), Math.max(...ends)] }),
          isPublished,
        })),
      );
    fc.assert(
      fc.property(someRuns, (runs) => {
        const all = runs.map(({ run }) => run);
        const published = runs.filter(({ isPublished }) => isPublished).map(({ run }) => run);
        const plan = planImport(all, published, EVERYTHING);
        expect(plan.map(({ run }) => run.runId).toSorted()).toEqual(all.map(({ runId }) => runId).toSorted());
        const imported = plan.filter(({ action }) => action === "import").map(({ run }) => run);
        expect(answers([...published, ...imported])).toEqual(answers(all));
      }),
    );
  });
});

describe("an import of one run", () => {
  const old = aRun("5DC15061-old", { submitted: 1 });
  const later = aRun("later", { submitted: 2 });

  test("brings in a superseded run, and nothing else; the id may be written in any case", () => {
    expect(decisions(planImport([old, later], [], { ...EVERYTHING, runId: "5dc15061-OLD" }))).toEqual([
      "later another run id",
      "5DC15061-old import",
    ]);
  });

  test("of one dataset leaves the runs of all others", () => {
    const amortized = { ...aRun("amortized", { submitted: 1 }), dataset: "amortized" as const };
    expect(decisions(planImport([old, amortized], [], { ...EVERYTHING, dataset: "amortized" }))).toEqual([
      "5DC15061-old another dataset",
      "amortized import",
    ]);
  });

  test("still skips it when it is published, unless it is to be overwritten", () => {
    const options = { ...EVERYTHING, runId: old.runId };
    expect(decisions(planImport([old], [old], options))).toEqual(["5DC15061-old already imported"]);
    expect(decisions(planImport([old], [old], { ...options, overwrite: true }))).toEqual(["5DC15061-old import"]);
  });
});

describe("an import that overwrites", () => {
  test("brings in what is published, but still not what later runs cover", () => {
    const old = aRun("old", { submitted: 1 });
    const later = aRun("later", { submitted: 2 });
    expect(decisions(planImport([old, later], [old, later], { overwrite: true }))).toEqual([
      "later import",
      "old superseded by a later run",
    ]);
  });
});

describe("an import of a billing period", () => {
  const billingPeriod = days("2026-05-10", "2026-05-20");

  test("brings in the runs that cover a day of it", () => {
    const runs = [
      aRun("before", { submitted: 1, days: [1, 9] }),
      aRun("first day", { submitted: 2, days: [5, 10] }),
      aRun("inside", { submitted: 3, days: [12, 13] }),
      aRun("last day", { submitted: 4, days: [20, 31] }),
      aRun("after", { submitted: 5, days: [21, 31] }),
    ];
    expect(decisions(planImport(runs, [], { ...EVERYTHING, billingPeriod }))).toEqual([
      "after outside of the billing period",
      "last day import",
      "inside import",
      "first day import",
      "before outside of the billing period",
    ]);
  });
});

type Settings = {
  readonly submitted?: number;
  readonly days?: readonly [number, number];
  readonly exportName?: string;
  readonly month?: string;
};

function aRun(runId: string, settings: Settings): Run {
  const { submitted = 1, days: [first, last] = [1, 28], exportName = "daily", month = "2026-05" } = settings;
  const dayOf = (number: number) => `${month}-${String(number).padStart(2, "0")}`;
  const range = days(dayOf(first), dayOf(last));
  return {
    source: "contoso",
    export: exportName,
    exportName,
    dataset: "actual",
    month: monthOf(range.first),
    runId,
    submittedAt: `2026-06-01T00:00:00.000000${submitted}Z`,
    days: range,
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: null,
    parts: [],
  };
}

function days(first: string, last: string): DayRange {
  return { first: parseDay(first), last: parseDay(last) };
}

function decisions(plan: readonly PlannedRun[]): string[] {
  return plan.map((planned) => `${planned.run.runId} ${planned.action === "import" ? "import" : planned.reason}`);
}

/** Which run answers each day when these are published. */
function answers(runs: readonly Run[]): Record<number, string | undefined> {
  const published = runs.map((run) => ({ ...run, loadIds: [] }));
  const newest = newestRun(published);
  const pieces = newest === undefined ? [] : composePublication(newest, published);
  const answer = (day: ReturnType<typeof parseDay>) =>
    pieces.find((piece) => (piece.days === "all" ? covers(piece.run.days, day) : piece.days.includes(day)))?.run.runId;
  const numbers = Array.from({ length: 31 }, (_, index) => index + 1);
  return Object.fromEntries(
    numbers.map((number) => [number, answer(parseDay(`2026-05-${String(number).padStart(2, "0")}`))]),
  );
}

describe("a run that was withdrawn", () => {
  test("stays away until it is asked for by its id", () => {
    const run = aRun("a", {});
    const known = [{ ...run, isWithdrawn: true }];
    expect(decisions(planImport([run], known, EVERYTHING))).toEqual(["a withdrawn"]);
    expect(decisions(planImport([run], known, { overwrite: true }))).toEqual(["a withdrawn"]);
    expect(decisions(planImport([run], known, { overwrite: false, runId: "a" }))).toEqual(["a import"]);
  });

  test("supersedes no earlier run", () => {
    const old = aRun("old", { submitted: 1 });
    const later = aRun("later", { submitted: 2 });
    expect(decisions(planImport([old, later], [{ ...later, isWithdrawn: true }], EVERYTHING))).toEqual([
      "later withdrawn",
      "old import",
    ]);
  });
});
