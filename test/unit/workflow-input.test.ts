import { describe, expect, test } from "vitest";
import { InvalidRequestError } from "../../src/domain/errors.ts";
import { KEPT_PUBLICATIONS } from "../../src/domain/retention.ts";
import {
  readBackfill,
  readImportAll,
  readImportSource,
  readPrune,
  readTrackResources,
} from "../../src/domain/workflow-input.ts";

describe("what is left out stays out, so that defaults count", () => {
  test("importSource", () => {
    expect(readImportSource({ source: "demo" })).toEqual({ source: "demo" });
    expect(readImportSource({ source: "demo", runId: null, overwrite: true })).toEqual({
      source: "demo",
      overwrite: true,
    });
  });

  test("importAll and prune, without any input", () => {
    expect(readImportAll(undefined)).toEqual({});
    expect(readImportAll({ sources: ["b", "a"] })).toEqual({ sources: ["b", "a"] });
    const all = { sources: [], keep: KEPT_PUBLICATIONS, dryRun: false, evaluations: true };
    expect(readPrune(undefined)).toEqual(all);
    expect(readPrune({ sources: ["demo"] })).toEqual({ ...all, sources: ["demo"], evaluations: false });
    expect(readPrune({ sources: ["demo"], evaluations: true })).toEqual({ ...all, sources: ["demo"] });
  });

  test("trackResources, of what has changed and anew", () => {
    expect(readTrackResources(undefined)).toEqual({ anew: false });
    expect(readTrackResources({ anew: true })).toEqual({ anew: true });
    expect(() => readTrackResources({ anew: "yes" })).toThrow("trackResources: anew: expected true or false");
  });

  test("backfill", () => {
    expect(readBackfill({ source: "demo", from: "2025-11", to: "2026-02" })).toEqual({
      source: "demo",
      from: "2025-11",
      to: "2026-02",
    });
  });
});

test("a billing period may be an object, a month or days", () => {
  const may = { first: "2026-05-01", last: "2026-05-31" };
  for (const billingPeriod of [may, "2026-05", "20260501-20260531"]) {
    expect(readImportSource({ source: "demo", billingPeriod })).toEqual({ source: "demo", billingPeriod: may });
  }
});

test.each([
  [undefined, "importSource: expected an object, got null. Correct the input."],
  ["demo", 'importSource: expected an object, got "demo". Correct the input.'],
  [
    { source: "Demo Source" },
    'importSource: source: expected the name of a source, such as contoso, got "Demo Source"',
  ],
  [{ source: "demo", runID: "1" }, 'importSource: there is no "runID". Expected source, billingPeriod, runId,'],
  [{ source: "demo", dryRun: "yes" }, 'importSource: dryRun: expected true or false, got "yes"'],
  [{ source: "demo", dataset: "costs" }, "importSource: dataset: expected actual, amortized, usage, focus"],
  [{ source: "demo", runId: "" }, 'importSource: runId: expected a text, got ""'],
  [{ source: "demo", billingPeriod: "May" }, 'Expected a billing period like 2026-05 or 20260501-20260531, got "May"'],
  [
    { source: "demo", billingPeriod: { first: "2026-05-02", last: "2026-05-01" } },
    'importSource: billingPeriod: expected a month like "2026-09", or {"first"',
  ],
])("importSource refuses %j", (input, message) => {
  expect(() => readImportSource(input)).toThrow(InvalidRequestError);
  expect(() => readImportSource(input)).toThrow(message);
});

test("a backfill whose end is before its beginning is refused", () => {
  expect(() => readBackfill({ source: "demo", from: "2026-02", to: "2025-11" })).toThrow(
    "backfill: from 2026-02 is after to 2025-11. Turn them round.",
  );
});
