import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { renderCosts } from "../../clickhouse/cost-statement.ts";
import { createVisibleSets, SET_MOVED } from "../../clickhouse/visible-set.ts";
import { COST_QUESTION } from "../../src/domain/cost-question.ts";
import { answerFromSet } from "../../src/http/answers.ts";
import { callerSignal } from "../../src/http/caller-signal.ts";
import { until } from "../support/processes.ts";
import { createTestService, type TestService } from "../support/http-service.ts";
import { createScenes } from "../support/scene.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let quiet: Warehouse; // nothing is ever published there
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
  quiet = await engine.database();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

const FIRST = "2026-06-01T01:00:00.0000001Z";
const SECOND = "2026-06-02T01:00:00.0000001Z";

test("an answer is kept until a publish or a withdraw, and right in the next answer after it", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const { service, asked } = await totalService(warehouse);
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1.5" }] });
  const before = await service.get("/total");
  expect([before.statusCode, before.json()]).toEqual([200, { total: "1.5" }]);
  expect((await service.get("/total")).json()).toEqual({ total: "1.5" });
  expect(asked()).toBe(1);

  const tag = String(before.headers.etag);
  const known = await service.get("/total", { "if-none-match": `"other", ${tag}` });
  expect([known.statusCode, known.body, known.headers.etag]).toEqual([304, "", tag]);
  expect(asked()).toBe(1);

  const later = await contoso.bring({ dataset: "actual", submittedAt: SECOND, lines: [{ cost: "2.5" }] });
  const after = await service.get("/total", { "if-none-match": tag });
  expect([after.statusCode, after.json()]).toEqual([200, { total: "2.5" }]);
  expect(asked()).toBe(2);

  await contoso.withdraw(later);
  expect((await service.get("/total", { "if-none-match": tag })).json()).toEqual({ total: "1.5" });
  expect(asked()).toBe(3);
});

test("who asks for another path, other parameters or another form gets an answer of its own", async () => {
  const { service, asked } = await totalService(quiet);
  const tags = [
    await service.get("/total"),
    await service.get("/total?a=1"),
    await service.get("/total", { accept: "text/csv" }),
    await service.send({ method: "POST", url: "/total", payload: { a: 1 } }),
    await service.send({ method: "POST", url: "/total", payload: { a: 2 } }),
  ].map(({ headers }) => headers.etag);
  expect(new Set(tags).size).toBe(5);
  expect(asked()).toBe(5);
  await service.send({ method: "HEAD", url: "/total" });
  await service.send({ method: "POST", url: "/total", payload: { a: 2 } });
  expect(asked()).toBe(5);
});

test("the order of parameters and a slash at the end make no other question", async () => {
  const { service, asked } = await totalService(quiet);
  for (const url of ["/total?a=1&b=2&b=1", "/total/?b=2&a=1&b=1"]) await service.get(url);
  expect(asked()).toBe(1);
  await service.get("/total?a=1&b=1&b=2");
  expect(asked()).toBe(2);
});

test("an answer of yesterday, or of before an edit by hand, is made again", async () => {
  const { service, asked } = await totalService(quiet);
  const tomorrow = await createTestService(quiet, { now: "2026-06-16T00:00:00.000Z" });
  onTestFinished(() => tomorrow.close());
  addTotal(tomorrow);
  const today = await service.get("/total");
  expect((await tomorrow.get("/total")).headers.etag).not.toBe(today.headers.etag);

  await quiet.insert("customer_names", [{ tenant_id: "t", name: "Contoso", removed: false }]);
  await service.send({ method: "PATCH", url: "/nothing" }); // whatever may have edited something
  expect((await service.get("/total", { "if-none-match": String(today.headers.etag) })).statusCode).toBe(200);
  expect(asked()).toBe(2);

  await quiet.insert("customer_names", [{ tenant_id: "t", name: "Fabrikam", removed: false }]);
  // Of another process: a little later.
  await until(async () => {
    await service.get("/total");
    return asked() === 3;
  });
});

test("a long answer is packed where the caller unpacks it, in memory, too", async () => {
  const { service } = await totalService(quiet);
  service.app.get("/long", (request, reply) =>
    answerFromSet(service.dependencies, request, reply, async () => ({ body: JSON.stringify("x".repeat(10_000)) })),
  );
  const plain = await service.get("/long");
  expect([plain.headers["content-encoding"], plain.body.length]).toEqual([undefined, 10_002]);
  expect((await service.get("/long", { "accept-encoding": "gzip;q=0, br" })).body).toBe(plain.body);
  const tags = [];
  for (let count = 0; count < 2; count++) {
    const packed = await service.get("/long", { "accept-encoding": "br, gzip" });
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept, Accept-Encoding" });
    expect(gunzipSync(packed.rawPayload).toString()).toBe(plain.body);
    tags.push(packed.headers.etag);
  }
  expect(new Set([plain.headers.etag, ...tags]).size).toBe(2);
});

test("a set says whether days are silent and whether dates leave their billing month", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const current = () => createVisibleSets(warehouse).current();
  expect(await current()).toMatchObject({ seen: "0", hasSilence: false, datesFollowMonths: true });
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1" }] });
  expect(await current()).toMatchObject({ hasSilence: false, datesFollowMonths: true });
  const portal = await supplier("portal", { priority: 1 });
  await portal.bring({ dataset: "actual", submittedAt: SECOND, lines: [{ cost: "1" }] });
  expect(await current()).toMatchObject({ hasSilence: true, datesFollowMonths: true });
  await contoso.bring({ dataset: "amortized", submittedAt: SECOND, lines: [{ cost: "1", date: "2026-04-30" }] });
  expect(await current()).toMatchObject({ hasSilence: true, datesFollowMonths: false });
});

