import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, daysOfMonth, listDays, parseDay, parseMonth } from "../../src/domain/month.ts";
import type { Day } from "../../src/domain/month.ts";
import {
  answersBefore,
  compareRuns,
  composePublication,
  datesOf,
  isSuperseded,
  newestRun,
  sharedMetrics,
  type Piece,
  type PublishedRun,
  type RankedPublication,
} from "../../src/domain/publication.ts";
import { covers, type Dataset } from "../../src/domain/run.ts";

const MAY = listDays(daysOfMonth(parseMonth("2026-05")));

/** Runs of one series: any range of days, few distinct moments so that some are equal, distinct ids. */
const series = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 99 }),
      hour: fc.integer({ min: 0, max: 9 }),
      days: fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 })),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
  )
  .map((runs) =>
    runs.map(({ id, hour, days: [one, other] }) => aPublishedRun(id, hour, Math.min(one, other), Math.max(one, other))),
  );

/** What people do to a series, in the order of `moves`: bring in, bring in again, take back. */
const history = fc.tuple(
  series,
  fc.array(fc.record({ run: fc.nat(), kind: fc.constantFrom("publish", "overwrite", "withdraw") }), { maxLength: 24 }),
);

describe("composePublication", () => {
  test("answers each day of the month by exactly one run, the newest that covers it", () => {
    fc.assert(
      fc.property(series, (runs) => {
        const newest = newestRun(runs) as PublishedRun;
        const pieces = composePublication(newest, runs);
        for (const day of MAY) expect(answersOf(pieces, day)).toEqual(newestCovering(runs, day));
      }),
      { numRuns: 500 },
    );
  });

  test("does so after any history of publishing, overwriting and withdrawing, in any order", () => {
    fc.assert(
      fc.property(history, ([runs, moves]) => {
        const live = new Map<string, PublishedRun>();
        for (const [index, move] of moves.entries()) {
          const run = runs[move.run % runs.length] as PublishedRun;
          if (move.kind === "withdraw") live.delete(run.runId);
          else live.set(run.runId, { ...run, loadIds: [`load ${index}`] });
          const newest = newestRun([...live.values()]);
          if (newest === undefined) continue;
          const pieces = composePublication(newest, [...live.values()]);
          for (const day of MAY) expect(answersOf(pieces, day)).toEqual(newestCovering([...live.values()], day));
          for (const piece of pieces) expect(piece.run).toBe(live.get(piece.run.runId));
        }
      }),
    );
  });

  test("gives the same pieces in whatever order the runs were published", () => {
    fc.assert(
      fc.property(series, (runs) => {
        const newest = newestRun(runs) as PublishedRun;
        expect(composePublication(newest, runs.toReversed())).toEqual(composePublication(newest, runs));
      }),
    );
  });

  test("leaves a run whole when none of its days is answered by a later one", () => {
    const weeks = [aPublishedRun(1, 1, 0, 6), aPublishedRun(2, 2, 7, 13), aPublishedRun(3, 3, 14, 20)];
    const pieces = composePublication(weeks[2] as PublishedRun, weeks);
    expect(pieces.map((piece) => piece.days)).toEqual(["all", "all", "all"]);
  });

  test("takes from a wide run the days that a later narrow one leaves", () => {
    const wide = aPublishedRun(1, 1, 0, 30);
    const narrow = aPublishedRun(2, 2, 0, 4);
    expect(composePublication(narrow, [wide, narrow])).toEqual([
      { run: narrow, days: "all" },
      { run: wide, days: MAY.slice(5) },
    ]);
  });

  test("takes nothing of runs that are later than the one that is published", () => {
    const early = aPublishedRun(1, 1, 0, 4);
    expect(composePublication(early, [early, aPublishedRun(2, 2, 0, 30)])).toEqual([{ run: early, days: "all" }]);
  });
});

describe("isSuperseded", () => {
  test("is said of exactly those runs that no publication of the series would show", () => {
    fc.assert(
      fc.property(series, (runs) => {
        const pieces = composePublication(newestRun(runs) as PublishedRun, runs);
        for (const run of runs) {
          expect(isSuperseded(run, runs)).toBe(!pieces.some((piece) => piece.run.runId === run.runId));
        }
      }),
    );
  });

  test("is not said of a run that only an older one covers", () => {
    expect(isSuperseded(aPublishedRun(2, 2, 0, 4), [aPublishedRun(1, 1, 0, 30)])).toBe(false);
  });
});

