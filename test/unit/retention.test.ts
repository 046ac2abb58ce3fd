import fc from "fast-check";
import { expect, test } from "vitest";
import { daysOfMonth, listDays, parseDay, parseMonth } from "../../src/domain/month.ts";
import { composePublication, newestRun } from "../../src/domain/publication.ts";
import { decideRetention, type LedgerEntry } from "../../src/domain/retention.ts";

const MAY = daysOfMonth(parseMonth("2026-05"));

/** A publication of run `run`, submitted on that day of June, of the whole of May unless `days` says otherwise. */
function published(run: number, options: Partial<LedgerEntry> & { readonly at?: number } = {}): LedgerEntry {
  const { at = run, ...rest } = options;
  const ownLoadIds = rest.ownLoadIds ?? [`load-${run}`];
  return {
    source: "contoso",
    export: "daily",
    exportName: "daily",
    dataset: "actual",
    month: parseMonth("2026-05"),
    runId: `run-${run}`,
    submittedAt: `2026-06-${String(run).padStart(2, "0")}T04:00:00.0000000Z`,
    days: MAY,
    publicationId: `publication-${at}`,
    publishedAt: `2026-06-${String(at).padStart(2, "0")} 05:00:00.000000`,
    state: "published",
    ownLoadIds,
    loadIds: ownLoadIds,
    ...rest,
  };
}

/** How a publication is ended: by a second row of the same moment. */
function ended(entry: LedgerEntry): LedgerEntry {
  return { ...entry, state: "pruned" };
}

function daysFrom(first: number, last: number): LedgerEntry["days"] {
  const day = (number: number) => parseDay(`2026-05-${String(number).padStart(2, "0")}`);
  return { first: day(first), last: day(last) };
}

function held(ledger: readonly LedgerEntry[], keep = 3): string[] {
  return [...decideRetention(ledger, keep).heldLoadIds].toSorted();
}

test("of five runs of a month the newest three stay, whatever the order in which they came", () => {
  const ledger = [4, 1, 5, 2, 3].map((run, at) => published(run, { at: at + 1 }));
  expect(held(ledger)).toEqual(["load-3", "load-4", "load-5"]);
  expect(decideRetention(ledger, 3).endedIds.toSorted()).toEqual(["publication-2", "publication-4"]);
  expect(held(ledger, 1)).toEqual(["load-5"]);
});

test("every source, export, dataset and month is counted by itself", () => {
  const others = [
    { source: "fabrikam" },
    { export: "other" },
    { dataset: "focus" as const },
    { month: parseMonth("2026-04"), days: daysOfMonth(parseMonth("2026-04")) },
  ];
  const ledger = others.map((other, at) => published(at + 1, other));
  expect(held(ledger, 1)).toEqual(["load-1", "load-2", "load-3", "load-4"]);
});

test("a run that completes the month stays, however many narrower ones are newer", () => {
  const wide = published(1);
  const narrow = [2, 3, 4, 5].map((run) => published(run, { days: daysFrom(1, 5) }));
  expect(held([wide, ...narrow])).toEqual(["load-1", "load-3", "load-4", "load-5"]);
});

test("of a run that was imported again and again the last publications stay", () => {
  const ledger = [1, 2, 3, 4].map((at) => published(1, { at, ownLoadIds: [`load-${at}`] }));
  expect(held(ledger)).toEqual(["load-2", "load-3", "load-4"]);
  expect(decideRetention(ledger, 3).endedIds).toEqual(["publication-1"]);
});

test("a run that was only completed anew counts once, and its earlier publication ends when a copy goes", () => {
  const before = published(3, { at: 3, loadIds: ["load-3", "copy-of-then"] });
  const after = published(3, { at: 5, loadIds: ["load-3", "copy-of-now"] });
  const ledger = [published(1), published(2), before, after];
  expect(held(ledger)).toEqual(["copy-of-now", "load-1", "load-2", "load-3"]);
  expect(decideRetention(ledger, 3).endedIds).toEqual(["publication-3"]);
});

test("a withdrawn run goes, unless it was published again since", () => {
  const taken = [published(1), published(2), published(2, { at: 3, state: "withdrawn" })];
  expect(held(taken)).toEqual(["load-1"]);
  expect(decideRetention(taken, 3).endedIds).toEqual(["publication-2"]);
  expect(held([...taken, published(2, { at: 4, ownLoadIds: ["load-4"] })], 2)).toEqual(["load-2", "load-4"]);
});

test("what is announced and not settled holds its loads, and an announcement that was published does not", () => {
  const announced = published(1, { at: 9, state: "announced" });
  const ledger = [1, 2, 3, 4].map((run) => published(run));
  expect(held(ledger)).not.toContain("load-1");
  expect(held([...ledger, announced])).toContain("load-1");
  expect(decideRetention([...ledger, announced], 3).endedIds).toEqual([]);
  expect(held([...ledger, { ...announced, publicationId: "publication-1" }])).not.toContain("load-1");
});

test("what ended once stays ended, and does not end twice", () => {
  const ledger = [1, 2, 3, 4].map((run) => published(run));
  const again = [...ledger, ...ledger.slice(0, 1).map(ended)];
  expect(decideRetention(again, 3)).toEqual({ heldLoadIds: decideRetention(ledger, 3).heldLoadIds, endedIds: [] });
  // Also when the later ones are withdrawn: its rows may be gone.
  const withdrawn = [2, 3, 4].map((run) => published(run, { at: run + 10, state: "withdrawn" }));
  expect(held([...again, ...withdrawn])).toEqual([]);
});

test("whatever is kept, the newest run can be composed of what stays, exactly as of everything", () => {
  const run = fc.record({ days: fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 1, max: 31 })) });
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (runs, keep) => {
      const ledger = runs.map(({ days }, at) =>
        published(at + 1, { days: daysFrom(Math.min(...days), Math.max(...days)) }),
      );
      const { heldLoadIds, endedIds } = decideRetention(ledger, keep);
      const all = ledger.map((entry) => ({ ...entry, loadIds: entry.ownLoadIds }));
      const left = all.filter(({ publicationId }) => !endedIds.includes(publicationId));
      const newest = newestRun(all);
      if (newest === undefined) throw new Error("there is one");
      expect(composePublication(newest, left)).toEqual(composePublication(newest, all));
      // And each day has as many answers as are kept, as far as there were so many.
      for (const day of listDays(MAY)) {
        const covering = all.filter(({ days }) => days.first <= day && day <= days.last);
        const kept = covering.filter(({ ownLoadIds }) => ownLoadIds.every((loadId) => heldLoadIds.has(loadId)));
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(keep, covering.length));
      }
    }),
  );
});
