import { expect, test } from "vitest";
import { daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import type { LedgerEntry } from "../../src/domain/retention.ts";
import { timelineOf } from "../../src/domain/timeline.ts";

const MAY = parseMonth("2026-05");

/** What happened at a minute: to run `run`, submitted in that order, with a load of its own unless said otherwise. */
function step(minute: number, run: number, options: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    source: "contoso",
    export: "daily",
    exportName: "daily",
    dataset: "actual",
    month: MAY,
    days: daysOfMonth(MAY),
    runId: `run-${run}`,
    submittedAt: `2026-06-0${run}T04:00:00.0000000Z`,
    publicationId: `publication-${minute}-${run}`,
    publishedAt: `2026-06-09 05:0${minute}:00.000000`,
    state: "published",
    ownLoadIds: [`load-${run}`],
    loadIds: [`load-${run}`],
    ...options,
  };
}

function answers(ledger: readonly LedgerEntry[]): (string | null)[] {
  return timelineOf(ledger).map(({ publication }) => publication?.publicationId ?? null);
}

test("a later run answers from its publication on, and an earlier one that comes late changes nothing", () => {
  const ledger = [step(1, 2), step(2, 3), step(3, 1), step(3, 3)];
  expect(answers(ledger)).toEqual(["publication-1-2", "publication-2-3"]);
  expect(timelineOf(ledger).map(({ since }) => since.slice(11, 16))).toEqual(["05:01", "05:02"]);
});

test("after a withdrawal the run before answers again, and after the last one nothing", () => {
  const ledger = [
    step(1, 1),
    step(2, 2),
    step(3, 2, { state: "withdrawn" }),
    step(3, 1),
    step(4, 1, { state: "withdrawn" }),
  ];
  expect(answers(ledger)).toEqual(["publication-1-1", "publication-2-2", "publication-3-1", null]);
});

test("a run that was imported again is another answer, one that was only announced is none", () => {
  const ledger = [step(1, 1), step(2, 2, { state: "announced" }), step(3, 1, { loadIds: ["load-9"] })];
  expect(answers(ledger)).toEqual(["publication-1-1", "publication-3-1"]);
});

test("a pruned publication is there as it answered once, as pruned", () => {
  const ledger = [step(1, 1), step(1, 1, { state: "pruned" }), step(2, 2)];
  expect(timelineOf(ledger).map(({ publication }) => publication?.state)).toEqual(["pruned", "published"]);
});