describe("compareRuns", () => {
  test("orders by all seven digits of the moment, then by the run id", () => {
    const at = (submittedAt: string, runId = "a") => ({ submittedAt, runId });
    expect(compareRuns(at("2026-06-01T00:00:00.0000001Z"), at("2026-06-01T00:00:00.0000002Z"))).toBe(-1);
    expect(compareRuns(at("2026-06-01T00:00:00.0000001Z", "b"), at("2026-06-01T00:00:00.0000001Z", "a"))).toBe(1);
    expect(compareRuns(at("2026-06-01T00:00:00.0000001Z"), at("2026-06-01T00:00:00.0000001Z"))).toBe(0);
  });

  test("has one newest, whatever the order", () => {
    fc.assert(
      fc.property(series, (runs) => {
        const newest = newestRun(runs);
        expect(newestRun(runs.toReversed())).toBe(newest);
        for (const run of runs) expect(run === newest || compareRuns(run, newest as PublishedRun) < 0).toBe(true);
      }),
    );
    expect(newestRun([])).toBeUndefined();
  });
});

describe("datesOf", () => {
  const range = { first: parseDay("2026-05-10"), last: parseDay("2026-05-20") };

  test("gives every date to exactly one day of the run: dates before it to its first, dates after it to its last", () => {
    fc.assert(
      fc.property(fc.integer({ min: -40_000, max: 40_000 }), (offset) => {
        const date = addDays(range.first, offset);
        if (date < "1970-01-01" || date > "2149-06-04") return;
        const owner = date < range.first ? range.first : date > range.last ? range.last : date;
        const owners = datesOf(listDays(range), range).filter(({ from, until }) => from <= date && date < until);
        expect(owners.map(({ day }) => day)).toEqual([owner]);
      }),
    );
  });

  test("keeps dates outside of the run with its edges when only these survive", () => {
    const [first] = datesOf([range.first], range);
    const [last] = datesOf([range.last], range);
    expect([first?.from, first?.until, last?.from]).toEqual(["1970-01-01", "2026-05-11", "2026-05-20"]);
    expect(last?.until && last.until > "2149").toBe(true);
  });
});

describe("answersBefore", () => {
  const publication = fc.record({
    source: fc.constantFrom("contoso", "fabrikam"),
    export: fc.constantFrom("daily", "weekly"),
    dataset: fc.constantFrom("actual" as const, "focus" as const),
    submittedAt: fc.constantFrom("2026-06-01T00:00:00.0000001Z", "2026-06-01T00:00:00.0000002Z"),
    priority: fc.constantFrom(-1, 9, 10),
  });
  const nameOf = ({ source, export: name, dataset }: RankedPublication) => `${source} ${name} ${dataset}`;

  test("lets exactly one of any two series answer, and the same one among more of them", () => {
    fc.assert(
      fc.property(publication, publication, publication, (a, b, c) => {
        fc.pre(new Set([a, b, c].map(nameOf)).size === 3);
        expect(answersBefore(a, b)).toBe(!answersBefore(b, a));
        expect(answersBefore(a, b) && answersBefore(b, c) && answersBefore(c, a)).toBe(false);
      }),
    );
  });

  test("goes by the smaller priority, then by the later run", () => {
    const one = { source: "a", export: "a", dataset: "actual", submittedAt: "2026-06-01T00:00:00.0000001Z" } as const;
    const later = { ...one, submittedAt: "2026-06-01T00:00:00.0000002Z" };
    expect(answersBefore({ ...one, priority: 9 }, { ...later, priority: 10 })).toBe(true);
    expect(answersBefore({ ...one, priority: 10 }, { ...later, priority: 10 })).toBe(false);
  });
});

test("two datasets share the metrics that both answer", () => {
  const shared = (a: Dataset, b: Dataset) => sharedMetrics({ dataset: a }, { dataset: b });
  expect(shared("actual", "usage")).toEqual(["actual"]);
  expect(shared("actual", "amortized")).toEqual([]);
  expect(shared("focus", "amortized")).toEqual(["amortized"]);
  expect(shared("focus", "focus")).toEqual(["actual", "amortized"]);
});

function aPublishedRun(id: number, hour: number, first: number, last: number): PublishedRun {
  return {
    runId: `run-${String(id).padStart(2, "0")}`,
    submittedAt: `2026-06-01T00:00:00.000000${hour}Z`,
    days: { first: MAY[first] as Day, last: MAY[last] as Day },
    loadIds: [`load of ${id}`],
  };
}

/** The runs whose pieces hold the day. */
function answersOf(pieces: readonly Piece[], day: Day): string[] {
  return pieces
    .filter(({ run, days }) => (days === "all" ? covers(run.days, day) : days.includes(day)))
    .map(({ run }) => run.runId);
}

/** The law, said another way: of the runs that cover the day, the last in order of moment and id. */
function newestCovering(runs: readonly PublishedRun[], day: Day): string[] {
  const order = ({ submittedAt, runId }: PublishedRun) => `${submittedAt} ${runId}`;
  const covering = runs.filter((run) => run.days.first <= day && day <= run.days.last);
  const last = covering.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)).at(-1);
  return last === undefined ? [] : [last.runId];
}
