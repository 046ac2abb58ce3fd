import { expect, test } from "vitest";
import { ApiRefusalError, AuthenticationError, OverwrittenError } from "../../src/domain/errors.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { ExtractionProgress } from "../../workflows/progress.ts";
import { anExtraction, pending, ready, scriptedHost } from "../support/scripted-host.ts";
import type { Script } from "../support/scripted-host.ts";

const [MAY, APRIL] = [anExtraction("2026-05"), anExtraction("2026-04")];
const INPUT = { source: "contoso" };

test("what is ready at once is imported at once", async () => {
  const { report, steps } = await imported({ begin: [ready(MAY, "first")], importRun: ["done"] });
  expect(report.runs).toMatchObject([{ outcome: "imported", runId: "first", report: { rowsLoaded: 3 } }]);
  expect(steps).toEqual(["asks for actual 2026-05", "imports first"]);
});

test("what is not ready is looked at again, as often as it takes, after what the API said last", async () => {
  const script = { begin: [pending(20)], look: [pending(60), ready(MAY, "slow")], importRun: ["done" as const] };
  const { report, steps } = await imported(script);
  expect(report.runs).toMatchObject([{ outcome: "imported" }]);
  expect(steps).toEqual([
    "asks for actual 2026-05",
    "waits 20 s",
    "looks after 20 s",
    "waits 60 s",
    "looks after 80 s",
    "imports slow",
  ]);
});

test("where the API has nothing, there is nothing wrong", async () => {
  const { report, attempts } = await imported({ begin: [{ kind: "no data" }] });
  expect(report.runs).toEqual([
    {
      export: "cost-details:/providers/microsoft.billing/billingaccounts/1234567",
      exportName: "billingAccounts/1234567",
      dataset: "actual",
      month: "2026-05",
      days: MAY.days,
      runId: "",
      submittedAt: "",
      outcome: "skipped",
      reason: "the API has no data",
    },
  ]);
  expect(attempts.at(-1)).toMatchObject({ state: "done", runsFound: 1, runsImported: 0, runsFailed: 0 });
});

test("one after another is asked for, and what fails stops nothing else", async () => {
  const refused = new ApiRefusalError("POST https://management.azure.com/…: 400: ask for another period");
  const { report, steps, attempts } = await imported({
    extractions: [MAY, APRIL],
    begin: [refused, ready(APRIL, "april")],
    importRun: ["done"],
  });
  expect(report.runs).toMatchObject([
    { month: "2026-05", outcome: "failed", errorName: "ApiRefusalError", error: refused.message },
    { month: "2026-04", outcome: "imported" },
  ]);
  expect(steps).toEqual(["asks for actual 2026-05", "asks for actual 2026-04", "imports april"]);
  expect(attempts.at(-1)).toMatchObject({
    state: "failed",
    runsImported: 1,
    runsFailed: 1,
    error: `billingAccounts/1234567 2026-05 actual: ${refused.message}`,
  });
});

test("a failure while it is waited for is told like any other", async () => {
  const signedOut = new AuthenticationError("GET https://management.azure.com/…: 401: sign in anew");
  const { report } = await imported({ begin: [pending(20)], look: [signedOut] });
  expect(report.runs).toMatchObject([{ outcome: "failed", errorName: "AuthenticationError", runId: "" }]);
});

test("a report that is gone when it is loaded is asked for anew", async () => {
  const gone = new OverwrittenError("operations/1: its links have run out: import again");
  const { report, steps } = await imported({
    begin: [ready(MAY, "first"), pending(5)],
    look: [ready(MAY, "second")],
    importRun: [gone, "done"],
  });
  expect(report.runs).toMatchObject([{ outcome: "imported", runId: "second" }]);
  expect(steps).toEqual([
    "asks for actual 2026-05",
    "imports first",
    "asks for actual 2026-05",
    "waits 5 s",
    "looks after 5 s",
    "imports second",
  ]);
});

test("after the third time it is given up, and the last run is named", async () => {
  const gone = new OverwrittenError("operations/1: its links have run out: import again");
  const { report, steps } = await imported({
    begin: [ready(MAY, "first"), ready(MAY, "second"), ready(MAY, "third")],
    importRun: [gone, gone, gone],
  });
  expect(report.runs).toMatchObject([{ outcome: "failed", runId: "third", errorName: "OverwrittenError" }]);
  expect(steps.filter((step) => step.startsWith("asks"))).toHaveLength(3);
});

