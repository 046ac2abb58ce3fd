import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { expect, test } from "vitest";
import { formatJudgement } from "../../bench/goals.ts";
import { judgeOverhead, overheadOf } from "../../bench/overhead.ts";
import type { Compared, Pair } from "../../bench/overhead.ts";
import { idleBefore, loadsOf } from "../../bench/part-gaps.ts";
import { describeOverhead } from "../../bench/temporal-table.ts";

test("what Temporal adds is taken between neighbours, whatever else the machine does", () => {
  const pairs = [pair(4, 4.1), pair(8, 8.1), pair(2, 2.2)];
  const { inProcess, more, share } = overheadOf(pairs);
  expect(inProcess).toEqual({ median: 4, min: 2, max: 8 });
  expect(more.median).toBeCloseTo(0.1);
  expect(share.median).toBeCloseTo(0.025);
});

test("the goals are for 500,000 rows and one worker, and for an import that finds nothing new", () => {
  const compared = [
    imports({ workers: 2, parts: 1, pairs: [pair(4, 9)] }),
    imports({ workers: 1, parts: 1, rowCount: 20_000, pairs: [pair(1, 9)] }),
  ];
  expect(judgeOverhead(compared, small()).map(formatJudgement)).toEqual([
    "NOT met  longer than in process, nothing new: 160 ms, at most 150 ms",
  ]);
});

test("what a run and a part add are shares of an import of one file, whose load takes as long as it likes", () => {
  const compared = [
    imports({ parts: 1, pairs: [pair(4, 4.24)], loads: [pair(3.8, 3.72)] }),
    imports({ parts: 8, pairs: [pair(5, 5.8)] }),
  ];
  expect(judgeOverhead(compared, small()).map(formatJudgement)).toEqual([
    "NOT met  longer than in process, an import of 1 file beside its load: 8.00 %, at most 3.00 %",
    "NOT met  longer than in process, a run: 4.00 %, at most 3.00 %",
    "met      longer than in process, a further part: 2.00 %, at most 3.00 %",
    "NOT met  longer than in process, nothing new: 160 ms, at most 150 ms",
  ]);
});

test("a slot stands empty from the end of one load until the next one starts in it", () => {
  const loads = [
    { scheduled: 0, started: 10, completed: 1000 },
    { scheduled: 0, started: 20, completed: 2000 },
    { scheduled: 0, started: 1030, completed: 1500 },
    { scheduled: 1900, started: 1940, completed: 2500 },
  ];
  expect(idleBefore(loads.toReversed(), 2)).toEqual([0.01, 0.02, 0.03, 0.04]);
});

test("only loads that are through are taken from a history", () => {
  const { events } = historyFromJSON({
    events: [
      scheduled(1, "recordRun"),
      scheduled(2, "loadPart"),
      started(3, 1),
      started(4, 2),
      completed(5, { scheduledEventId: "1", startedEventId: "3" }),
      completed(6, { scheduledEventId: "2", startedEventId: "4" }),
      scheduled(7, "loadPart"),
    ],
  });
  expect(loadsOf(events ?? [])).toEqual([{ scheduled: 2000, started: 4000, completed: 6000 }]);
});

test("the table shows seconds of whole imports and milliseconds of small ones", () => {
  const compared = [imports({ workers: 1, pairs: [pair(4, 4.1)], loads: [pair(3.5, 3.55)], rowCount: 500_000 })];
  expect(describeOverhead(compared, small(), judgeOverhead(compared, small()))).toMatchInlineSnapshot(`
    "files  workers  s in process  s in Temporal  rows/s in process  rows/s in Temporal  ms longer  % longer  ms longer beside loads  ms between parts
        8        1          4.00           4.10            125,000             121,951        100       2.5                      50                12

                               ms in process  ms in Temporal  ms longer
    nothing new                           40             200        160
    one run of one small file            500             700        200

    NOT met  longer than in process, nothing new: 160 ms, at most 150 ms

    Median (least-most); what is longer is taken between neighbours; beside loads: before the first and behind the last one. 2 parts load at once in process and in each worker; between parts: how long a slot stands empty before a part, on average."
  `);
});

function pair(inProcess: number, inTemporal: number): Pair {
  return { inProcess, inTemporal };
}

function imports(given: Partial<Compared>): Compared {
  return { parts: 8, workers: 1, rowCount: 500_000, pairs: [], loads: [], idleBetweenParts: [0.012], ...given };
}

function small() {
  return { nothingNew: [pair(0.04, 0.2)], oneRun: [pair(0.5, 0.7)] };
}

function scheduled(id: number, name: string) {
  const activityTaskScheduledEventAttributes = { activityId: `${id}`, activityType: { name } };
  return { ...event(id, "SCHEDULED"), activityTaskScheduledEventAttributes };
}

function started(id: number, scheduledEventId: number) {
  return { ...event(id, "STARTED"), activityTaskStartedEventAttributes: { scheduledEventId: `${scheduledEventId}` } };
}

function completed(id: number, activityTaskCompletedEventAttributes: Record<string, string>) {
  return { ...event(id, "COMPLETED"), activityTaskCompletedEventAttributes };
}

/** The event of that number, in that second. */
function event(id: number, what: string) {
  const eventTime = new Date(id * 1000).toISOString();
  return { eventId: `${id}`, eventTime, eventType: `EVENT_TYPE_ACTIVITY_TASK_${what}` };
}
