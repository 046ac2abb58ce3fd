import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { recordRun } from "../../clickhouse/runs.ts";
import { removeSource } from "../../clickhouse/sources.ts";
import { createToken } from "../../clickhouse/tokens.ts";
import type { ImportRequest } from "../../src/http/dependencies.ts";
import { parseDay, parseMonth } from "../../src/domain/month.ts";
import { aRun } from "../support/exports.ts";
import { CUSTOMER_TENANT, importHttpData, PRODUCTION } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { createTestService, NO_IMPORTS, type TestService } from "../support/http-service.ts";
import { withdrawRun } from "../support/totals.ts";
import { addFolderSource, importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let data: HttpData;
let service: TestService;
const asked: ImportRequest[] = [];

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  data = await importHttpData(warehouse);
});

afterAll(async () => {
  await data.remove();
  await engine.close();
});

beforeEach(async () => {
  const start = (request: ImportRequest) =>
    Promise.resolve({ id: `import/${request.source}`, isNew: asked.push(request) === 1 });
  service = await createTestService(warehouse, { imports: { ...NO_IMPORTS, start } });
});

afterEach(() => service.close());

type Item = { readonly [key: string]: unknown };

const list = async (path: string): Promise<readonly Item[]> => (await service.get(path)).json();
const item = async (path: string): Promise<Item> => (await service.get(path)).json();
const send = async (method: "POST" | "PUT" | "PATCH" | "DELETE", url: string, payload?: object) => {
  const { statusCode, body, headers } = await service.send({
    method,
    url,
    ...(payload === undefined ? {} : { payload }),
  });
  return { statusCode, headers, json: (body === "" ? null : JSON.parse(body)) as Item | null };
};
const byId = (items: readonly Item[]) => new Map(items.map((found) => [found["id"], found]));
const customerId = (tenant: string) => createHash("md5").update(`customer/${tenant}`).digest("hex");
const snapshotOf = async (runId: string, source = "contoso") =>
  (await list("/api/snapshots/")).find((snapshot) => snapshot["run_id"] === runId && snapshot["source"] === source);
const aDay = async (path: string, day: string) =>
  (await item(`/api/costs/${path}/?date=${day}&source_id=contoso`))["data"];

describe("customers", () => {
  test("are named, renamed and taken back", async () => {
    const made = await send("POST", "/api/customers/", { tenant_id: "ADATUM.example", name: "Adatum" });
    const id = customerId("adatum.example");
    const customer = { id, tenant_id: "adatum.example", name: "Adatum" };
    expect(made).toMatchObject({ statusCode: 201, json: customer, headers: { location: `/api/customers/${id}/` } });
    expect(await item(`/api/customers/${id}/`)).toEqual(customer);
    expect(await list("/api/customers/?ordering=name")).toMatchObject([{ name: "Adatum" }, { name: "Contoso" }]);

    const again = await send("POST", "/api/customers/", { tenant_id: "adatum.example", name: "Other" });
    expect(again).toMatchObject({ statusCode: 400, json: { tenant_id: [expect.any(String)] } });

    const patched = await send("PATCH", `/api/customers/${id}/`, { name: "Adatum AG" });
    expect(patched).toMatchObject({ statusCode: 200, json: { ...customer, name: "Adatum AG" } });
    const put = await send("PUT", `/api/customers/${id}`, { tenant_id: "Adatum.example", name: "Größe \"&\" 'x'" });
    expect(put).toMatchObject({ statusCode: 200, json: { ...customer, name: "Größe \"&\" 'x'" } });
    expect((await send("DELETE", `/api/customers/${id}/`)).statusCode).toBe(204);
    expect((await service.get(`/api/customers/${id}/`)).statusCode).toBe(404);
    expect((await send("DELETE", `/api/customers/${id}/`)).statusCode).toBe(404);
    expect((await send("PATCH", `/api/customers/${id}/`, { name: "x" })).statusCode).toBe(404);
  });

  test("that a partner's file names go by our name while there is one, wherever they are shown", async () => {
    const path = `/api/customers/${customerId(CUSTOMER_TENANT)}/`;
    expect((await send("DELETE", path)).statusCode).toBe(409);
    const before = await service.get("/api/subscriptions/?search=Shop");
    await send("PATCH", path, { name: "Our friends" });
    const named = { customer: { tenant_id: CUSTOMER_TENANT, name: "Our friends" } };
    expect(await list("/api/customers/")).toMatchObject([{ name: "Our friends" }]);
    expect(await list("/api/subscriptions/?search=friends")).toMatchObject([named]);
    expect(await list("/api/cost-entries/?subscriptionName=Shop&page_size=1")).toMatchObject([{ subscription: named }]);
    const etag = String(before.headers["etag"]);
    expect((await service.get("/api/subscriptions/?search=Shop", { "if-none-match": etag })).statusCode).toBe(200);
    expect((await send("DELETE", path)).statusCode).toBe(204);
    expect(await item(path)).toMatchObject({ name: "Contoso" });
    expect((await service.get("/api/subscriptions/?search=Shop", { "if-none-match": etag })).statusCode).toBe(304);
  });

  test("refuse what they do not know or cannot be, by name", async () => {
    for (const [body, name] of [
      [{ tenant_id: "t" }, "name"],
      [{ name: "n" }, "tenant_id"],
      [{ tenant_id: "t", name: "" }, "name"],
      [{ tenant_id: 1, name: "n" }, "tenant_id"],
      [{ tenant_id: "t", name: "n", id: "mine" }, "id"],
    ] as const) {
      const { statusCode, json } = await send("POST", "/api/customers/", body);
      expect([statusCode, Object.keys(json ?? {})]).toEqual([400, [name]]);
    }
    const moved = await send("PATCH", `/api/customers/${customerId(CUSTOMER_TENANT)}/`, { tenant_id: "another" });
    expect(moved).toMatchObject({ statusCode: 400, json: { tenant_id: [expect.any(String)] } });
  });

  test("a valid token of the right scope may write, and no other", async () => {
    const locked = await createTestService(warehouse, { settings: { isAuthDisabled: false } });
    const url = "/api/customers/";
    const payload = { tenant_id: "token.example", name: "Token" };
    const write = await createToken(warehouse, { name: "writer", scope: "write", expiresAt: null });
    const read = await createToken(warehouse, { name: "reader", scope: "read", expiresAt: null });
    const statusOf = async (authorization: string) =>
      (await locked.send({ method: "POST", url, payload, headers: { authorization } })).statusCode;
    expect(await statusOf("")).toBe(401);
    expect(await statusOf(`Token ${read}`)).toBe(403);
    expect(await statusOf(`Token ${write}`)).toBe(201);
    const headers = { authorization: `Bearer ${read}` };
    const found = await locked.get("/api/customers/?search=token.example", headers);
    expect(found.json()).toMatchObject([payload]);
    const removed = { method: "DELETE", url: `${url}${customerId("token.example")}`, headers } as const;
    expect((await locked.send(removed)).statusCode).toBe(403);
    expect((await locked.send({ ...removed, headers: { authorization: `Token ${write}` } })).statusCode).toBe(204);
    await locked.close();
  });
});

