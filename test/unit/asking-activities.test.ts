import { expect, test } from "vitest";
import { createBeginExtraction, createLookAtExtraction } from "../../activities/extractions.ts";
import { exportOfExtraction } from "../../src/domain/extraction-export.ts";
import type { ExtractionState } from "../../src/domain/extraction.ts";
import { eventOfExtraction } from "../../src/import-events.ts";
import { anExtraction, API_SOURCE, pending, ready } from "../support/scripted-host.ts";

const MAY = anExtraction("2026-05");
const ASKED = { source: API_SOURCE, extraction: MAY };

test.each([
  [0, 0, 1, "the API sees no need to wait: a second"],
  [20, 0, 20, "the API's own word counts"],
  [20, 190, 20, "also after a while"],
  [20, 3600, 360, "what took long may take a little longer"],
  [900, 3600, 900, "the longer one counts"],
])("the API says %s s, %s s were waited: %s s (%s)", async (said, waitedSeconds, expected) => {
  const { look } = asking(pending(said));
  expect(await look({ ...ASKED, pending: asPending(pending(said)), waitedSeconds })).toEqual(pending(expected));
});

test("of six hours of waiting comes a history that is short", async () => {
  let looks = 0;
  for (let waited = 0; waited < 6 * 3600; looks++) {
    const state = await asking(pending(20)).look({ ...ASKED, pending: asPending(pending(20)), waitedSeconds: waited });
    waited += asPending(state).waitSeconds;
  }
  expect(looks).toBeLessThan(80);
});

test("what is ready is given as it is", async () => {
  const { begin, look } = asking(ready(MAY, "first"));
  expect(await begin(ASKED)).toEqual(ready(MAY, "first"));
  expect(await look({ ...ASKED, pending: asPending(pending(1)), waitedSeconds: 0 })).toEqual(ready(MAY, "first"));
});

test("each answer is an event", () => {
  const later = { ...ASKED, pending: asPending(pending(20)), waitedSeconds: 40 };
  const name = { source: "contoso", dataset: "actual", month: "2026-05" };
  expect([
    eventOfExtraction(ASKED, pending(20)),
    eventOfExtraction(later, pending(30)),
    eventOfExtraction(later, ready(MAY, "first")),
    eventOfExtraction(ASKED, ready(MAY, "first")),
    eventOfExtraction(later, { kind: "no data" }),
  ]).toMatchObject([
    { event: "extraction asked", ...name, waitSeconds: 20 },
    { event: "extraction pending", ...name, waitedSeconds: 40, waitSeconds: 30 },
    { event: "extraction ready", ...name, waitedSeconds: 40 },
    { event: "extraction ready", ...name, waitedSeconds: 0 },
    { event: "extraction empty", ...name },
  ]);
});

test("what was asked for is the run's export, in whatever case a scope is written", () => {
  expect(exportOfExtraction(API_SOURCE, {})).toEqual({
    export: "cost-details:/providers/microsoft.billing/billingaccounts/1234567",
    exportName: "billingAccounts/1234567",
  });
  expect(exportOfExtraction({ ...API_SOURCE, scope: API_SOURCE.scope.toUpperCase() }, {}).export).toBe(
    exportOfExtraction(API_SOURCE, {}).export,
  );
  expect(exportOfExtraction(API_SOURCE, { invoice: "G1" }).export).toMatch(/1234567:invoice:g1$/);
});

function asking(answer: ExtractionState) {
  const dependencies = {
    warehouse: { insert: () => Promise.reject(new RangeError("There is nothing to be remembered")) },
    openExtractor: () => ({
      place: API_SOURCE.scope,
      begin: () => Promise.resolve(answer),
      look: () => Promise.resolve(answer),
    }),
    signal: new AbortController().signal,
  };
  return { begin: createBeginExtraction(dependencies), look: createLookAtExtraction(dependencies) };
}

function asPending(state: ExtractionState): ExtractionState & { readonly kind: "pending" } {
  if (state.kind === "pending") return state;
  throw new RangeError(`This is ${state.kind}`);
}
