import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { importHttpData } from "../support/http-data.ts";
import type { DataLine, HttpData } from "../support/http-data.ts";
import {
  distinctItems,
  entryId,
  exactJson,
  meterItem,
  resourceItem,
  snapshotId,
  subscriptionItem,
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

describe("cost entries", () => {
  const snapshotOf = async () => new Map((await list("/api/snapshots")).map((snapshot) => [snapshot["id"], snapshot]));

  test("are the lines that count now, as they were delivered", async () => {
    const snapshots = await snapshotOf();
    const expected = counted.map((line) => {
      const { charge } = line;
      return {
        id: entryId(line),
        date: charge.date,
        subscription: subscriptionItem(charge.subscriptionId, charge.subscriptionName),
        resource: resourceItem(line),
        meter: meterItem(line),
        snapshot: snapshots.get(snapshotId(line)),
        cost_in_usd: line.usd,
        cost_in_billing_currency: charge.cost,
        billing_currency: charge.currency,
        quantity: charge.quantity,
        unit_price: charge.retailPrice,
        payg_price: charge.retailPrice,
        pricing_model: charge.pricingModel,
        charge_type: charge.chargeType,
        publisher_name: charge.publisherName,
        cost_center: charge.costCenter,
        tags: line.tags,
      };
    });
    const found = await list("/api/cost-entries/");
    expect(distinctItems(found, "id")).toEqual(distinctItems(expected, "id"));
    expect(found.map(({ date }) => date)).toEqual(expected.map(({ date }) => date).toSorted());
  });

  test("one of them, with every digit that Azure delivered", async () => {
    const { body } = await service.get("/api/cost-entries/?date=2026-05-28");
    expect(body).toContain('"cost_in_usd":1.000000000000000000000000000001,');
    expect(body).toContain('"quantity":24.000000000000000000000000000001,');
    expect(body).toContain('"unit_price":0.041666666666666666666666666667,');
    expect(body).toContain('"payg_price":0.041666666666666666666666666667,');
  });

  test.each<[string, (line: DataLine) => boolean]>([
    ["date=2026-05-03", ({ charge }) => charge.date === "2026-05-03"],
    ["date=2026-05-03&date=2026-05-04", ({ charge }) => ["2026-05-03", "2026-05-04"].includes(charge.date)],
    [
      "date_from=2026-05-04&date_to=2026-05-16",
      ({ charge }) => charge.date >= "2026-05-04" && charge.date <= "2026-05-16",
    ],
    ["resource_group=RG-DATA", ({ charge }) => charge.resourceGroup === "rg-data"],
    [
      "resourceGroupName=RG-DATA&resourceGroupName=rg-dev",
      ({ charge }) => /^rg-(data|dev)$/i.test(charge.resourceGroup),
    ],
    ["subscriptionName=data%20platform", ({ charge }) => charge.subscriptionName === "Data Platform"],
    ["meterCategory=STORAGE", ({ charge }) => charge.meterCategory === "Storage"],
    ["meterSubCategory=dsv5%20series", ({ charge }) => charge.meterSubCategory === "Dsv5 Series"],
    ["serviceFamily=compute", ({ charge }) => charge.serviceFamily === "Compute"],
    ["resourceLocation=NORTHEUROPE", ({ charge }) => charge.resourceLocation === "northeurope"],
    ["chargeType=purchase", ({ charge }) => charge.chargeType === "Purchase"],
    ["pricingModel=reservation", ({ charge }) => charge.pricingModel === "Reservation"],
    ["publisherName=datadog", ({ charge }) => charge.publisherName === "Datadog"],
    [
      "costCenter=cc-2000&chargeType=Refund",
      ({ charge }) => charge.costCenter === "CC-2000" && charge.chargeType === "Refund",
    ],
    [`tags=${encodeURIComponent('{"env":"PROD","application":"web"}')}`, ({ tags }) => tags["application"] === "web"],
    [`tags=${encodeURIComponent('{"owner":"o\'neil \\"max\\""}')}`, ({ tags }) => "Owner" in tags],
    ["tags={}", () => true],
    ["min_cost=50", ({ usd }) => usd !== null && Number(usd) >= 50],
    ["max_cost=0", ({ usd }) => usd !== null && Number(usd) <= 0],
    ["source_id=FABRIKAM", ({ source }) => source === "fabrikam"],
    ["tag_key=team", ({ tags }) => "team" in tags],
  ])("honour %s", async (parameters, isAsked) => {
    const found = await list(`/api/cost-entries/?${parameters}`);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(counted.filter(isAsked).map(entryId)));
    expect(found.length).toBeGreaterThan(0);
  });

  test("refuse what they do not know or cannot read, by name", async () => {
    for (const [parameters, name] of [
      ["date=yesterday", "date"],
      ["date_to=2026-04-31", "date_to"],
      ["min_cost=", "min_cost"],
      ["max_cost=1,5", "max_cost"],
      ["tags=env", "tags"],
      ['tags={"env":1}', "tags"],
      ["tag_value=prod", "tag_value"],
      ["page_size=0", "page_size"],
      ["page_size=10001", "page_size"],
      ["page_size=many", "page_size"],
      ["cursor=nonsense", "cursor"],
      ["ordering=nonsense", "ordering"],
      ["ordering=constructor", "ordering"],
      ["nonsense=1", "nonsense"],
      ["resourcegroupname=rg-web", "resourcegroupname"],
    ]) {
      const { statusCode, body } = await service.get(`/api/cost-entries/?${parameters}`);
      expect([parameters, statusCode, Object.keys(JSON.parse(body) as object)]).toEqual([parameters, 400, [name]]);
    }
    for (const name of ["snapshots", "customers", "subscriptions", "resources", "meters"]) {
      const { statusCode, body } = await service.get(`/api/${name}/?date=2026-05-03&ordering=nonsense`);
      expect([name, statusCode, Object.keys(JSON.parse(body) as object)]).toEqual([name, 400, ["date"]]);
    }
  });

  test("a cursor of another question is refused", async () => {
    const { headers } = await service.get("/api/cost-entries/?page_size=1&ordering=date");
    const cursor = /cursor=([\w-]+)/.exec(String(headers["link"]))?.[1];
    expect((await service.get(`/api/cost-entries/?ordering=-date&cursor=${cursor}`)).statusCode).toBe(400);
    expect((await service.get(`/api/cost-entries/?page_size=5&ordering=date&cursor=${cursor}`)).statusCode).toBe(200);
  });
});
