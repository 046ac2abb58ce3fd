import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { AttemptRecord } from "../../clickhouse/attempts.ts";
import { StorageError, WarehouseError } from "../../src/domain/errors.ts";
import { importSource } from "../../workflows/import-source.ts";
import { anExtraction, ready, scriptedHost } from "../support/scripted-host.ts";

const MAY = anExtraction("2026-05");
const INPUT = { source: "contoso" };
const NOTHING_DONE = { runsFound: 0, runsImported: 0, runsFailed: 0 };
const refusal = new WarehouseError("source_attempts: refused. Try again.");

test("an import is planned while its beginning is written down, and begins nothing before that is there", async () => {
  let letGo = () => undefined as void;
  const written = new Promise<void>((resolve) => (letGo = resolve));
  const { host, steps } = hostOf(() => written);

  const report = importSource(host, INPUT);
  while (steps.length < 2) await setImmediate();
  await setImmediate();
  expect(steps).toEqual(["begins", "plans"]);

  letGo();
  expect(await report).toMatchObject({ runs: [{ outcome: "imported" }] });
  expect(steps).toEqual(["begins", "plans", "asks for actual 2026-05", "imports first"]);
});

test("an import whose beginning cannot be written down does nothing, and is written down as failed", async () => {
  const { host, steps, attempts } = hostOf(() => Promise.reject(refusal));
  await expect(importSource(host, INPUT)).rejects.toBe(refusal);
  expect(steps).toEqual(["begins", "plans"]);
  expect(attempts).toEqual([
    { source: "contoso", attempt: null, state: "failed", error: refusal.message, ...NOTHING_DONE },
  ]);
});

test("where planning fails, too, the caller hears of that", async () => {
  const unreadable = new StorageError("contoso: cannot be listed");
  const { host, attempts } = hostOf(() => Promise.reject(refusal), unreadable);
  await expect(importSource(host, INPUT)).rejects.toBe(unreadable);
  expect(attempts).toMatchObject([{ attempt: null, state: "failed", error: unreadable.message }]);
});

/** A host with one run, that does as it is told where an attempt begins. */
function hostOf(begin: () => Promise<void>, planning?: Error) {
  const { host, steps, attempts } = scriptedHost({
    extractions: [MAY],
    begin: [ready(MAY, "first")],
    importRun: ["done"],
  });
  const { planRuns, recordAttempt } = host.activities;
  const activities: typeof host.activities = {
    ...host.activities,
    async planRuns(input) {
      steps.push("plans");
      if (planning !== undefined) throw planning;
      return planRuns(input);
    },
    async recordAttempt(record: AttemptRecord) {
      if (record.state === "running") {
        steps.push("begins");
        await begin();
      }
      return recordAttempt(record);
    },
  };
  return { host: { ...host, activities }, steps, attempts };
}
