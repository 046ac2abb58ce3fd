import { expect, test } from "vitest";
import type { TrackingReport } from "../../activities/track-resources.ts";
import { WarehouseError } from "../../src/domain/errors.ts";
import { importSource } from "../../workflows/import-source.ts";
import { anExtraction, ready, scriptedHost } from "../support/scripted-host.ts";

const MAY = anExtraction("2026-05");
const REPORT: TrackingReport = {
  evaluationId: "1",
  kind: "extension",
  resources: 1300,
  assigned: 1204,
  conflicts: 3,
  brokenRules: [],
  brokenCount: 0,
  seconds: 0.5,
};

test("after an import the resources that are new are assigned, once its attempt is written down", async () => {
  const { report, steps } = await imported({ isBehind: true, track: REPORT });
  expect(report).toMatchObject({ runs: [{ outcome: "imported" }], tracking: REPORT, warnings: [] });
  expect(steps).toEqual(["asks for actual 2026-05", "imports first", "done", "asks", "tracks"]);
});

test("where nothing has changed nothing is done, and a dry run does not even ask", async () => {
  const { report, steps } = await imported({ isBehind: false });
  expect(report).not.toHaveProperty("tracking");
  expect(steps.slice(-2)).toEqual(["done", "asks"]);
  expect((await imported({ isBehind: true, dryRun: true })).steps).toEqual([]);
});

test("where others have done it meanwhile there is nothing to report", async () => {
  const { report } = await imported({ isBehind: true, track: { ...REPORT, kind: "none", resources: 0, assigned: 0 } });
  expect(report).not.toHaveProperty("tracking");
});

test.each([
  { isBehind: true, track: new WarehouseError("No memory. Get some.") },
  { isBehind: new WarehouseError("No memory. Get some.") },
])("what fails is a warning: the import is done", async (script) => {
  const { report } = await imported(script);
  expect(report.runs).toMatchObject([{ outcome: "imported" }]);
  expect(report).not.toHaveProperty("tracking");
  expect(report.warnings).toEqual([
    "resources were not assigned to their rules; costs are not affected. No memory. Get some. The next import tries " +
      "again, and `billhouse rules evaluate` does it now.",
  ]);
});

test("rules that cannot be used are a warning, too", async () => {
  const { report } = await imported({ isBehind: true, track: { ...REPORT, kind: "whole", brokenCount: 2 } });
  expect(report.tracking).toMatchObject({ kind: "whole" });
  expect(report.warnings).toEqual([
    "2 rules of tracking_rules cannot be used. `billhouse rules evaluate` says which and why.",
  ]);
});

test("what is to stop stops, and the attempt stays done", async () => {
  const stopped = new DOMException("stop", "AbortError");
  const host = hostOf({ isBehind: true, track: stopped });
  await expect(importSource(host.host, { source: "contoso" })).rejects.toBe(stopped);
  expect(host.attempts.at(-1)).toMatchObject({ state: "done" });
});

type Script = {
  readonly isBehind: boolean | Error;
  readonly track?: TrackingReport | Error;
  readonly dryRun?: boolean;
};

function hostOf({ isBehind, track = new RangeError("This is not in the script") }: Script) {
  const { host, steps, attempts } = scriptedHost({
    extractions: [MAY],
    begin: [ready(MAY, "first")],
    importRun: ["done"],
  });
  const give = <Value>(value: Value | Error): Promise<Value> =>
    value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  const { recordAttempt } = host.activities;
  const activities: typeof host.activities = {
    ...host.activities,
    async recordAttempt(record) {
      if (record.state !== "running") steps.push(record.state);
      return recordAttempt(record);
    },
    async checkTracking() {
      steps.push("asks");
      return { isBehind: await give(isBehind) };
    },
    async trackResources({ anew }) {
      steps.push(anew ? "tracks anew" : "tracks");
      return give(track);
    },
  };
  return { host: { ...host, activities }, steps, attempts };
}

async function imported(script: Script) {
  const { host, steps } = hostOf(script);
  const report = await importSource(host, { source: "contoso", dryRun: script.dryRun ?? false });
  return { report, steps };
}