describe("snapshots", () => {
  test("a new one starts an import and says where to follow it", async () => {
    const { statusCode, headers, json } = await send("POST", "/api/snapshots/", {
      source: "contoso",
      dataset: "actual",
      from: "2026-05-01",
      to: "2026-06-01",
      overwrite: true,
    });
    expect([statusCode, headers["location"]]).toEqual([202, "/v1/imports/import%2Fcontoso"]);
    expect(json).toMatchObject({ id: "import/contoso", status: "in_progress" });
    expect(asked).toEqual([
      { source: "contoso", dataset: "actual", from: "2026-05-01", to: "2026-06-01", overwrite: true },
    ]);
    for (const [body, name] of [
      [{}, "source"],
      [{ source: "nobody" }, "source"],
      [{ source: "contoso", dataset: "everything" }, "dataset"],
      [{ source: "contoso", from: "May" }, "from"],
      [{ source: "contoso", from: "2026-05-02", to: "2026-05-02" }, "to"],
      [{ source: "contoso", file_name: "x" }, "file_name"],
    ] as const) {
      const refused = await send("POST", "/api/snapshots/", body);
      expect([refused.statusCode, Object.keys(refused.json ?? {})]).toEqual([400, [name]]);
    }
    expect(asked).toHaveLength(1);
  });

  test("a note is all that can be changed", async () => {
    const [snapshot] = await list("/api/snapshots/");
    const path = `/api/snapshots/${String(snapshot?.["id"])}/`;
    expect(await send("PATCH", path, { note: "checked by Ø" })).toMatchObject({
      statusCode: 200,
      json: { note: "checked by Ø" },
    });
    expect(await item(path)).toEqual({ ...snapshot, note: "checked by Ø" });
    expect(await send("PATCH", path, { status: "failed" })).toMatchObject({ statusCode: 400 });
    expect((await send("PUT", path, { note: "x" })).statusCode).toBe(405);
    expect((await send("PATCH", "/api/snapshots/nobody/", { note: "x" })).statusCode).toBe(404);
    await send("PATCH", path, { note: "" });
  });

  test("taken back, what it replaced shows again in the next answer; imported again, its ids are the same", async () => {
    const run = data.runs.find(({ delivery }) => delivery.exportName === "production-actual");
    const runId = run?.runId ?? "";
    const snapshot = await snapshotOf(runId);
    const path = `/api/snapshots/${String(snapshot?.["id"])}/`;
    const entriesById = async () => byId(await list("/api/cost-entries/?date_from=2026-05-01&date_to=2026-05-15"));
    const entries = await entriesById();
    const before = await service.get("/api/costs/subscription-summary/?date=2026-05-03&source_id=contoso");
    const etag = { "if-none-match": String(before.headers["etag"]) };
    const url = "/api/costs/subscription-summary/?date=2026-05-03&source_id=contoso";
    expect((await service.get(url, etag)).statusCode).toBe(304);

    expect((await send("DELETE", path)).statusCode).toBe(204);
    const after = await service.get(url, etag);
    expect(after.statusCode).toBe(200);
    expect(after.json()).toMatchObject({ data: [{ subscription_id: PRODUCTION, total_billing: 12.25 }, {}] });
    expect((await service.get(path)).statusCode).toBe(404);
    expect((await send("DELETE", path)).statusCode).toBe(404);
    expect(await item("/api/reports/available-report-dates/")).toEqual({
      available_report_dates: ["2026-04-30", "2026-05-03", "2026-05-04", "2026-05-20", "2026-05-28"],
    });

    await importAll(warehouse, "contoso", { runId });
    expect(await entriesById()).toEqual(entries);
    expect(await item(path)).toEqual(snapshot);
    expect((await service.get(url)).json()).toEqual(before.json());
  });

  test("what is under way or failed is no complete snapshot, and cannot be withdrawn", async () => {
    const days = { first: parseDay("2026-03-01"), last: parseDay("2026-03-31") };
    const part = { path: "march/part.csv", byteCount: 1, declaredByteCount: null, declaredRowCount: null, etag: "1" };
    const run = {
      source: "fabrikam",
      export: "march",
      exportName: "march",
      dataset: "actual",
      month: parseMonth("2026-03"),
      runId: "march-run",
      submittedAt: "2026-04-01T00:00:00.0000000Z",
      days,
      manifestPath: "march/manifest.json",
      dataVersion: null,
      declaredRowCount: null,
      parts: [part],
    } as const;
    for (const [state, status] of [
      ["importing", "in_progress"],
      ["failed", "failed"],
    ] as const) {
      await recordRun(warehouse, { run, state, loadIds: [], error: "" });
      const snapshot = await snapshotOf("march-run", "fabrikam");
      expect(snapshot).toMatchObject({ status, report_date: "2026-03-31", file_name: "march/manifest.json" });
      expect((await send("DELETE", `/api/snapshots/${String(snapshot?.["id"])}/`)).statusCode).toBe(409);
    }
    expect(await item("/api/snapshots/available-report-dates")).not.toMatchObject({
      available_report_dates: expect.arrayContaining(["2026-03-31"]) as unknown,
    });
    expect(await aDay("region-summary", "2026-03-31")).toEqual([]);
  });
});

