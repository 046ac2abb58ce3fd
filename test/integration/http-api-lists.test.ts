import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { DATA_PLATFORM, DEVELOPMENT, importHttpData, PARTNERED, PRODUCTION } from "../support/http-data.ts";
import type { DataLine, HttpData } from "../support/http-data.ts";
import {
  CUSTOMER,
  distinctItems,
  exactJson,
  followPages,
  meterItem,
  resourceItem,
  snapshotId,
  subscriptionItem,
  textOf,
} from "../support/http-reference.ts";
import type { SummaryRow } from "../support/http-reference.ts";
import { createTestService, type TestService } from "../support/http-service.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let data: HttpData;
let service: TestService;
let counted: readonly DataLine[];

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  data = await importHttpData(warehouse);
  service = await createTestService(warehouse);
  counted = data.lines.filter(({ isCounted }) => isCounted);
});

afterAll(async () => {
  await service.close();
  await data.remove();
  await engine.close();
});

const get = async (path: string) => exactJson(await service.get(path));
const list = async (path: string) => (await get(path)) as readonly SummaryRow[];
const refusal = async (path: string) => {
  const { statusCode, body } = await service.get(path);
  return [statusCode, JSON.parse(body) as unknown];
};

describe("lists", () => {
  test("customers, subscriptions, resources and meters are those of the current files", async () => {
    expect(await get("/api/customers/")).toEqual([CUSTOMER]);
    expect(await get("/api/subscriptions/")).toEqual([
      subscriptionItem(PRODUCTION, "Production"),
      subscriptionItem(DEVELOPMENT, "Development"),
      subscriptionItem(DATA_PLATFORM, "Data Platform"),
      subscriptionItem(PARTNERED, "Shop"),
    ]);
    expect(await get("/api/resources/")).toEqual(distinctItems(counted.map(resourceItem), "resource_id"));
    expect(await get("/api/meters")).toEqual(distinctItems(counted.map(meterItem), "meter_id"));
  });

  test("snapshots are the runs of actual costs, up to the last day that they have costs of", async () => {
    const days: Readonly<Record<string, string>> = Object.fromEntries(
      data.lines
        .map((line) => [snapshotId(line), line.charge.date] as const)
        .toSorted(([, a], [, b]) => (a < b ? -1 : 1)),
    );
    const expected = data.lines
      .filter(({ run }) => run.delivery.dataset !== "amortized")
      .map((line) => ({
        id: snapshotId(line),
        run_id: line.run.runId,
        report_date: days[snapshotId(line)],
        file_name: line.run.manifestPath,
        status: "complete",
        created_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/) as unknown,
        source: line.source,
        note: "",
      }));
    const found = await list("/api/snapshots/");
    expect(distinctItems(found, "id")).toEqual(distinctItems(expected, "id"));
    const dates = found.map((snapshot) => textOf(snapshot, "report_date"));
    expect(dates).toEqual(dates.toSorted().toReversed());
  });

  test("the report dates of complete snapshots come under both of their paths", async () => {
    const dates = ["2026-04-30", "2026-05-03", "2026-05-04", "2026-05-15", "2026-05-20", "2026-05-28"];
    for (const path of ["/api/snapshots/available-report-dates/", "/api/reports/available-report-dates"]) {
      expect(await get(path)).toEqual({ available_report_dates: dates });
    }
  });

  test.each(["snapshots", "customers", "subscriptions", "resources", "meters", "cost-entries"])(
    "%s come in pages without a gap or a repeat, and each item under its id",
    async (name) => {
      const whole = await list(`/api/${name}`);
      for (const size of [1, 2, 3]) {
        const pages = await followPages(service.get, `/api/${name}/?page_size=${size}`);
        expect(pages.flat()).toEqual(whole);
        expect(pages.every((page) => page.length <= size)).toBe(true);
      }
      for (const item of whole) expect(await get(`/api/${name}/${textOf(item, "id")}/`)).toEqual(item);
      expect(await refusal(`/api/${name}/nobody/`)).toEqual([404, { detail: "Not found." }]);
      expect(await refusal(`/api/${name}/${"0".repeat(32)}`)).toEqual([404, { detail: "Not found." }]);
    },
  );

  test.each([
    ["subscriptions", "name"],
    ["resources", "resource_group"],
    ["meters", "category"],
    ["snapshots", "created_at"],
    ["snapshots", "source"],
    ["cost-entries", "cost_in_usd"],
    ["cost-entries", "cost_in_billing_currency"],
    ["cost-entries", "date"],
  ])("%s are ordered by %s, up and down, on every page", async (name, field) => {
    const up = (await followPages(service.get, `/api/${name}/?ordering=${field}&page_size=2`)).flat();
    const down = (await followPages(service.get, `/api/${name}/?ordering=-${field}&page_size=2`)).flat();
    const values = up.map((item) => textOf(item, field)).filter((value) => value !== "");
    const isNumber = field.startsWith("cost");
    const isSorted = values.every((value, index) => {
      const before = values[index - 1] ?? value;
      return isNumber ? Number(before) <= Number(value) : before.toLowerCase() <= value.toLowerCase();
    });
    expect([isSorted, values.length > 0]).toEqual([true, true]);
    expect(down.map((item) => textOf(item, field)).filter((value) => value !== "")).toEqual(values.toReversed());
    expect(new Set(down.map(({ id }) => id))).toEqual(new Set(up.map(({ id }) => id)));
  });

  test("search finds text somewhere in an item, whatever its case", async () => {
    expect((await list("/api/subscriptions/?search=PLATFORM")).map(({ name }) => name)).toEqual(["Data Platform"]);
    expect((await list("/api/subscriptions/?search=contoso")).map(({ name }) => name)).toEqual(["Shop"]);
    expect((await list("/api/resources/?search=RG-WEB")).map(({ name }) => name)).toEqual(["web-01", "web-02"]);
    expect((await list("/api/meters/?search=lrs")).map(({ category }) => category)).toEqual(["Storage"]);
    expect((await list("/api/snapshots/?search=tailspin")).map(({ source }) => source)).toEqual(["tailspin"]);
    expect(await list("/api/customers/?search=%25")).toEqual([]);
    expect(await list("/api/cost-entries/?search=SADEV")).toHaveLength(2);
  });

  test("more than an answer may hold comes with a link to the rest", async () => {
    const small = await createTestService(warehouse, { settings: { maxJsonRows: 2 } });
    for (const name of ["resources", "cost-entries"]) {
      const answer = await small.get(`/api/${name}/`);
      expect(exactJson(answer)).toHaveLength(2);
      expect(answer.headers["link"]).toMatch(/^<\/api\/[a-z-]+\/\?cursor=[\w-]+>; rel="next"$/);
    }
    expect((await small.get("/api/cost-entries/?page_size=3")).statusCode).toBe(400);
    await small.close();
  });

  test("what is derived from Azure's data cannot be written", async () => {
    for (const name of ["subscriptions", "resources", "meters", "cost-entries"]) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
        const path = method === "POST" ? `/api/${name}/` : `/api/${name}/1/`;
        const { statusCode, headers, body } = await service.send({ method, url: path, payload: {} });
        expect([statusCode, JSON.parse(body)]).toEqual([405, { detail: `Method "${method}" not allowed.` }]);
        expect(headers["allow"]).toContain("GET");
      }
    }
  });
});
