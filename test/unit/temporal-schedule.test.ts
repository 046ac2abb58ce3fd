import { expect, test } from "vitest";
import { parseCron } from "../../src/temporal/cron.ts";
import { formatSpan, parseDuration } from "../../src/temporal/duration.ts";
import { describeSettings, parseScheduleSettings } from "../../src/temporal/schedule-settings.ts";

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

test.each([
  ["0 */4 * * *", { minute: [0], hour: [0, 4, 8, 12, 16, 20], dayOfMonth: from(1, 31), month: from(1, 12) }],
  ["5/20 1-5/2 * * *", { minute: [5, 25, 45], hour: [1, 3, 5] }],
  ["0 6 1,15 jan,7 *", { dayOfMonth: [1, 15], month: [1, 7] }],
  ["30 6 * * MON-FRI", { text: "30 6 * * mon-fri", dayOfWeek: [1, 2, 3, 4, 5] }],
  ["0 0 * * *", { dayOfWeek: from(0, 6) }],
  ["0 0 * * 7", { dayOfWeek: [0] }],
  ["0 0 * * 3-7", { dayOfWeek: [0, 3, 4, 5, 6] }],
  ["0 0 * * 0-7/2", { dayOfWeek: [0, 2, 4, 6] }],
  ["  0   0  *  *  * ", { text: "0 0 * * *" }],
  ["@weekly", { text: "@weekly", minute: [0], hour: [0], dayOfWeek: [0] }],
])("%j names these times", (text, expected) => {
  expect(parseCron(text)).toMatchObject(expected);
});

test.each([
  ["", /expected the five fields .*; got nothing/],
  ["* * * *", /expected the five fields .* with 4/],
  ["0 0 0 * * *", /expected the five fields .* with 6/],
  ["@every 4h", /expected the five fields/],
  ["@often", /expected the five fields/],
  ["60 * * * *", /^minute: expected \*, numbers from 0 to 59/],
  ["* 24 * * *", /^hour: .* got "24"/],
  ["* * 0 * *", /^day of the month: /],
  ["* * * 13 *", /^month: .*, or jan to dec/],
  ["* * * * someday", /^day of the week: /],
  ["* * * * mon#2", /^day of the week: /],
  ["*/0 * * * *", /^minute: /],
  ["5-1 * * * *", /^minute: /],
  ["1,,2 * * * *", /^minute: /],
  ["-1 * * * *", /^minute: /],
  ["0 0 L * *", /^day of the month: /],
])("%j is no cron expression", (text, message) => {
  expect(() => parseCron(text)).toThrow(message);
});

test("time spans are whole numbers of seconds, minutes, hours or days", () => {
  expect(["0", "90s", "5m", "4h", "1d"].map(parseDuration)).toEqual([0, 90, 300, 14_400, 86_400]);
  expect([0, 90, 300, 14_400, 86_400, 5400].map(formatSpan)).toEqual(["0s", "90s", "5m", "4h", "1d", "90m"]);
  for (const wrong of ["", "5", "1.5h", "-1m", "1w", "5 m"]) {
    expect(() => parseDuration(wrong)).toThrow("expected a time span like 90s, 5m, 4h or 1d");
  }
});

test("a schedule is said in words, without what goes without saying", () => {
  expect(describeSettings(parseScheduleSettings({ cron: "0 */4 * * *" }))).toBe("0 */4 * * * UTC");
  const all = { cron: "@daily", timeZone: "Europe/Berlin", jitter: "5m", catchUp: "0s", paused: true };
  expect(describeSettings(parseScheduleSettings({ ...all, catchUp: "2h" }))).toBe(
    "@daily Europe/Berlin, jitter 5m, catch-up 2h, paused",
  );
  expect(() => parseScheduleSettings({ ...all, cron: "daily", jitter: "some" })).toThrow(
    /^cron: expected the five fields .*; jitter: expected .*; catchUp: expected a time span of at least 10s\. Nothing was sent\.$/,
  );
});
