import { describe, expect, test } from "vitest";
import { secondsToWait } from "../../src/sources/retry-after.ts";

const NOW = Date.parse("2026-05-20T08:00:00Z");

describe("how long Azure asks to be left alone", () => {
  test("nothing said is nothing known", () => {
    expect(secondsToWait({ "content-type": "application/json" }, NOW)).toBeNull();
  });

  test("the longest of all headers wins", () => {
    const headers = {
      "retry-after": "10",
      "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "3",
      "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "45",
      "x-ms-ratelimit-microsoft.consumption-retry-after": "30",
    };
    expect(secondsToWait(headers, NOW)).toBe(45);
  });

  test("a date counts from the service's own clock", () => {
    const headers = { "retry-after": "Wed, 20 May 2026 09:00:30 GMT", date: "Wed, 20 May 2026 09:00:00 GMT" };
    expect(secondsToWait(headers, NOW)).toBe(30);
  });

  test("a date without the service's clock counts from ours, and is never in the past", () => {
    expect(secondsToWait({ "retry-after": "Wed, 20 May 2026 08:01:00 GMT" }, NOW)).toBe(60);
    expect(secondsToWait({ "retry-after": "Wed, 20 May 2026 07:00:00 GMT" }, NOW)).toBe(0);
  });

  test("the limits of any service count, and other limits' figures do not", () => {
    const headers = {
      "X-Ms-Ratelimit-Microsoft.Consumption-Tenant-Retry-After": "7",
      "x-ms-ratelimit-remaining-microsoft.costmanagement-entity-requests": "QueriesPerHour:600",
      "x-ms-ratelimit-microsoft.costmanagement-qpu-remaining": "11",
    };
    expect(secondsToWait(headers, NOW)).toBe(7);
  });

  test("no wait is longer than a day: then a clock is wrong", () => {
    expect(secondsToWait({ "retry-after": "Thu, 20 May 2027 08:00:00 GMT" }, NOW)).toBe(86_400);
  });

  test("milliseconds are seconds too, and nonsense is nothing", () => {
    expect(secondsToWait({ "x-ms-retry-after-ms": "1500" }, NOW)).toBe(1.5);
    expect(secondsToWait({ "retry-after": "in May 2060", "retry-after-ms": "" }, NOW)).toBeNull();
  });
});
