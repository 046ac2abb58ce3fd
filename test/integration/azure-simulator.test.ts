import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LosslessNumber } from "lossless-json";
import { EA_ENROLLMENT, EA_KEY } from "../support/azure/ea.ts";
import * as faults from "../support/azure/faults.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { legacyItem, modernItem } from "../support/azure/usage-details.ts";

const MANAGEMENT = "https://management.azure.com";
const SCOPE = "/providers/Microsoft.Billing/billingAccounts/1234567";
const REPORT = "providers/Microsoft.CostManagement/generateCostDetailsReport?api-version=2025-03-01";
const USAGE = "/providers/Microsoft.Consumption/usageDetails?api-version=2024-08-01";
const now = new Date();
/** The first and last day of the month so many months ago. */
const monthAgo = (months: number) => {
  const day = (month: number, nth: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - month, nth)).toISOString().slice(0, 10);
  return { start: day(months, 1), end: day(months - 1, 0) };
};
const DAYS = monthAgo(1);
const MONTH = DAYS.start.slice(0, 7);

// What tests lean on: that the simulator answers as Microsoft documents.
describe("Azure's simulator", () => {
  let azure: AzureSimulator;
  beforeEach(async () => {
    azure = await startAzureSimulator();
  });
  afterEach(() => azure.stop());

  async function tokenFor(resource: string): Promise<string> {
    const { IDENTITY_ENDPOINT = "", IDENTITY_HEADER = "" } = azure.environment;
    const url = `${IDENTITY_ENDPOINT}?resource=${encodeURIComponent(resource)}&api-version=2019-08-01`;
    const answer = await fetch(url, { headers: { "x-identity-header": IDENTITY_HEADER } });
    return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`;
  }
  async function ask(path: string, body?: object, authorization?: string) {
    const answer = await fetch(path.startsWith("http") ? path : `${azure.managementUrl}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: authorization ?? (await tokenFor(MANAGEMENT)), "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }
  const askReport = (body: object, scope = SCOPE) => ask(`${scope}/${REPORT}`, body);
  const enterprise = (path: string) => ask(`${azure.eaUrl}${path}`, undefined, `bearer ${EA_KEY}`);

  async function finish(polls = 1): Promise<Record<string, unknown>> {
    let { headers } = await askReport({ metric: "ActualCost", timePeriod: DAYS });
    for (let poll = 0; poll < polls; poll++) ({ headers } = await ask(headers.get("location") ?? ""));
    return JSON.parse((await ask(headers.get("location") ?? "")).text) as Record<string, unknown>;
  }

  describe("cost details", () => {
    beforeEach(() => azure.costDetails.setReport({ metric: "ActualCost", month: MONTH, blobs: ["a\n1\n", "a\n2\n"] }));

    test("a report is accepted, looked for, and given with every documented field", async () => {
      const accepted = await askReport({ metric: "ActualCost", timePeriod: DAYS });
      expect([accepted.status, accepted.headers.get("retry-after"), accepted.text]).toEqual([202, "0", ""]);
      const location = accepted.headers.get("location") ?? "";
      const place = new RegExp(
        `^${azure.managementUrl}${SCOPE}/providers/Microsoft.CostManagement/costDetailsOperationResults/[0-9a-f-]{36}\\?api-version=2025-03-01$`,
      );
      expect(location).toMatch(place);
      const again = await ask(location);
      expect([again.status, again.headers.get("location")]).toEqual([202, location]);
      const done = await ask(location);
      const report = JSON.parse(done.text) as Record<string, unknown>;
      const id = new URL(location).pathname;
      expect([done.status, report]).toEqual([
        200,
        {
          id: id.slice(1),
          name: id.split("/").at(-1),
          status: "Completed",
          manifest: {
            manifestVersion: "2025-03-01",
            dataFormat: "Csv",
            blobCount: 2,
            byteCount: 29,
            compressData: false,
            requestContext: {
              requestScope: SCOPE.slice(1),
              requestBody: { metric: "ActualCost", timePeriod: DAYS },
            },
            blobs: [1, 2].map(() => ({
              blobLink: expect.stringMatching(
                /^http:\/\/127.*\/armreports\/\d{6}\/[0-9a-f-]{36}_\d\?sv=2020-05-31&.*&sig=SIG-SECRET-\d+$/,
              ) as string,
              byteCount: 7,
            })),
          },
          validTill: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{7}Z$/) as string,
        },
      ]);
      expect(done.headers.get("x-ms-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    });

    test.each([
      ["without a token", "", {}, 401, "InvalidAuthenticationToken"],
      ["with a token for elsewhere", "https://storage.azure.com", {}, 401, "InvalidAuthenticationToken"],
    ])("%s nothing is answered", async (_how, resource, body, status, code) => {
      const authorization = resource === "" ? "" : await tokenFor(resource);
      const answer = await ask(`${SCOPE}/${REPORT}`, body, authorization);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(code)]);
    });

    test.each<[string, object, string, RegExp]>([
      ["two periods", { timePeriod: DAYS, billingPeriod: "202605" }, SCOPE, /Only one of/],
      [
        "more than a month",
        { timePeriod: { start: monthAgo(2).start, end: DAYS.end } },
        SCOPE,
        /maximum allowed date range is 1 months/,
      ],
      ["14 months back", { timePeriod: monthAgo(14) }, SCOPE, /Start date must be after/],
      [
        "a billing period 14 months back",
        { billingPeriod: monthAgo(14).start.slice(0, 7).replace("-", "") },
        SCOPE,
        /Start date/,
      ],
      ["an end before its start", { timePeriod: { start: DAYS.end, end: DAYS.start } }, SCOPE, /before the end date/],
      ["a day that is none", { timePeriod: { start: "yesterday", end: "today" } }, SCOPE, /Invalid request body/],
      ["FOCUS", { metric: "Focus" }, SCOPE, /Invalid request body/],
      ["an invoice of a billing account", { invoiceId: "G1" }, SCOPE, /billing profile or customer scope/],
      ["a management group", {}, "/providers/Microsoft.Management/managementGroups/1", /scope is not supported/],
      ["a resource group", {}, "/subscriptions/1/resourceGroups/2", /scope is not supported/],
    ])("%s is refused", async (_what, body, scope, says) => {
      const answer = await askReport(body, scope);
      expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(says)]);
      expect(Object.keys((JSON.parse(answer.text) as { error: object }).error)).toEqual(["code", "message"]);
    });

    test("13 months back, an invoice, a billing period and the open month are accepted", async () => {
      const bodies = [{ timePeriod: monthAgo(13) }, { billingPeriod: MONTH.replace("-", "") }, {}];
      for (const body of bodies) expect((await askReport(body)).status).toBe(202);
      expect((await askReport({ invoiceId: "G1" }, `${SCOPE}/billingProfiles/2`)).status).toBe(202);
      expect(azure.costDetails.asked.map(({ period }) => period)).toEqual([
        monthAgo(13),
        { billingPeriod: MONTH.replace("-", "") },
        null,
        { invoiceId: "G1" },
      ]);
    });

    test("a version of the API has to be named", async () => {
      expect((await ask(`${SCOPE}/${REPORT.replace(/\?.*/, "")}`, {})).text).toContain("MissingApiVersionParameter");
      expect((await ask(`${SCOPE}/${REPORT.replace("2025", "2019")}`, {})).status).toBe(400);
    });

    test("no data is 204, a later 204 or NoDataFound; a report fails, or is there at once", async () => {
      const other = { metric: "ActualCost", timePeriod: monthAgo(2) };
      azure.costDetails.behave({ noData: "no content", polls: 0 });
      expect((await askReport(other)).status).toBe(204);
      azure.costDetails.behave({ noData: "no content later" });
      expect((await ask((await askReport(other)).headers.get("location") ?? "")).status).toBe(204);
      azure.costDetails.behave({ noData: "NoDataFound" });
      const none = await ask((await askReport(other)).headers.get("location") ?? "");
      expect(JSON.parse(none.text)).toMatchObject({ status: "NoDataFound" });
      azure.costDetails.behave({ outcome: "failed" });
      expect(await finish(0)).toMatchObject({ status: "Failed", error: { code: "InternalServerError" } });
      azure.costDetails.behave({ outcome: "completed at once" });
      const atOnce = await askReport({ timePeriod: DAYS });
      expect([atOnce.status, JSON.parse(atOnce.text)]).toMatchObject([200, { status: "Completed" }]);
    });

    test("a Location moves on, and then the old one is gone; or leads to another host", async () => {
      azure.costDetails.behave({ location: "another path", polls: 3 });
      const first = (await askReport({ timePeriod: DAYS })).headers.get("location") ?? "";
      const second = (await ask(first)).headers.get("location") ?? "";
      expect(second).toContain("/costDetailsOperationStatus/");
      expect([(await ask(first)).status, (await ask(second)).status]).toEqual([404, 202]);
      azure.costDetails.behave({ location: "another host" });
      expect((await askReport({ timePeriod: DAYS })).headers.get("location")).toContain(azure.blobUrl);
    });

    test("operations are forgotten", async () => {
      const location = (await askReport({ timePeriod: DAYS })).headers.get("location") ?? "";
      azure.costDetails.forgetOperations();
      expect((await ask(location)).status).toBe(404);
    });
  });

  describe("blobs of reports", () => {
    const CONTENT = "\uFEFFa\n1\n";
    let link = "";
    beforeEach(async () => {
      azure.costDetails.setReport({ metric: "ActualCost", month: MONTH, blobs: ["a\n1\n"] });
      link = await newLink();
    });
    async function newLink(): Promise<string> {
      const { manifest } = (await finish()) as { manifest: { blobs: { blobLink: string }[] } };
      return manifest.blobs[0]?.blobLink ?? "";
    }

    test("are given with a byte order mark to whoever has the link, in whole or in part", async () => {
      const whole = await fetch(link);
      expect([whole.status, Buffer.from(await whole.arrayBuffer()).toString()]).toEqual([200, CONTENT]);
      expect(whole.headers.get("content-length")).toBe("7");
      const etag = whole.headers.get("etag") ?? "";
      const part = await fetch(link, { headers: { range: "bytes=3-4", "if-match": etag } });
      expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 3-4/7", "a\n"]);
      expect((await fetch(link, { headers: { "if-match": '"0x0"' } })).status).toBe(412);
      expect((await fetch(link, { headers: { range: "bytes=7-" } })).status).toBe(416);
    });

    test("a token that is sent along is refused and remembered", async () => {
      expect(azure.violations).toEqual([]);
      expect((await fetch(link, { headers: { authorization: "Bearer x" } })).status).toBe(400);
      expect(azure.violations).toEqual([
        expect.stringMatching(/^Authorization was sent to the blob host: \/armreports\//),
      ]);
      expect(azure.requests("blobs").map((seen) => seen.wasAuthorizationSent)).toEqual([true]);
    });

    test("links run out, also by the clock; a new one is good; blobs vanish", async () => {
      azure.blobs.expireLinks();
      const expired = await fetch(link);
      expect([expired.status, expired.headers.get("x-ms-error-code")]).toEqual([403, "AuthenticationFailed"]);
      const another = await newLink();
      expect((await fetch(another)).status).toBe(200);
      azure.setClockSkew(3601);
      expect((await fetch(another)).status).toBe(403);
      azure.setClockSkew(0);
      azure.blobs.removeBlobs();
      expect((await fetch(another)).status).toBe(404);
      expect((await fetch(another.replace(/sig=.*/, "sig=x"))).status).toBe(403);
    });

    test("come short, with a wrong length, or break off", async () => {
      azure.fault("blobs", faults.cut(), faults.wrongLength(), faults.dropped(0.5), faults.dropped(0));
      const short = await fetch(link);
      expect([short.headers.get("content-length"), (await short.arrayBuffer()).byteLength]).toEqual(["3", 3]);
      const wrong = await fetch(link);
      expect(wrong.headers.get("content-length")).toBe("107");
      await expect(wrong.arrayBuffer()).rejects.toThrow(/terminated/);
      await expect(fetch(link).then((answer) => answer.arrayBuffer())).rejects.toThrow(/terminated/);
      await expect(fetch(link)).rejects.toThrow(/fetch failed/);
      expect((await fetch(link)).status).toBe(200);
    });
  });

  describe("usage details", () => {
    const url = `/subscriptions/1${USAGE}&metric=actualcost&$filter=${encodeURIComponent(
      `properties/usageStart ge '${DAYS.start}' and properties/usageEnd le '${DAYS.end}'`,
    )}`;
    const items = [1, 2, 3].map((cost) => legacyItem({ date: `${DAYS.start}T00:00:00.0000000Z`, cost }, { env: "x" }));

    test("come in pages whose links are good as they are, and only so", async () => {
      azure.usageDetails.setItems({ metric: "actualcost", month: MONTH, items });
      azure.usageDetails.setPageSize(2);
      const first = JSON.parse((await ask(url)).text) as { value: object[]; nextLink: string };
      expect(Object.keys(first)).toEqual(["value", "nextLink"]);
      expect(first.value).toEqual(items.slice(0, 2));
      expect(Object.keys(first.value[0] ?? {})).toEqual(["id", "name", "type", "kind", "tags", "properties"]);
      const last = JSON.parse((await ask(first.nextLink)).text) as object;
      expect(last).toEqual({ value: items.slice(2) });
      expect((await ask(decodeURIComponent(first.nextLink))).status).toBe(400);
    });

    test("keep every digit, and both kinds of items", async () => {
      const cost = new LosslessNumber("0.1234567890123456789012345");
      azure.usageDetails.setItems({
        metric: "actualcost",
        month: MONTH,
        items: [modernItem({ cost }), legacyItem({})],
      });
      const { text } = await ask(url);
      expect(text).toContain('"cost":0.1234567890123456789012345');
      expect(text).toMatch(/"kind":"modern".*"kind":"legacy"/);
    });

    test("of a month without items are 204, or an empty page", async () => {
      expect((await ask(url)).status).toBe(204);
      azure.usageDetails.setNoData("empty page");
      expect((await ask(url)).text).toBe('{"value":[]}');
    });

    test.each([
      ["no version", "/subscriptions/1/providers/Microsoft.Consumption/usageDetails"],
      ["a metric that is none", `/subscriptions/1${USAGE}&metric=focus`],
      ["a filter that is none", `/subscriptions/1${USAGE}&$filter=date`],
      ["a page that is too large", `/subscriptions/1${USAGE}&$top=5000`],
      ["a page that nobody gave", `/subscriptions/1${USAGE}&$skiptoken=1`],
    ])("are refused with %s", async (_what, asked) => {
      expect((await ask(asked)).status).toBe(400);
    });
  });

  describe("EA", () => {
    const items = [{ cost: 1 }, { cost: 2 }, { cost: 3 }];
    const period = `/v3/enrollments/${EA_ENROLLMENT}/billingPeriods/${MONTH.replace("-", "")}/usagedetails`;
    const month = `/rest/${EA_ENROLLMENT}/usage-report`;
    const query = `month=${MONTH}&type=detail&fmt=Json`;
    beforeEach(() => {
      azure.ea.setUsage({ month: MONTH, items });
      azure.ea.setPageSize(2);
    });

    test("v2 and v3 give data and nextLink, which is empty on the last page", async () => {
      for (const version of ["v2", "v3"]) {
        const first = JSON.parse((await enterprise(period.replace("v3", version))).text) as Record<string, string>;
        expect(Object.keys(first)).toEqual(["id", "data", "nextLink"]);
        const last = JSON.parse((await enterprise(first["nextLink"]?.replace(azure.eaUrl, "") ?? "")).text) as object;
        expect(last).toMatchObject({ data: [{ cost: 3 }], nextLink: "" });
      }
    });

    test("a range of days", async () => {
      const path = period.replace(/billingPeriods.*/, "usagedetailsbycustomdate");
      expect((await enterprise(`${path}?startTime=${DAYS.start}&endTime=${DAYS.end}`)).text).toContain('"cost":1');
      expect((await enterprise(path)).status).toBe(400);
    });

    test("usage-report gives a bare array, and CSV text for a month without usage", async () => {
      expect(JSON.parse((await enterprise(`${month}?${query}`)).text)).toEqual(items);
      const empty = await enterprise(`${month}?${query.replace(MONTH, "2019-01")}`);
      expect([empty.status, empty.text]).toEqual([200, expect.stringMatching(/^"Usage Data Extract"/)]);
    });

    test("its pages give content and nextLink behind a byte order mark", async () => {
      const answer = await fetch(`${azure.eaUrl}${month}/paginatedV3?month=${MONTH}&pageindex=0&fmt=json`, {
        headers: { authorization: `bearer ${EA_KEY}` },
      });
      const text = Buffer.from(await answer.arrayBuffer()).toString();
      expect(text).toMatch(/^\uFEFF\{"id":.*"content":\[.*"nextLink":"http.*pageindex=1/);
    });

    test("every envelope can be had", async () => {
      const pageOf = async (path = period) => JSON.parse((await enterprise(path)).text) as Record<string, unknown>;
      azure.ea.setEnvelope({ items: "value", next: "hasMoreData" });
      expect(await pageOf()).toMatchObject({ value: items.slice(0, 2), hasMoreData: true });
      expect(await pageOf(`${period}?pageindex=1`)).toMatchObject({ value: items.slice(2), hasMoreData: false });
      azure.ea.setEnvelope({ items: "content", next: "nextPageLink", last: "absent" });
      expect(await pageOf()).toMatchObject({ nextPageLink: expect.stringMatching(/pageindex=1/) as string });
      expect(await pageOf(`${period}?pageindex=1`)).not.toHaveProperty("nextPageLink");
      azure.ea.setEnvelope({ items: null });
      expect(await pageOf()).toEqual(items);
    });

    test("a wrong key, another's enrolment and an unknown path are refused", async () => {
      expect((await ask(`${azure.eaUrl}${period}`, undefined, "bearer KEY-SECRET-2")).status).toBe(401);
      expect((await enterprise(period.replace(EA_ENROLLMENT, "200"))).status).toBe(403);
      expect((await enterprise("/v4/x")).status).toBe(404);
    });

    test("a raw answer can be put anywhere", async () => {
      azure.ea.setAnswer("/rest/100/usage-report?x=1", { status: 200, body: "text" });
      expect((await enterprise("/rest/100/usage-report?x=1")).text).toBe("text");
    });
  });

  describe("faults", () => {
    const path = `/subscriptions/1${USAGE}`;

    test("hit one request each, in their order", async () => {
      const faulty = [
        faults.none(),
        faults.throttled(1, { consumption: 7, any: 3 }),
        faults.failed(502),
        faults.unauthorized(),
        faults.forbidden(),
        faults.answered(410, { code: "Gone" }),
      ];
      azure.fault("usage-details", ...faulty);
      const answers = [];
      for (let nth = 0; nth < 7; nth++) answers.push(await ask(path));
      expect(answers.map(({ status }) => status)).toEqual([204, 429, 502, 401, 403, 410, 204]);
      const throttled = answers[1];
      const waits = ["x-ms-ratelimit-microsoft.consumption-retry-after", "retry-after"];
      expect([...waits.map((name) => throttled?.headers.get(name)), throttled?.text]).toEqual([
        "7",
        "3",
        '{"error":{"code":"429","message":"Too many requests. Please retry."}}',
      ]);
      expect(azure.faultsLeft("usage-details")).toBe(0);
    });

    test("cut JSON, put other text in its place, repeat the answer before", async () => {
      azure.usageDetails.setItems({ metric: "actualcost", items: [legacyItem({ cost: 1 }), legacyItem({ cost: 2 })] });
      azure.usageDetails.setPageSize(1);
      azure.fault("usage-details", faults.cut(), faults.text("<html>"), faults.none(), faults.repeatedAnswer());
      const half = (await ask(path)).text;
      expect(() => JSON.parse(half) as unknown).toThrow(SyntaxError);
      expect((await ask(path)).text).toBe("<html>");
      const first = (await ask(path)).text;
      const { nextLink } = JSON.parse(first) as { nextLink: string };
      expect((await ask(nextLink)).text).toBe(first);
    });

    test("hold an answer until it is let go", async () => {
      azure.fault("usage-details", faults.held());
      let isAnswered = false;
      const asked = ask(path).then((answer) => {
        isAnswered = true;
        return answer;
      });
      await expect.poll(() => azure.requests("usage-details").length).toBe(1);
      expect(isAnswered).toBe(false);
      azure.letGo();
      expect((await asked).status).toBe(204);
    });

    test("tokens run out in between", async () => {
      const token = await tokenFor(MANAGEMENT);
      expect((await ask(path, undefined, token)).status).toBe(204);
      azure.revokeTokens();
      expect((await ask(path, undefined, token)).status).toBe(401);
    });

    test("the service's clock is its own, and dates to come back at are by it", async () => {
      azure.setClockSkew(7200);
      azure.costDetails.behave({ retryAfter: "date" });
      const { headers } = await askReport({ timePeriod: DAYS });
      const [served, back] = ["date", "retry-after"].map((name) => Date.parse(headers.get(name) ?? ""));
      expect((served ?? 0) - Date.now()).toBeGreaterThan(7_000_000);
      expect((back ?? 0) - (served ?? 0)).toBeLessThanOrEqual(2000);
    });
  });
});
