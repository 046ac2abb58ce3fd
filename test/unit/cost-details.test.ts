import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Extraction } from "../../src/domain/extraction.ts";
import { parseDay, parseMonth } from "../../src/domain/month.ts";
import { createAzureClient } from "../../src/sources/azure-client.ts";
import { listReportBlobs, pollReport, requestReport } from "../../src/sources/cost-details.ts";
import type { CostDetailsPlace } from "../../src/sources/cost-details.ts";
import { parsePartPath, partPathOf } from "../../src/sources/cost-details-operation.ts";

const SCOPE = "/providers/Microsoft.Billing/billingAccounts/1234567";
const OPERATION = `${SCOPE}/providers/Microsoft.CostManagement/costDetailsOperationResults/one?api-version=2025-03-01`;
const MAY: Extraction = {
  dataset: "actual",
  month: parseMonth("2026-05"),
  days: { first: parseDay("2026-05-01"), last: parseDay("2026-05-31") },
};

type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };

describe("reports of the Cost Details API", () => {
  let answers: Answer[] = [];
  let seen: { readonly line: string; readonly body: string; readonly authorization: string | undefined }[] = [];
  let management = "";
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const line = `${request.method} ${request.url}`;
      seen.push({ line, body: Buffer.concat(chunks).toString(), authorization: request.headers.authorization });
      const { status, body = "", headers = {} } = answers.shift() ?? { status: 599 };
      response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    management = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    answers = [];
    seen = [];
  });

  const place = (changes: Partial<CostDetailsPlace> = {}): CostDetailsPlace => ({
    client: createAzureClient({
      authorize: async () => "Bearer TOKEN",
      grant: "give the identity a role",
      signIn: "sign in",
      firstWaitMs: 1,
    }),
    management,
    cloudManagement: "https://management.azure.com",
    scope: SCOPE,
    by: "month",
    ...changes,
  });
  const request = async (changes: Partial<CostDetailsPlace> = {}, extraction: Extraction = MAY) =>
    (await requestReport(place(changes), extraction)).state;
  const poll = (operation = OPERATION) => pollReport(place(), operation);

  describe("asking", () => {
    test.each<[string, Partial<CostDetailsPlace>, Partial<Extraction>, object]>([
      ["a month by its days", {}, {}, { metric: "ActualCost", timePeriod: { start: "2026-05-01", end: "2026-05-31" } }],
      [
        "amortized costs",
        {},
        { dataset: "amortized" },
        { metric: "AmortizedCost", timePeriod: { start: "2026-05-01", end: "2026-05-31" } },
      ],
      ["an EA billing period", { by: "billing-period" }, {}, { metric: "ActualCost", billingPeriod: "202605" }],
      ["an invoice", {}, { invoice: "G1" }, { metric: "ActualCost", invoiceId: "G1" }],
      ["an invoice of EA", { by: "billing-period" }, { invoice: "G1" }, { metric: "ActualCost", invoiceId: "G1" }],
    ])("for %s", async (_name, changes, extraction, body) => {
      answers = [{ status: 204 }];
      await request(changes, { ...MAY, ...extraction });
      expect(seen.map(({ line }) => line)).toEqual([
        `POST ${SCOPE}/providers/Microsoft.CostManagement/generateCostDetailsReport?api-version=2025-03-01`,
      ]);
      expect(JSON.parse(seen[0]?.body ?? "")).toEqual(body);
    });

    test("says where to look, and how long to wait before", async () => {
      answers = [accepted(`${management}${OPERATION}`, { "retry-after": "20" })];
      expect(await request()).toEqual({ kind: "pending", operation: OPERATION, waitSeconds: 20 });
      answers = [accepted(OPERATION)];
      expect(await request()).toEqual({ kind: "pending", operation: OPERATION, waitSeconds: 30 });
    });

    test("a date to come back at is reckoned by the service's own clock", async () => {
      const headers = { date: "Thu, 01 Jan 2015 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2015 00:00:45 GMT" };
      answers = [accepted(OPERATION, headers)];
      const { askedAt, state } = await requestReport(place(), MAY);
      expect(state).toMatchObject({ waitSeconds: 45 });
      expect(askedAt).toBe("2015-01-01T00:00:00.0000000Z");
    });

    test("when it was asked is told by our own clock where the two agree", async () => {
      answers = [{ status: 204 }];
      const before = new Date().toISOString();
      const { askedAt } = await requestReport(place(), MAY);
      expect(askedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}0000Z$/);
      expect(askedAt >= before.replace("Z", "0000Z")).toBe(true);
    });

    test("may be answered at once", async () => {
      answers = [{ status: 200, body: completed([7, 8]) }];
      expect(await request()).toEqual({ kind: "ready", operation: OPERATION, byteCounts: [7, 8] });
    });

    test.each([
      ["204", { status: 204 }],
      ["NoDataFound", { status: 200, body: { name: "one", status: "NoDataFound" } }],
      ["a report without blobs", { status: 200, body: completed([]) }],
    ])("%s is no data", async (_name, answer) => {
      answers = [answer];
      expect(await request()).toEqual({ kind: "no data" });
    });

    test("what Azure refuses is told with its reason", async () => {
      const message = "The maximum allowed date range is 1 months";
      answers = [{ status: 400, body: { error: { code: "400", message } } }];
      await expect(request()).rejects.toMatchObject({
        name: "ApiRefusalError",
        message: expect.stringContaining(message) as string,
      });
    });

    test("an acceptance without a place to look is no acceptance", async () => {
      answers = [{ status: 202 }];
      await expect(request()).rejects.toMatchObject({ name: "ApiError" });
    });
  });

  describe("looking", () => {
    test("follows where it is sent, and stays where it is when it is sent nowhere", async () => {
      const moved = OPERATION.replace("Results", "Status");
      answers = [accepted(`https://management.azure.com${moved}`), { status: 202 }];
      expect(await poll()).toMatchObject({ kind: "pending", operation: moved });
      expect(await poll(moved)).toMatchObject({ kind: "pending", operation: moved });
      expect(seen.map(({ line }) => line)).toEqual([`GET ${OPERATION}`, `GET ${moved}`]);
    });

    test.each(["https://evil.example/x", "//evil.example/x", "http://management.azure.com/x", "http://", "file:///x"])(
      "goes nowhere but to the management API: %s",
      async (location) => {
        answers = [accepted(location)];
        await expect(poll()).rejects.toMatchObject({
          name: "ApiError",
          message: expect.stringContaining("where no token is sent to") as string,
        });
      },
    );

    test("a gateway's own path is not doubled, whoever wrote the place to look", async () => {
      const gateway = { management: `${management}/azure` };
      for (const base of [`${management}/azure`, "/azure", "https://management.azure.com", ""]) {
        answers = [accepted(`${base}${OPERATION}`)];
        expect(await request(gateway)).toMatchObject({ operation: OPERATION });
      }
    });

    test("what could be a secret in the place to look is not kept", async () => {
      answers = [accepted(`${OPERATION}&sig=SECRET&t=1&Code=SECRET`)];
      expect(await poll()).toMatchObject({ operation: `${OPERATION}&t=1` });
    });

    test("a status that is in the making is waited for", async () => {
      answers = [{ status: 200, headers: { "retry-after": "3" }, body: { status: "InProgress" } }];
      expect(await poll()).toEqual({ kind: "pending", operation: OPERATION, waitSeconds: 3 });
    });

    test.each(["Failed", "Canceled", "TimedOut"])("%s is a refusal with Azure's reason", async (status) => {
      answers = [{ status: 200, body: { status, error: { code: "E1", message: "sig=SECRET too large" } } }];
      const failure: unknown = await poll().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "ApiRefusalError" });
      expect((failure as Error).message).toContain("(E1: sig=… too large)");
    });

    test("an answer that breaks off is asked for once more, and once only", async () => {
      const cut = JSON.stringify(completed([7])).slice(0, 200);
      answers = [
        { status: 200, body: cut },
        { status: 200, body: completed([7]) },
      ];
      expect(await poll()).toMatchObject({ kind: "ready" });
      answers = [
        { status: 200, body: cut },
        { status: 200, body: cut },
      ];
      await expect(poll()).rejects.toMatchObject({
        name: "ApiError",
        message: expect.stringMatching(/costDetailsOperationResults\/one: the report is not JSON: try again/) as string,
      });
    });

    test.each<[string, unknown, RegExp]>([
      ["has no status", {}, /has no status/],
      ["has no manifest", { status: "Completed" }, /has no manifest/],
      ["is not CSV", { status: "Completed", manifest: { dataFormat: "Parquet", blobs: [] } }, /is Parquet, not CSV/],
      [
        "lists fewer blobs than it announces",
        { status: "Completed", manifest: { blobCount: 2, blobs: completed([1]).manifest.blobs } },
        /announces 2 blobs and lists 1/,
      ],
      [
        "has a link that is none",
        { status: "Completed", manifest: { blobs: [{ blobLink: "SECRET" }] } },
        /manifest\.blobs\.0\.blobLink/,
      ],
    ])("a report that %s is not used", async (_name, body, says) => {
      answers = [{ status: 200, body }];
      const failure: unknown = await poll().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "ApiError", message: expect.stringMatching(says) as string });
      expect(String(failure)).not.toContain("SECRET");
    });

    test("what is said of compressed blobs is not taken for the size of what is stored", async () => {
      const { manifest, ...report } = completed([7]);
      answers = [{ status: 200, body: { ...report, manifest: { ...manifest, compressData: true } } }];
      expect(await poll()).toMatchObject({ byteCounts: [null] });
    });

    test.each([404, 410, 400])("%i: the report is gone, and a new one can be asked for", async (status) => {
      answers = [{ status }];
      await expect(poll()).rejects.toMatchObject({ name: "OverwrittenError" });
    });

    test("a role that was taken away is no report that is gone", async () => {
      answers = [{ status: 403 }];
      await expect(poll()).rejects.toMatchObject({ name: "PermissionError" });
    });
  });

  describe("the links of its blobs", () => {
    const list = (changes: Partial<CostDetailsPlace> = {}) => listReportBlobs(place(changes), OPERATION);

    test("are asked for with the token", async () => {
      answers = [{ status: 200, body: completed([7, 8]) }];
      expect(await list()).toEqual([
        { link: "https://blob.example/one?sig=SECRET", byteCount: 7 },
        { link: "https://blob.example/two?sig=SECRET", byteCount: 8 },
      ]);
      expect(seen).toMatchObject([{ line: `GET ${OPERATION}`, authorization: "Bearer TOKEN" }]);
    });

    test.each<[string, Answer]>([
      ["204", { status: 204 }],
      ["404", { status: 404 }],
      ["202", { status: 202 }],
      ["NoDataFound", { status: 200, body: { status: "NoDataFound" } }],
    ])("a report that once was there and now answers %s is gone", async (_name, answer) => {
      answers = [answer];
      await expect(list()).rejects.toMatchObject({
        name: "OverwrittenError",
        message: expect.stringMatching(/a new (one|report) is asked for$/) as string,
      });
    });

    test("are not sent in the clear where the token was not", async () => {
      const client = { ask: async () => ({ status: 200, headers: {}, text: JSON.stringify(plain()) }) };
      const plain = () => ({
        status: "Completed",
        manifest: { blobs: [{ blobLink: "http://blob.example/x?sig=SECRET" }] },
      });
      const failure: unknown = await list({ client, management: "https://management.azure.com" }).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({
        name: "ApiError",
        message: expect.stringContaining("http: instead of https:") as string,
      });
      expect(String(failure)).not.toContain("SECRET");
    });
  });

  test("a part's path names the operation without what is always the same, and gives it back", () => {
    const path = partPathOf(OPERATION, 2);
    expect(path).toBe(`${SCOPE}/providers/Microsoft.CostManagement/costDetailsOperationResults/one#3`);
    expect(parsePartPath(path)).toEqual({ operation: OPERATION, index: 2 });
    expect(parsePartPath(partPathOf(`${OPERATION}&t=1`, 0))).toEqual({ operation: `${OPERATION}&t=1`, index: 0 });
    for (const wrong of ["may.csv", "/x", "/x#0", "/x#one", "https://evil.example/#1"]) {
      expect(() => parsePartPath(wrong)).toThrow("is not a part of a report");
    }
  });
});

function accepted(location: string, headers: Record<string, string> = {}): Answer {
  return { status: 202, headers: { location, ...headers } };
}

function completed(byteCounts: readonly number[]) {
  const names = ["one", "two", "three"];
  return {
    id: `${SCOPE.slice(1)}/providers/Microsoft.CostManagement/operationResults/one`,
    name: "one",
    status: "Completed",
    manifest: {
      manifestVersion: "2025-03-01",
      dataFormat: "Csv",
      blobCount: byteCounts.length,
      byteCount: 160_769, // not the sum: neither it is in Microsoft's own example
      compressData: false,
      blobs: byteCounts.map((byteCount, index) => ({
        blobLink: `https://blob.example/${names[index]}?sig=SECRET`,
        byteCount,
      })),
    },
    validTill: "2022-05-10T08:08:46.1973252Z",
  };
}
