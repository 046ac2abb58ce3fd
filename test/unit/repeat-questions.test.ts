import { expect, test } from "vitest";
import { ApiError, ApiRefusalError, StorageError, ThrottledError } from "../../src/domain/errors.ts";
import type { ImportEvent } from "../../src/import-events.ts";
import { repeatQuestions } from "../../src/repeat-questions.ts";
import { anExtraction, API_SOURCE, pending, ready, scriptedHost } from "../support/scripted-host.ts";

const MAY = anExtraction("2026-05");
const ASKED = { source: API_SOURCE, extraction: MAY };
const { run } = ready(MAY, "first");
const PART = { path: "operations/1/0", byteCount: 0, declaredByteCount: null, declaredRowCount: null, etag: "" };

test("what the service does not want to hear now is asked again when it said, and that is told", async () => {
  const throttled = new ThrottledError("POST …: 429: try again later", { retryAfterSeconds: 45 });
  const { activities, waits, events } = repeating([throttled, throttled, pending(20)]);
  expect(await activities.beginExtraction(ASKED)).toEqual(pending(20));
  expect(waits).toEqual([45, 45]);
  const told = { event: "extraction retried", source: "contoso", ...MAY, error: throttled.message, seconds: 45 };
  expect(events).toEqual([
    { ...told, attempt: 2 },
    { ...told, attempt: 3 },
  ]);
});

test("where it does not say when, each wait is twice as long", async () => {
  const throttled = new ThrottledError("POST …: 429: try again later", { retryAfterSeconds: null });
  const { activities, waits } = repeating([throttled, throttled, throttled, pending(20)]);
  await activities.beginExtraction(ASKED);
  expect(waits).toEqual([1, 2, 4]);
});

test("what failed is tried five times", async () => {
  const failed = new ApiError("POST …: 503: try again");
  const { activities, waits } = repeating([failed, failed, failed, failed, failed, pending(20)]);
  await expect(activities.beginExtraction(ASKED)).rejects.toThrow(failed);
  expect(waits).toEqual([1, 2, 4, 8]);
});

test("what no repetition can mend is not repeated", async () => {
  const refused = new ApiRefusalError("POST …: 400: ask for another period");
  const { activities, waits } = repeating([refused]);
  await expect(activities.beginExtraction(ASKED)).rejects.toThrow(refused);
  expect(waits).toEqual([]);
});

test("waiting ends when the work is to stop", async () => {
  const throttled = new ThrottledError("POST …: 429: try again later", { retryAfterSeconds: 3600 });
  const stopped = Object.assign(new Error("stopped"), { name: "AbortError" });
  const { host } = scriptedHost({ extractions: [], begin: [throttled] });
  const activities = repeatQuestions(
    host.activities,
    { forAnswer: () => Promise.reject(stopped), inLoad: unexpected },
    () => undefined,
  );
  await expect(activities.beginExtraction(ASKED)).rejects.toBe(stopped);
});

test("the pages of an API are asked for again, too; a storage account repeats by itself", async () => {
  const throttled = new ThrottledError("GET …: 429: try again later", { retryAfterSeconds: 5 });
  const { host } = scriptedHost({ extractions: [], begin: [] });
  const waits: number[] = [];
  const events: ImportEvent[] = [];
  let loads = 0;
  const { loadPart } = repeatQuestions(
    {
      ...host.activities,
      async loadPart({ part }) {
        if (++loads === 1) throw throttled;
        return { loadId: "1", part, rowsLoaded: 1, rowsRejected: 0, rejects: [] };
      },
    },
    { forAnswer: unexpected, inLoad: async (seconds) => void waits.push(seconds) },
    (event) => events.push(event),
  );
  const input = { source: API_SOURCE, run, part: PART, partCount: 1 };
  expect(await loadPart(input)).toMatchObject({ rowsLoaded: 1 });
  expect({ loads, waits }).toEqual({ loads: 2, waits: [5] });
  expect(events).toMatchObject([{ event: "part retried", part: PART.path, attempt: 2, seconds: 5 }]);

  loads = 0;
  const folder = { ...API_SOURCE, kind: "folder", path: "/exports" } as const;
  await expect(loadPart({ ...input, source: folder })).rejects.toThrow(StorageError);
  expect(loads).toBe(1);
});

function repeating(answers: Parameters<typeof scriptedHost>[0]["begin"]) {
  const { host } = scriptedHost({ extractions: [], begin: answers });
  const waits: number[] = [];
  const events: ImportEvent[] = [];
  const activities = repeatQuestions(
    host.activities,
    { forAnswer: async (seconds) => void waits.push(seconds), inLoad: unexpected },
    (event) => events.push(event),
  );
  return { activities, waits, events };
}

function unexpected(): Promise<never> {
  return Promise.reject(new RangeError("This waits elsewhere"));
}