test("a source that is added is asked from then on, though nothing was published since", async () => {
  const path = "/api/costs/region-summary/?date=2026-05-28";
  const before = await service.get(path);
  const { sources_queried: count } = before.json<Item>();
  const source = await addFolderSource(warehouse, { name: "adatum" });
  const etag = { "if-none-match": String(before.headers["etag"]) };
  await expect.poll(async () => (await service.get(path, etag)).statusCode, { timeout: 10_000 }).toBe(200);
  const after = await item(path);
  expect(after["sources_queried"]).toBe(Number(count) + 1);
  expect(after["sources_missing"]).toContainEqual({ name: "adatum", reason: "no snapshot" });
  await removeSource(warehouse, source);
  await source.remove();
});

describe("a delivery of a few days of a month", () => {
  test("leaves the other days, whose entries have ids of their own, and pages go on with what they began with", async () => {
    const old = await list("/api/cost-entries/?source_id=contoso&page_size=100");
    const first = await service.get("/api/cost-entries/?source_id=contoso&page_size=4&ordering=-date");
    const run = aRun({
      dataset: "actual",
      columns: "mca-2023-12-01-preview",
      days: { first: "2026-05-16", last: "2026-05-22" },
      submittedAt: "2026-05-24T00:00:00.0000000Z",
      lines: [{ date: "2026-05-16", cost: "7", currency: "EUR", usdRate: "1" }],
    });
    await run.writeTo(data.sources.get("contoso")?.path ?? "");
    await importAll(warehouse, "contoso", { runId: run.runId });

    const seen: Item[] = [];
    for (let answer = first; ;) {
      seen.push(...answer.json<Item[]>());
      const next = /^<(.+)>; rel="next"$/.exec(String(answer.headers["link"] ?? ""))?.[1];
      if (next === undefined) break;
      answer = await service.get(next);
      expect([answer.statusCode, answer.statusCode === 200 ? "" : answer.body]).toEqual([200, ""]);
    }
    expect(byId(seen)).toEqual(byId(old));

    const entries = await list("/api/cost-entries/?source_id=contoso&date_from=2026-05-01");
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    for (const entry of entries) expect(await item(`/api/cost-entries/${String(entry["id"])}/`)).toEqual(entry);
    expect(await aDay("resource-group-summary", "2026-05-16")).toEqual([
      { total_usd: 7, total_billing: 7, resource_group: "rg-web" },
    ]);
    expect(await aDay("resource-group-summary", "2026-05-15")).toEqual([
      { total_usd: 59.4108, total_billing: 55.01, resource_group: "rg-data" },
    ]);
    await withdrawRun(warehouse, "contoso", run.runId);
    expect(await list("/api/cost-entries/?source_id=contoso&page_size=100")).toEqual(old);
  });
});
