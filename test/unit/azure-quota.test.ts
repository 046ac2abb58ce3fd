import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ThrottledError } from "../../src/domain/errors.ts";
import type { AzureRequest } from "../../src/sources/azure-client.ts";
import { createQuota } from "../../src/sources/azure-quota.ts";
import type { QuotaKind } from "../../src/sources/azure-quota.ts";

const ENDPOINT = "https://management.azure.com";
const ACCOUNT = "/providers/Microsoft.Billing/billingAccounts";

describe("Microsoft's quotas", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  // Quotas are the process's: what each test asks about is its own.
  const account = () => `${ACCOUNT}/${randomUUID()}`;
  const report = (scope: string): AzureRequest => ({
    method: "POST",
    url: `${ENDPOINT}${scope}/providers/Microsoft.CostManagement/generateCostDetailsReport?api-version=2025-03-01`,
  });
  const page = (scope: string, token?: string): AzureRequest => ({
    method: "GET",
    url: `${ENDPOINT}${scope}/providers/Microsoft.Consumption/usageDetails?a=b${token === undefined ? "" : `&%24skiptoken=${token}`}`,
  });
  const quota = (kind: QuotaKind, scope: string, tenant: string = randomUUID()) =>
    createQuota(kind, `${ENDPOINT}${scope}`, {}, tenant);

  /** How many requests go at once, and how long the next one would wait. */
  async function countAtOnce(request: (nth: number) => Promise<void>) {
    for (let count = 0; count < 100; count++) {
      const failure: unknown = await request(count).then(
        () => null,
        (error: unknown) => error,
      );
      if (failure instanceof ThrottledError) return { count, seconds: failure.retryAfterSeconds };
      expect(failure).toBeNull();
    }
    return { count: 100, seconds: 0 };
  }

  test("of a scope's reports are 2 a minute, 10 an hour and 50 a day", async () => {
    const scope = account();
    const pass = quota("cost-details", scope);
    const ask = () => countAtOnce(() => pass(report(scope), 0));
    expect(await ask()).toEqual({ count: 2, seconds: 60 });
    for (let minute = 1; minute < 5; minute++) {
      vi.advanceTimersByTime(60_000);
      expect(await ask()).toMatchObject({ count: 2 });
    }
    expect(await ask()).toEqual({ count: 0, seconds: 3600 - 4 * 60 });
    for (let hour = 1; hour < 5; hour++) {
      vi.advanceTimersByTime(3_600_000);
      for (let minute = 0; minute < 5; minute++) {
        await ask();
        vi.advanceTimersByTime(60_000);
      }
    }
    const day = await ask();
    expect(day.count).toBe(0);
    expect(day.seconds).toBeGreaterThan(3600);
  });

  test("of reports are shared by all clients of a scope, however it is written, and not by other scopes", async () => {
    const scope = account();
    await quota("cost-details", scope)(report(scope), 0);
    await quota("cost-details", scope.toUpperCase())(report(scope), 0);
    await expect(quota("cost-details", scope)(report(scope), 0)).rejects.toThrow(/quota .* try again in 60 seconds/);
    await quota("cost-details", account())(report(scope), 0);
  });

  test("of reports are 10 a minute for a tenant's subscriptions, and 5 for parts of a billing account", async () => {
    const tenant = randomUUID();
    const subscriptions = await countAtOnce(() => {
      const scope = `/subscriptions/${randomUUID()}`;
      return quota("cost-details", scope, tenant)(report(scope), 0);
    });
    expect(subscriptions).toEqual({ count: 10, seconds: 60 });
    const parent = account();
    const profiles = await countAtOnce(() => {
      const scope = `${parent}/billingProfiles/${randomUUID()}`;
      return quota("cost-details", scope)(report(scope), 0);
    });
    expect(profiles).toEqual({ count: 5, seconds: 60 });
  });

  test("of looks are 2 a minute at each report, and neither they nor other questions count as reports", async () => {
    const scope = account();
    const pass = quota("cost-details", scope);
    const look = (id: string): AzureRequest => ({
      method: "GET",
      url: `${ENDPOINT}${scope}/providers/Microsoft.CostManagement/costDetailsOperationResults/${id}?api-version=1`,
    });
    const query = { method: "POST", url: `${ENDPOINT}${scope}/providers/Microsoft.CostManagement/query` } as const;
    expect(await countAtOnce(() => pass(look("a"), 0))).toEqual({ count: 2, seconds: 60 });
    for (let nth = 0; nth < 100; nth++) await pass(query, 0);
    await pass(look("b"), 0);
    await pass(report(scope), 0);
  });

  test("of usage details are 6 a minute for a billing account, 10 for a tenant and 2 for a page", async () => {
    const tenant = randomUUID();
    const scope = account();
    expect(await countAtOnce((nth) => quota("usage-details", scope)(page(scope, `${scope}${nth}`), 0))).toEqual({
      count: 6,
      seconds: 60,
    });
    expect(
      await countAtOnce(() => {
        const subscription = `/subscriptions/${randomUUID()}`;
        return quota("usage-details", subscription, tenant)(page(subscription), 0);
      }),
    ).toEqual({ count: 10, seconds: 60 });
    const token = randomUUID();
    expect(
      await countAtOnce(() => quota("usage-details", "/subscriptions/1")(page("/subscriptions/1", token), 0)),
    ).toEqual({
      count: 2,
      seconds: 60,
    });
  });

  test("of the EA API are 60 a minute for an enrolment", async () => {
    const enrollment = randomUUID();
    const pass = createQuota("ea", `https://ea.azure.cn/${enrollment}`, {});
    const request = { method: "GET", url: `https://ea.azure.cn/rest/${enrollment}/usage-report` } as const;
    expect(await countAtOnce(() => pass(request, 0))).toEqual({ count: 60, seconds: 60 });
  });

  test("a refused request takes nothing from the other quotas that it counts in", async () => {
    const scope = account();
    const pass = quota("cost-details", scope);
    for (let nth = 0; nth < 20; nth++) await pass(report(scope), 0).catch(() => {});
    vi.advanceTimersByTime(60_000);
    expect(await countAtOnce(() => pass(report(scope), 0))).toMatchObject({ count: 2 });
  });

  test("are waited for where that is not too long, by as many as ask at once", async () => {
    const scope = account();
    const pass = quota("cost-details", scope);
    const done: number[] = [];
    const started = Date.now();
    const asked = [0, 1, 2, 3].map(async () => {
      await pass(report(scope), 120);
      done.push(Math.round((Date.now() - started) / 1000));
    });
    await vi.advanceTimersByTimeAsync(61_000);
    await Promise.all(asked);
    expect(done).toEqual([0, 0, 60, 60]);
  });

  test("who aborts does not wait", async () => {
    const scope = account();
    const pass = quota("cost-details", scope);
    const stop = new AbortController();
    await countAtOnce(() => pass(report(scope), 0));
    const waiting = pass({ ...report(scope), signal: stop.signal }, 600);
    await vi.advanceTimersByTimeAsync(1000);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("BILLHOUSE_API_QUOTAS", () => {
  const request = {
    method: "GET",
    url: `${ENDPOINT}/subscriptions/2/providers/Microsoft.Consumption/usageDetails`,
  } as const;

  test.each([" off ", "OFF"])("%j keeps no quotas", async (value) => {
    const pass = createQuota("usage-details", `${ENDPOINT}/subscriptions/2`, { BILLHOUSE_API_QUOTAS: value });
    for (let nth = 0; nth < 100; nth++) await pass(request, 0);
  });

  test("takes nothing but on and off", () => {
    createQuota("ea", ENDPOINT, { BILLHOUSE_API_QUOTAS: "on" });
    expect(() => createQuota("ea", ENDPOINT, { BILLHOUSE_API_QUOTAS: "none" })).toThrow(
      'BILLHOUSE_API_QUOTAS is "none": expected on or off',
    );
  });
});
