import Big from "big.js";
import type { LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { Line, RenderedRun } from "../support/exports.ts";
import { READERS, requireStatus } from "../support/http-rows.ts";
import type { AnsweredRow } from "../support/http-rows.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { openNoExtractor } from "../support/no-extractor.ts";
import { createScenes } from "../support/scene.ts";
import type { Supplier } from "../support/scene.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
const scenes = createScenes(() => engine);
const services: TestService[] = [];

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  for (const service of services) await service.close();
  await scenes.clear();
  await engine.close();
});

type Page = {
  readonly data: AnsweredRow[];
  readonly rows: number;
  readonly publications: string;
  readonly asOf: string;
  readonly next: string | null;
};

describe("pages", () => {
  test.each([
    ["of costs", "/v1/costs?groupBy=date&limit=7", 31],
    ["of costs by tag, in an order of their own", "/v1/costs?groupBy=tag:team&groupBy=date&order=-actual&limit=5", 31],
    ["of entries", "/v1/cost-entries?columns=date&columns=cost_in_billing_currency&limit=10", 31],
    ["of values", "/v1/dimensions/date/values?limit=10", 31],
  ])("%s go on as they began, though new runs are published between them", async (_name, url, count) => {
    const { contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const whole = (await service.get(url.replace(/limit=\d+/, "limit=10000"))).json<Page>();
    expect(whole.rows).toBe(count);
    const pages: Page[] = [];
    for (let next: string | null = ""; next !== null; next = pages.at(-1)?.next ?? null) {
      const answer = await service.get(next === "" ? url : `${url}&cursor=${next}`);
      requireStatus(answer, 200);
      pages.push(answer.json<Page>());
      if (pages.length < 3) await bringMay(contoso, pages.length + 1);
    }
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.flatMap((page) => page.data)).toEqual(whole.data);
    for (const page of pages) {
      expect([page.publications, page.asOf]).toEqual([whole.publications, whole.asOf]);
    }
    const now = (await service.get(url)).json<Page>();
    expect(now.publications).not.toBe(whole.publications);
  });

  test("in other formats are told in a header, and pages of any format follow each other", async () => {
    const { contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const url = "/v1/cost-entries?columns=date&columns=cost_in_billing_currency&order=date&limit=20";
    const first = await service.get(`${url}&format=csv`);
    await bringMay(contoso, 2);
    const second = await service.get(`${url}&format=parquet&cursor=${String(first.headers["billhouse-next"])}`);
    const rows = [...(await READERS.csv(first.rawPayload)), ...(await READERS.parquet(second.rawPayload))];
    const costs = daysOfMay().map((date, at) => ({
      date,
      cost_in_billing_currency: costOf(1, at),
      billing_currency: "USD",
    }));
    expect(rows).toEqual(costs);
    expect(second.headers["billhouse-next"]).toBeUndefined();
    expect(second.headers["billhouse-publications"]).toBe(first.headers["billhouse-publications"]);
  });

  test("of a window that moves with the day keep the days of the first", async () => {
    const { warehouse, contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const url = "/v1/costs?groupBy=date&window=31d&order=date&limit=10";
    const first = (await service.get(url)).json<Page>();
    const tomorrow = await createTestService(warehouse, { now: "2026-06-16T00:00:01Z" });
    services.push(tomorrow);
    const second = (await tomorrow.get(`${url}&cursor=${first.next}`)).json<Page>();
    expect([...first.data, ...second.data].map((row) => row["date"])).toEqual(daysOfMay().slice(15));
    expect((await tomorrow.get(url)).json<Page>().data[0]?.["date"]).toBe("2026-05-17");
  });

  test("are those of one question: another one with the same cursor is refused", async () => {
    const { contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const { next } = (await service.get("/v1/costs?groupBy=date&order=date&limit=10")).json<Page>();
    for (const other of ["/v1/costs?groupBy=date&metric=amortized", "/v1/costs?groupBy=source", "/v1/cost-entries?x"]) {
      const answer = await service.get(`${other.replace("?x", "?limit=1")}&cursor=${next}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain("belongs to another question");
    }
    const smaller = await service.get(`/v1/costs?groupBy=date&order=date&limit=3&cursor=${next}`);
    expect(smaller.json<Page>().data.map((row) => row["date"])).toEqual(daysOfMay().slice(10, 13));
  });

  test("by GET and by POST are pages of the same question", async () => {
    const { contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const { next } = (
      await service.get("/v1/costs?groupBy=date&order=date&limit=25&filter=date%20exists")
    ).json<Page>();
    const filter = { dimension: "date", op: "exists" };
    const answer = await service.send({
      method: "POST",
      url: "/v1/costs",
      payload: { groupBy: "date", order: ["date"], limit: "25", filter, cursor: next },
    });
    requireStatus(answer, 200);
    expect(answer.json<Page>().data.map((row) => row["date"])).toEqual(daysOfMay().slice(25));
  });

  test("whose publications were pruned since are gone, and say what to do", async () => {
    const { warehouse, contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const url = "/v1/costs?groupBy=date&limit=10";
    const { next } = (await service.get(url)).json<Page>();
    await bringMay(contoso, 2);
    await prune(warehouse);
    for (const format of ["json", "csv", "parquet"]) {
      const answer = await service.get(`${url}&cursor=${next}&format=${format}`);
      requireStatus(answer, 410);
      expect(errorOf(answer)).toMatchObject({
        code: "pruned",
        message: expect.stringContaining("Begin again") as string,
      });
    }
  });

  test("that a publication of before was late for are refused instead of being mixed", async () => {
    const { warehouse, contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const url = "/v1/costs?groupBy=date&limit=10";
    const { next } = (await service.get(url)).json<Page>();
    // Written before the moment of the first page, and seen after it.
    await warehouse.run(
      `INSERT INTO publications SELECT * REPLACE (generateUUIDv4() AS publication_id, 'late' AS run_id,
        published_at - INTERVAL 1 SECOND AS published_at, submitted_at + INTERVAL 1 DAY AS submitted_at)
      FROM publications WHERE state = 'published'`,
    );
    const answer = await service.get(`${url}&cursor=${next}`);
    requireStatus(answer, 409);
    expect(errorOf(answer).code).toBe("publications_moved");
  });
});

describe("a moment of the past", () => {
  test("answers as it was answered then, in every format, until what answered is pruned", async () => {
    const { warehouse, contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const { asOf } = (await service.get("/v1/costs")).json<Page>();
    await bringMay(contoso, 2);
    for (const format of ["json", "ndjson", "csv", "parquet", "arrow"] as const) {
      const answer = await service.get(`/v1/costs?asOf=${asOf}&format=${format}`);
      expect((await READERS[format](answer.rawPayload))[0]).toEqual({ billing_currency: "USD", actual: totalOfMay(1) });
    }
    expect((await service.get("/v1/costs")).json<Page>().data[0]?.["actual"]).toBe(totalOfMay(2));
    await prune(warehouse);
    const answer = await service.get(`/v1/costs?asOf=${asOf}`);
    expect(answer.statusCode).toBe(410);
    expect(errorOf(answer).message).toContain("asOf: the costs of its moment were pruned");
  });

  test("can be read in pages, and so can one that is still to come", async () => {
    const { contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const { asOf } = (await service.get("/v1/costs")).json<Page>();
    await bringMay(contoso, 2);
    for (const [moment, run] of [
      [asOf, 1],
      ["2999-01-01", 2],
    ] as const) {
      const url = `/v1/costs?groupBy=date&asOf=${moment}&limit=20`;
      const first = (await service.get(url)).json<Page>();
      if (run === 2) await bringMay(contoso, 3);
      const second = (await service.get(`${url}&cursor=${first.next}`)).json<Page>();
      expect(sumOf([...first.data, ...second.data])).toBe(totalOfMay(run));
      expect(second.publications).toBe(first.publications);
    }
  });

  test("before the first publication nothing is there, and every source is missing", async () => {
    const { contoso, service } = await aScene();
    await bringMay(contoso, 1);
    const answer = (await service.get("/v1/costs?asOf=2020-01-01")).json<Page & { warnings: object[] }>();
    expect(answer).toMatchObject({ data: [], rows: 0, warnings: [{ code: "source_missing", source: "contoso" }] });
  });
});

async function aScene(): Promise<{ warehouse: Warehouse; contoso: Supplier; service: TestService }> {
  const { warehouse, supplier } = await scenes.scene();
  const service = await createTestService(warehouse);
  services.push(service);
  return { warehouse, contoso: await supplier("contoso"), service };
}

/** Brings a run of May with a line a day; run 2 costs twice as much as run 1. */
async function bringMay(contoso: Supplier, run: number): Promise<RenderedRun> {
  const lines = daysOfMay().map((date, at): Line => ({ date, cost: costOf(run, at) }));
  return contoso.bring({
    dataset: "actual",
    submittedAt: `2026-06-01T00:00:${String(run).padStart(2, "0")}.0000000Z`,
    lines,
  });
}

function costOf(run: number, at: number): string {
  return new Big("0.000000000000000001")
    .plus(at + 1)
    .times(run)
    .toFixed();
}

function totalOfMay(run: number): string {
  return daysOfMay()
    .reduce((total, _, at) => total.plus(costOf(run, at)), new Big(0))
    .toFixed();
}

function sumOf(rows: readonly AnsweredRow[]): string {
  return rows.reduce((total, row) => total.plus(row["actual"] ?? 0), new Big(0)).toFixed();
}

function daysOfMay(): string[] {
  return Array.from({ length: 31 }, (_, at) => `2026-05-${String(at + 1).padStart(2, "0")}`);
}

function errorOf(answer: LightMyRequestResponse): { code: string; message: string } {
  return answer.json<{ error: { code: string; message: string } }>().error;
}

async function prune(warehouse: Warehouse): Promise<void> {
  const activities = createActivities({
    warehouse,
    openStore: () => {
      throw new Error("a prune opens no store");
    },
    openExtractor: openNoExtractor,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  await activities.prune({ sources: [], keep: 1, dryRun: false, evaluations: false });
}