test("a report that is gone while it is waited for is asked for anew, too", async () => {
  const gone = new OverwrittenError("operations/1: is gone: import again");
  const script = { begin: [pending(5), ready(MAY, "second")], look: [gone], importRun: ["done" as const] };
  expect((await imported(script)).report.runs).toMatchObject([{ outcome: "imported", runId: "second" }]);
});

test("a report that is not ready after 6 hours fails, when it was looked at in the very end", async () => {
  const { report, steps } = await imported({
    begin: [pending(10_000)],
    look: [pending(10_000), pending(10_000), pending(1)],
  });
  expect(steps).toEqual([
    "asks for actual 2026-05",
    "waits 10000 s",
    "looks after 10000 s",
    "waits 10000 s",
    "looks after 20000 s",
    "waits 1600 s",
    "looks after 21600 s",
  ]);
  expect(report.runs).toMatchObject([
    {
      outcome: "failed",
      errorName: "ApiError",
      error: expect.stringContaining("contoso: actual 2026-05 is not ready after 6 hours. Import again") as string,
    },
  ]);
});

test("while the import is paused nothing is asked, looked at or imported", async () => {
  let resume = (): void => undefined;
  let paused = (): void => undefined;
  const isPaused = new Promise<void>((resolve) => (paused = resolve));
  const { host, steps } = scriptedHost({
    extractions: [MAY],
    begin: [pending(20)],
    look: [ready(MAY, "first")],
    importRun: ["done"],
    async atGate(nth) {
      if (nth === 1) return;
      paused();
      await new Promise<void>((resolve) => (resume = resolve));
    },
  });
  const report = importSource(host, INPUT);
  await isPaused;
  expect(steps).toEqual(["asks for actual 2026-05", "waits 20 s"]);
  await untilEqual(steps, ["asks for actual 2026-05", "waits 20 s", "looks after 20 s"], () => resume());
  await untilEqual(steps, ["asks for actual 2026-05", "waits 20 s", "looks after 20 s", "imports first"], () =>
    resume(),
  );
  expect((await report).runs).toMatchObject([{ outcome: "imported" }]);
});

test("when the work is to stop, waiting ends and nothing else is asked", async () => {
  const { host, steps, attempts } = scriptedHost({
    extractions: [MAY, APRIL],
    begin: [pending(20)],
    atSleep: () => Promise.reject(Object.assign(new Error("The work was cancelled."), { name: "AbortError" })),
  });
  await expect(importSource(host, INPUT)).rejects.toThrow("The work was cancelled.");
  expect(steps).toEqual(["asks for actual 2026-05", "waits 20 s"]);
  expect(attempts.at(-1)).toMatchObject({ state: "canceled" });
});

test("a dry run asks nothing, and says what it would ask for", async () => {
  const { host, steps, attempts } = scriptedHost({ extractions: [MAY, APRIL], begin: [] });
  const { runs } = await importSource(host, { ...INPUT, dryRun: true });
  expect(runs).toMatchObject([
    { outcome: "would ask", month: "2026-05" },
    { outcome: "would ask", month: "2026-04" },
  ]);
  expect({ steps, attempts }).toEqual({ steps: [], attempts: [] });
});

test("whoever watches hears what is waited for, and when it is looked at again", async () => {
  const waits: ExtractionProgress[] = [];
  const { host } = scriptedHost({
    extractions: [MAY],
    begin: [pending(20)],
    look: [pending(30), ready(MAY, "first")],
    importRun: ["done"],
  });
  const before = Date.now();
  await importSource({ ...host, onWait: (wait) => waits.push(wait) }, INPUT);
  expect(waits).toMatchObject([
    { ...MAY, askedAt: "2026-06-01T04:00:00.0000000Z", waitedSeconds: 0 },
    { ...MAY, waitedSeconds: 20 },
  ]);
  const [first] = waits.map(({ looksAgainAt }) => Date.parse(looksAgainAt) - before);
  expect(first).toBeGreaterThanOrEqual(20_000);
  expect(first).toBeLessThan(25_000);
});

async function imported(script: Omit<Script, "extractions"> & Partial<Script>) {
  const { host, ...scripted } = scriptedHost({ extractions: [MAY], ...script });
  return { report: await importSource(host, INPUT), ...scripted };
}

/** Does something, and waits for what follows from it. */
async function untilEqual(steps: readonly string[], expected: readonly string[], act: () => void): Promise<void> {
  await expect
    .poll(() => {
      act();
      return [...steps];
    })
    .toEqual(expected);
}
