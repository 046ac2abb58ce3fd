import { describe, expect, test } from "vitest";
import { parseBillingPeriod } from "../../src/domain/month.ts";
import { parseUsagePath, usagePathOf, usageUrlOf } from "../../src/sources/usage-query.ts";

const MAY = parseBillingPeriod("2026-05");

describe("what is asked of the Consumption API", () => {
  test("is a metric and days, with all that there is to an item", () => {
    const url = new URL(usageUrlOf("/subscriptions/1", { dataset: "amortized", days: MAY }, 1000), "https://host");
    expect(url.pathname).toBe("/subscriptions/1/providers/Microsoft.Consumption/usageDetails");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      "api-version": "2024-08-01",
      metric: "amortizedcost",
      $filter: "properties/usageStart ge '2026-05-01' and properties/usageEnd le '2026-05-31'",
      $expand: "properties/meterDetails,properties/additionalInfo",
      $top: "1000",
    });
  });

  test.each(["actual", "amortized", "usage"] as const)("is all in the path of a part of %s costs", (dataset) => {
    const query = { dataset, days: MAY };
    expect(usagePathOf(query)).toBe(`${dataset}/20260501-20260531`);
    expect(parseUsagePath(usagePathOf(query))).toEqual(query);
  });

  test.each(["focus/20260501-20260531", "actual/20260532-20260531", "actual", "../actual/20260501-20260531", ""])(
    "is not %j",
    (path) => {
      expect(() => parseUsagePath(path)).toThrow(expect.objectContaining({ name: "InvalidRequestError" }) as Error);
    },
  );
});