test("the set that saw most is the current one, in whatever order they were written", async () => {
  const warehouse = await engine.database();
  const { moment } = await createVisibleSets(warehouse).current();
  for (const seen of ["9", "10", "8"]) await warehouse.insert("visible_loads", [{ seen, moment, load_ids: [] }]);
  expect(await createVisibleSets(warehouse).current()).toMatchObject({ seen: "10" });
});

test("no-store goes past what is kept, and is not kept itself", async () => {
  const { service, asked } = await totalService(quiet);
  for (const headers of [{ "cache-control": "no-store" }, {}, { "cache-control": "max-age=0, no-store" }, {}]) {
    expect((await service.get("/total", headers)).headers["cache-control"]).toBe("no-cache");
  }
  expect(asked()).toBe(3);
});

test("an answer whose publications moved under it is made again for those that answer now", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  const publish = async () =>
    void (await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "7" }] }));
  const { service, asked } = await totalService(warehouse, publish);
  const answer = await service.get("/total");
  expect([answer.statusCode, answer.json()]).toEqual([200, { total: "7" }]);
  expect(asked()).toBe(2);
  const { id } = await service.dependencies.visibleSets.current();
  expect(answer.headers.etag).toContain(id);
});

test("publications that keep moving are said so, with a time to come back", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  let day = 1;
  const publish = async () => {
    const submittedAt = `2026-06-${String(++day).padStart(2, "0")}T01:00:00.0000001Z`;
    await contoso.bring({ dataset: "actual", submittedAt, lines: [{ cost: "7" }] });
  };
  const { service } = await totalService(warehouse, publish, Number.POSITIVE_INFINITY);
  const answer = await service.get("/total");
  expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "1"]);
  expect(answer.json<{ error: object }>().error).toMatchObject({ code: "publications_moving" });
});

test("requests that arrive while the set is being asked for share the next question, not the one before them", async () => {
  let questions = 0;
  const counting: Warehouse = {
    ...quiet,
    changes() {
      questions++;
      return quiet.changes();
    },
  };
  const sets = createVisibleSets(counting);
  await Promise.all([sets.current(), sets.current(), sets.current()]);
  expect(questions).toBe(2);
  await sets.current();
  expect(questions).toBe(3);
});

test("publications are looked at only when a statement may have changed something", async () => {
  const { warehouse, supplier } = await scenes.scene();
  let queries = 0;
  const counting: Warehouse = {
    ...warehouse,
    rows(sql, parameters) {
      queries++;
      return warehouse.rows(sql, parameters);
    },
  };
  const sets = createVisibleSets(counting);
  const before = await sets.current();
  const asked = queries;
  await warehouse.rows("SELECT 1");
  expect(await sets.current()).toBe(before);
  expect(queries).toBe(asked);
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1.5" }] });
  expect((await sets.current()).id).not.toBe(before.id);
});

test("an answer that is checked afterwards is made again where the publications moved while it was made", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", submittedAt: FIRST, lines: [{ cost: "1.5" }] });
  const service = await createTestService(warehouse);
  onTestFinished(() => service.close());
  let isFirst = true;
  service.app.get("/sum", (request, reply) =>
    answerFromSet(
      service.dependencies,
      request,
      reply,
      async (set) => {
        const { sql, parameters } = renderCosts(COST_QUESTION, set);
        const rows = await warehouse.rows(sql, parameters);
        if (isFirst) await contoso.bring({ dataset: "actual", submittedAt: SECOND, lines: [{ cost: "7" }] });
        isFirst = false;
        return { body: JSON.stringify({ rows, isCheckedAfter: set.isCheckedAfter }) };
      },
      { isCheckedAfter: true },
    ),
  );
  const answer = await service.get("/sum");
  expect(answer.json()).toMatchObject({ rows: [{ actual: "7" }], isCheckedAfter: true });
  expect((await service.get("/sum", { "if-none-match": String(answer.headers.etag) })).statusCode).toBe(304);
});

test("what is kept in memory stays within its bytes, the answers that were used last", async () => {
  const { service, asked } = await totalService(quiet, undefined, 0, 16_000);
  const total = (number: number) => service.get(`/total?page=${number}`);
  for (let page = 0; page < 100; page++) {
    await total(page);
    await total(0); // is asked for all the time
  }
  expect(service.dependencies.cache.byteCount()).toBeLessThanOrEqual(16_000);
  expect(asked()).toBe(100);
  await total(1);
  expect(asked()).toBe(101);
});

/** A service with a route that sums up what is published, and how often the warehouse was asked for it. */
async function totalService(
  warehouse: Warehouse,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
  moves = 1,
  cacheBytes = 1 << 20,
): Promise<{ service: TestService; asked: () => number }> {
  const service = await createTestService(warehouse, { settings: { cacheBytes } });
  onTestFinished(() => service.close());
  let asked = 0;
  addTotal(service, async () => {
    if (++asked <= moves) await meanwhile();
  });
  return { service, asked: () => asked };
}

function addTotal({ app, dependencies }: TestService, before: () => Promise<void> = () => Promise.resolve()): void {
  app.route({
    method: ["GET", "POST"],
    url: "/total",
    handler: (request, reply) =>
      answerFromSet(dependencies, request, reply, async ({ seen }) => {
        await before();
        const sql = `SELECT toString(sum(cost_in_billing_currency)) AS total FROM costs
          WHERE throwIf((SELECT max(seen) FROM visible_loads) != {seen:UInt64}, '${SET_MOVED}') = 0`;
        const statement = { sql, parameters: { seen } };
        const [row] = await dependencies.queries.rows(statement, { signal: callerSignal(reply) });
        return { body: JSON.stringify(row) };
      }),
  });
}
