import Big from "big.js";
import { parse } from "yaml";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { readRuleSet, saveRules } from "../../clickhouse/tracking-rules.ts";
import { compareRules } from "../../src/domain/tracking-compile.ts";
import { createToken } from "../../clickhouse/tokens.ts";
import { requireStatus } from "../support/http-rows.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { createScenes } from "../support/scene.ts";
import { ACTUAL, BASE, BATCH, bringResources, LAKE, RULES, SHOP, sumOf, WEB } from "../support/tracking-scene.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let service: TestService;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
  const scene = await scenes.scene();
  await bringResources(scene);
  ({ warehouse } = scene);
  service = await createTestService(warehouse);
});

afterAll(async () => {
  await service.close();
  await scenes.clear();
  await engine.close();
});

/** How long is waited for an evaluation that nobody waits for. */
const PATIENT = { timeout: 30_000 };

const RULE = { match: { field: "resource_group", operator: "equals", value: "rg-web" }, targets: { owner: "web" } };
const put = (id: string, payload: object) =>
  service.send({ method: "PUT", url: `/v1/tracking/rules/${encodeURIComponent(id)}`, payload });
const post = (payload: object) => service.send({ method: "POST", url: "/v1/tracking/rules", payload });
const remove = (id: string) => service.send({ method: "DELETE", url: `/v1/tracking/rules/${encodeURIComponent(id)}` });
const sendFile = (query: string, payload: string, type = "application/yaml", path = "apply") =>
  service.send({ method: "POST", url: `/v1/tracking/${path}${query}`, payload, headers: { "content-type": type } });
const evaluate = () => service.send({ method: "POST", url: "/v1/tracking/evaluate" });

async function get<T>(path: string): Promise<T> {
  return requireStatus(await service.get(`/v1/tracking${path}`), 200).json<T>();
}

/** Removes every rule there is, and writes these. */
async function writeRules(rules: readonly (typeof RULES)[number][] = []): Promise<void> {
  const { rules: before, broken } = await readRuleSet(warehouse);
  const kept = new Set(rules.map(({ id }) => id));
  const removed = [...before, ...broken].map(({ id }) => id).filter((id) => !kept.has(id));
  await saveRules(warehouse, { saved: rules, removed, fallback: "none" }, "a test");
}

/** The same, evaluated by the service: behind what it still has to evaluate, so that nothing comes after it. */
async function begin(rules: readonly (typeof RULES)[number][] = []): Promise<void> {
  await writeRules(rules);
  requireStatus(await evaluate(), 200);
}

type Listed = { data: { id: string; priority: number }[]; rows: number; next: string | null; fallback: string };

describe("rules", () => {
  test("are added, shown, changed and removed, and every version stays", async () => {
    await writeRules();
    const added = requireStatus(await post({ id: "one", ...RULE }), 201);
    expect(added.headers["location"]).toBe("/v1/tracking/rules/one");
    const rule = {
      id: "one",
      priority: 100,
      name: "one",
      valid_from: null,
      valid_to: null,
      enabled: true,
      ...RULE,
      updated_by: "HTTP",
      updated_at: expect.stringMatching(/^\d{4}-/) as string,
    };
    expect(added.json()).toEqual(rule);
    expect(await get("/rules/one")).toEqual(rule);
    requireStatus(await post({ id: "one", ...RULE }), 409);

    const changed = requireStatus(await put("one", { ...RULE, priority: 7, valid_from: "2026-05-02" }), 200);
    expect(changed.json()).toEqual({ ...rule, priority: 7, valid_from: "2026-05-02" });
    requireStatus(await remove("one"), 204);
    requireStatus(await service.get("/v1/tracking/rules/one"), 404);
    requireStatus(await remove("one"), 404);

    const history = await get<{ data: { removed: boolean; rule: { priority: number } | null }[] }>(
      "/rules/one/history",
    );
    const versions = history.data.map((version) => [version.removed, version.rule?.priority ?? null]);
    expect(versions).toEqual([
      [true, null],
      [false, 7],
      [false, 100],
    ]);
    requireStatus(await service.get("/v1/tracking/rules/never/history"), 404);
  });

  test("have ids of any letters, and a short form", async () => {
    await writeRules();
    const id = "a/b 🏷️ 'c'?";
    const added = requireStatus(await put(id, { resource_tracking: "rg-web" }), 201);
    expect(added.headers["location"]).toBe(`/v1/tracking/rules/${encodeURIComponent(id)}`);
    expect((await get<Listed["data"][0]>(`/rules/${encodeURIComponent(id)}`)).id).toBe(id);
    expect(requireStatus(await post({ id: 125, resource_tracking: "vm" }), 201).json()).toMatchObject({
      id: "125",
      priority: 125,
      targets: { resource_tracking: "vm" },
    });
  });

  test("are listed in the order in which they win, in pages", async () => {
    await writeRules(RULES);
    const whole = await get<Listed>("/rules");
    expect(whole).toMatchObject({ rows: RULES.length, next: null, fallback: "none", broken: [] });
    const ids: string[] = [];
    for (let next: string | null = ""; next !== null;) {
      const page: Listed = await get<Listed>(`/rules?limit=3${next === "" ? "" : `&cursor=${next}`}`);
      ids.push(...page.data.map(({ id }) => id));
      next = page.next;
    }
    expect(ids).toEqual(whole.data.map(({ id }) => id));
    expect(ids).toEqual(RULES.toSorted(compareRules).map(({ id }) => id));
  });

  test.each([
    [{ ...RULE, colour: "red" }, "colour", "Unknown parameter"],
    [{ targets: { owner: "web" } }, "match", "expected"],
    [{ ...RULE, match: { field: "colour", operator: "equals", value: "x" } }, "match.field", "resource_group"],
    [{ ...RULE, match: { ...RULE.match, operator: "like" } }, "match.operator", "wildcard"],
    [{ ...RULE, targets: {} }, "targets", "owner"],
    [{ ...RULE, valid_from: "2026-02-30" }, "valid_from", "2026-09-03"],
    [{ ...RULE, valid_from: "2026-05-02", valid_to: "2026-05-02" }, "valid_to", "behind valid_from"],
    [{ ...RULE, id: "another" }, "id", "the path says"],
    [{ ...RULE, match: { ...RULE.match, operator: "regex", value: "a(b" } }, null, "missing"],
  ])("%j is refused with what is expected", async (body, parameter, expected) => {
    const answer = requireStatus(await put("wrong", body), 400);
    const { error } = answer.json<{ error: { message: string; details?: { parameters: object } } }>();
    expect(error.message.toLowerCase()).toContain(expected.toLowerCase());
    expect(parameter === null || Object.keys(error.details?.parameters ?? {}).includes(parameter)).toBe(true);
    requireStatus(await service.get("/v1/tracking/rules/wrong"), 404);
  });

  test("that somebody inserted and that are none are told, and can be removed", async () => {
    await writeRules();
    await warehouse.insert("tracking_rules", [{ id: "odd", match: "{}", targets: { owner: "x" } }]);
    const { broken } = await get<{ broken: { id: string; reason: string }[] }>("/rules");
    expect(broken).toEqual([{ id: "odd", reason: expect.stringContaining("expected") as string }]);
    requireStatus(await remove("odd"), 204);
    expect(await get("/rules")).toMatchObject({ data: [], broken: [] });
  });
});

describe("what is written", () => {
  test("is in the next answer about costs once it was evaluated, which nobody has to ask for", async () => {
    await begin();
    requireStatus(await put("one", RULE), 201);
    const costs = "/v1/costs?groupBy=tracking:owner&window=2026-05&filter=tracking:owner%20exists";
    await expect
      .poll(async () => (await service.get(costs)).json<{ data: object[] }>().data, PATIENT)
      .toEqual([
        {
          "tracking:owner": "web",
          billing_currency: "USD",
          actual: sumOf(ACTUAL, ({ resource, date }) => resource === WEB && date !== "2026-04-30"),
        },
      ]);
    await expect
      .poll(() => get(""))
      .toMatchObject({
        evaluation: { hasOtherRules: false, hasOtherLoads: false },
        targets: ["owner"],
        isEvaluating: false,
        failure: null,
      });
  });

  test("is evaluated behind an evaluation that was asked for before it", async () => {
    await begin();
    const [first, written, second] = await Promise.all([evaluate(), put("one", RULE), evaluate()]);
    for (const answer of [first, second]) requireStatus(answer, 200);
    requireStatus(written, 201);
    await expect
      .poll(() => get<{ isEvaluating: boolean }>("").then((state) => state.isEvaluating), PATIENT)
      .toBe(false);
    expect(await get("")).toMatchObject({ evaluation: { hasOtherRules: false } });
  });

  test("has an author: the token that wrote it, which needs the scope", async () => {
    await writeRules();
    const guarded = await createTestService(warehouse, { settings: { isAuthDisabled: false } });
    try {
      const [read, write] = await Promise.all(
        (["read", "write"] as const).map((scope) =>
          createToken(warehouse, { name: `who-may-${scope}`, scope, expiresAt: null }),
        ),
      );
      const send = (
        method: "GET" | "PUT" | "POST" | "DELETE",
        path: string,
        key = "",
        payload: object | string = RULE,
      ) =>
        guarded.send({
          method,
          url: `/v1/tracking${path}`,
          headers: {
            ...(key === "" ? {} : { authorization: `Token ${key}` }),
            ...(typeof payload === "string" ? { "content-type": "application/yaml" } : {}),
          },
          ...(method === "PUT" || method === "POST" ? { payload } : {}),
        });
      for (const path of ["", "/rules", "/coverage", "/conflicts", "/conflicts/pairs", "/unused", "/export"]) {
        expect([path, (await send("GET", path)).statusCode]).toEqual([path, 401]);
        expect([path, (await send("GET", path, read)).statusCode]).toEqual([path, 200]);
      }
      requireStatus(await send("PUT", "/rules/one", read), 403);
      requireStatus(await send("POST", "/rules", read), 403);
      requireStatus(await send("DELETE", "/rules/one", read), 403);
      requireStatus(await send("POST", "/evaluate", read), 403);
      requireStatus(await send("POST", "/apply", read, "rules: []"), 403);
      for (const path of ["/dry-run", "/test?resource=db-1"]) {
        requireStatus(await send("POST", path, read, "rules: []"), 403); // a file costs the service and the warehouse much
        requireStatus(await send("POST", path, write, "rules: []"), 200);
      }
      const written = requireStatus(await send("PUT", "/rules/one", write), 201);
      expect(written.json()).toMatchObject({ updated_by: "who-may-write" });
    } finally {
      await guarded.close();
    }
  });
});

const Publications = z.object({ data: z.tuple([z.object({ publicationId: z.string() })], z.unknown()) });
const Snapshots = z.tuple([z.object({ id: z.union([z.string(), z.number()]) })], z.unknown());

test.each(["publications", "snapshots"])("what a withdrawal of %s uncovers is assigned, too", async (way) => {
  const scene = await scenes.scene();
  await bringResources(scene);
  await saveRules(scene.warehouse, { saved: RULES, removed: [], fallback: "none" }, "a test");
  await evaluateTracking(scene.warehouse);
  const other = await createTestService(scene.warehouse);
  try {
    const { publicationId } = Publications.parse((await other.get("/v1/publications")).json()).data[0];
    const [{ id }] = Snapshots.parse((await other.get("/api/snapshots/")).json());
    const url = way === "publications" ? `/v1/publications/${publicationId}` : `/api/snapshots/${id}/`;
    const answer = await other.send({ method: "DELETE", url });
    expect(answer.statusCode).toBeLessThan(300);
    await expect
      .poll(async () => (await other.get("/v1/tracking")).json<unknown>(), PATIENT)
      .toMatchObject({ evaluation: { hasOtherRules: false, hasOtherLoads: false }, isEvaluating: false });
  } finally {
    await other.close();
  }
});

describe("rule files", () => {
  const YAML = `
fallback: last_segment
rules:
  - { id: one, match: { field: resource_group, operator: equals, value: rg-web }, targets: { owner: web } }
  - { id: 125, resource_tracking: rg-data }
`;

  test("are applied as a whole, in each form, and say what they change", async () => {
    await writeRules(RULES.slice(0, 2));
    const first = requireStatus(await sendFile("", YAML), 200);
    expect(first.json()).toMatchObject({
      added: 2,
      changed: 0,
      removed: 0,
      unchanged: 0,
      untouched: 2,
      fallback: "last_segment",
      changes: [
        { id: "one", change: "added" },
        { id: "125", change: "added" },
      ],
    });
    expect((await get<Listed>("/rules")).data.map(({ id }) => id)).toEqual(["web", "group", "one", "125"]);
    const csv = "id,resource_tracking\n125,rg-production\n";
    expect(requireStatus(await sendFile("?others=removed", csv, "text/csv"), 200).json()).toMatchObject({
      added: 0,
      changed: 1,
      removed: 3,
      fallback: null,
    });
    const json = JSON.stringify([{ id: 125, resource_tracking: "rg-production" }]);
    expect(requireStatus(await sendFile("", json, "application/json"), 200).json()).toMatchObject({ unchanged: 1 });
    expect(await get("/rules")).toMatchObject({ rows: 1, fallback: "last_segment" });
  });

  test("change nothing where something in them is wrong, and the answer names each place", async () => {
    await writeRules(RULES.slice(0, 1));
    const wrong = YAML.replace("equals", "like").replace("rg-data", "");
    const { error } = requireStatus(await sendFile("?others=removed", wrong), 400).json<{
      error: { message: string };
    }>();
    expect(error.message).toContain("body.yaml:4:");
    expect(error.message).toContain("body.yaml:5:");
    const json = requireStatus(await sendFile("", '[\n{"id": 1}\n]', "application/json"), 400);
    expect(json.json<{ error: { message: string } }>().error.message).toContain("body.json:2:");
    expect((await get<Listed>("/rules")).data.map(({ id }) => id)).toEqual(["web"]);
    requireStatus(await sendFile("?others=all", YAML), 400);
    requireStatus(await sendFile("", YAML, "text/html"), 415);
    const long = `# ${"x".repeat(1 << 20)}\n`;
    requireStatus(await sendFile("", `${long}${YAML}`), 413);
    requireStatus(await sendFile("", `${long}id,resource_tracking\n1,\n`, "text/csv"), 400);
  });

  test("can be tried: nothing changes, and it is told what would, in resources and money", async () => {
    await begin(RULES);
    const answer = await sendFile("?others=removed&month=2026-05", YAML, "application/yaml", "dry-run");
    const tried = requireStatus(answer, 200).json<{ effect: Record<string, unknown> }>();
    expect(tried).toMatchObject({ added: 2, removed: RULES.length, fallback: "last_segment" });
    const usd = sumOf(ACTUAL, ({ currency, date }) => currency === "USD" && date !== "2026-04-30");
    const isIn = (resources: readonly string[]) =>
      sumOf(
        ACTUAL,
        ({ resource, currency, date }) => resources.includes(resource) && currency === "USD" && date !== "2026-04-30",
      );
    expect(tried.effect).toMatchObject({
      month: "2026-05",
      day: "2026-06-15",
      resources: 4,
      assigned: 2,
      brokenRules: [],
    });
    expect(tried.effect["coverage"]).toContainEqual({
      metric: "actual",
      currency: "USD",
      cost: usd,
      before: isIn([WEB]),
      after: isIn([WEB, BASE]),
      difference: isIn([BASE]),
      resourcesBefore: 1,
      resourcesAfter: 2,
    });
    expect((await get<Listed>("/rules")).rows).toBe(RULES.length);
    expect(await get("")).toMatchObject({ evaluation: { hasOtherRules: false } });
  });

  test("can be tested against resources", async () => {
    await writeRules();
    const tested = await sendFile("?resource=VM-WEB-1&resource=db-1&resource=lake", YAML, "application/yaml", "test");
    expect(requireStatus(tested, 200).json()).toMatchObject({
      day: "2026-06-15",
      data: [
        { resourceId: WEB, ruleId: "one", targets: { owner: "web" }, matchedField: "resource_group", candidates: 1 },
        { resourceId: BASE, ruleId: "125", targets: { resource_tracking: "rg-data" } },
        { resourceId: LAKE, ruleId: "", targets: { resource_tracking: "LAKE" } },
      ],
    });
    requireStatus(await sendFile("?resource=nowhere", YAML, "application/yaml", "test"), 404);
    expect(await get("/rules")).toMatchObject({ rows: 0 });
  });

  test("are what the export gives, in each form", async () => {
    await writeRules(RULES.filter(({ match }) => "any" in match));
    const short = requireStatus(await service.get("/v1/tracking/export?format=csv"), 200);
    expect(short.headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
    await writeRules(RULES);
    for (const [format, type] of [
      ["yaml", "application/yaml"],
      ["json", "application/json"],
    ] as const) {
      const file = requireStatus(await service.get(`/v1/tracking/export?format=${format}`), 200);
      expect(file.headers).toMatchObject({
        "content-type": `${type}; charset=utf-8`,
        "content-disposition": `attachment; filename="rules.${format}"`,
      });
      expect(parse(file.body)).toMatchObject({ fallback: "none" });
      const applied = requireStatus(await sendFile("?others=removed", file.body, type), 200);
      expect(applied.json()).toMatchObject({ changes: [], unchanged: RULES.length, removed: 0, fallback: null });
    }
  });
});

describe("reports", () => {
  beforeAll(() => begin(RULES));

  test("tell how much of the cost has a rule, exactly", async () => {
    const { data } = await get<{ data: Record<string, string | number>[] }>("/coverage?month=2026-05&by=subscription");
    const shop = data.find(
      ({ subscriptionId, metric, currency }) => subscriptionId === SHOP && metric === "actual" && currency === "USD",
    );
    const isShop = ({ resource, date, currency }: (typeof ACTUAL)[number]) =>
      currency === "USD" && date !== "2026-04-30" && (resource === WEB || resource === "");
    expect(shop).toMatchObject({
      cost: sumOf(ACTUAL, isShop),
      assigned: sumOf(ACTUAL, (one) => isShop(one) && one.resource === WEB),
      withoutResource: sumOf(ACTUAL, (one) => isShop(one) && one.resource === ""),
    });
    const lines = await get<{ data: { assigned: string; currency: string; metric: string }[] }>(
      "/coverage?month=2026-05",
    );
    const costs = await service.get("/v1/costs?groupBy=tracking:owner&window=2026-05&filter=tracking:owner%20exists");
    const { data: owners } = costs.json<{ data: { actual: string; billing_currency: string }[] }>();
    for (const { assigned, currency } of lines.data.filter(({ metric }) => metric === "actual")) {
      const sum = owners
        .filter(({ billing_currency: billed }) => billed === currency)
        .reduce((total, { actual }) => total.plus(actual), new Big(0));
      expect([currency, sum.toFixed()]).toEqual([currency, assigned]);
    }
  });

  test("tell of conflicts: every candidate, the winner, why, and the cost; in pages, of a rule, of a resource", async () => {
    type Conflicts = {
      data: { resourceId: string; winner: string; candidates: { ruleId: string }[] }[];
      next: string | null;
    };
    const whole = await get<Conflicts>("/conflicts?month=2026-05");
    const winners = whole.data.map(({ resourceId, winner }) => [resourceId, winner]);
    expect(winners.slice(0, 2)).toEqual([
      [BATCH, "7"],
      [WEB, "web"],
    ]);
    expect(whole.data[0]).toMatchObject({
      candidates: [{ ruleId: "7" }, { ruleId: "8" }, { ruleId: "6" }],
      candidateCount: 3,
      reason: "id",
      costs: [{ metric: "actual", currency: "EUR", cost: sumOf(ACTUAL, ({ resource }) => resource === BATCH) }],
    });
    const first = await get<Conflicts>("/conflicts?month=2026-05&limit=1");
    const rest = await get<Conflicts>(`/conflicts?month=2026-05&cursor=${first.next}`);
    expect(first.data).toHaveLength(1);
    expect([...first.data, ...rest.data]).toEqual(whole.data);
    expect(rest.next).toBeNull();
    expect((await get<Conflicts>("/conflicts?rule=group")).data.map(({ resourceId }) => resourceId)).toEqual([WEB]);
    expect((await get<Conflicts>("/conflicts?resource=VM-web-1")).data.map(({ resourceId }) => resourceId)).toEqual([
      WEB,
    ]);
    const pairs = await get<{ data: object[] }>("/conflicts/pairs?month=2026-05&limit=1");
    const cost = sumOf(ACTUAL, ({ resource }) => resource === BATCH);
    expect(pairs.data).toContainEqual(
      expect.objectContaining({ winner: "7", metric: "actual", currency: "EUR", cost, resources: 1 }),
    );
  });

  test("name the evaluation that they speak of, and a list ends with it", async () => {
    const scene = await scenes.scene();
    await bringResources(scene);
    const other = await createTestService(scene.warehouse);
    try {
      const report = async (path: string) => requireStatus(await other.get(`/v1/tracking${path}`), 200).json<Report>();
      type Report = { evaluation: { evaluationId: string; hasOtherRules: boolean } | null; next: string };
      const paths = ["/coverage", "/conflicts", "/conflicts/pairs", "/unused"];
      for (const path of paths) {
        expect(await report(path)).toMatchObject({ evaluation: null });
      }
      await saveRules(scene.warehouse, { saved: RULES, removed: [], fallback: "none" }, "a test");
      const { evaluationId } = await evaluateTracking(scene.warehouse);
      for (const path of paths) {
        expect(await report(path)).toMatchObject({ evaluation: { evaluationId, hasOtherRules: false } });
      }
      await saveRules(scene.warehouse, { saved: [], removed: ["900"], fallback: undefined }, "a test");
      const { evaluation, next } = await report("/conflicts?limit=1");
      expect(evaluation).toMatchObject({ evaluationId, hasOtherRules: true });
      await evaluateTracking(scene.warehouse);
      const moved = requireStatus(await other.get(`/v1/tracking/conflicts?cursor=${next}`), 409);
      expect(moved.json()).toMatchObject({ error: { code: "tracking_moved", details: { parameter: "cursor" } } });
    } finally {
      await other.close();
    }
  });

  test("tell of rules that are of no use", async () => {
    const { data } = await get<{ data: { ruleId: string; use: string; beatenBy: object[] }[] }>("/unused");
    expect(data.map(({ ruleId, use }) => [ruleId, use])).toEqual(
      expect.arrayContaining([
        ["900", "never matches"],
        ["group", "never wins"],
        ["8", "never wins"],
      ]),
    );
    expect(data.find(({ ruleId }) => ruleId === "group")?.beatenBy).toEqual([{ ruleId: "web", resources: 1 }]);
  });

  test("explain a resource, by its id or its last segment in any case", async () => {
    type Explained = { rules: { ruleId: string; outcome: string; reason: string }[]; hidden: number; winner: string };
    const told = await get<Explained>("/explain?resource=VM-Web-1&on=2026-05-03");
    expect(told).toMatchObject({ resourceId: WEB, day: "2026-05-03", winner: "web", isEvaluated: true });
    expect(told.rules.map(({ ruleId, outcome }) => [ruleId, outcome])).toEqual(
      expect.arrayContaining([
        ["web", "won"],
        ["group", "lost by priority"],
        ["off", "disabled"],
        ["lake", "not valid"],
      ]),
    );
    const all = await get<Explained>(`/explain?all=true&resource=${encodeURIComponent(WEB.toUpperCase())}`);
    expect(all.rules).toHaveLength(RULES.length);
    expect([all.hidden, told.hidden]).toEqual([0, RULES.length - told.rules.length]);
    requireStatus(await service.get("/v1/tracking/explain?resource=nowhere"), 404);
  });

  test.each([
    ["?x=1", "x"],
    ["/rules?limit=0", "limit"],
    ["/rules?cursor=x", "cursor"],
    ["/coverage?month=2026-13", "month"],
    ["/coverage?by=day", "by"],
    ["/conflicts?cursor=bnVsbA", "cursor"],
    ["/conflicts/pairs?limit=10001", "limit"],
    ["/unused?on=yesterday", "on"],
    ["/explain", "resource"],
    ["/explain?resource=vm-web-1&all=yes", "all"],
    ["/export?format=xml", "format"],
  ])("%s is a 400 that names %s", async (path, parameter) => {
    const { error } = requireStatus(await service.get(`/v1/tracking${path}`), 400).json<{
      error: { details: { parameters: object } };
    }>();
    expect(Object.keys(error.details.parameters)).toEqual([parameter]);
  });
});

test("every path of it is documented, with what it takes and answers", async () => {
  type Operation = { summary?: string; responses: object; requestBody?: object };
  const document = (await service.get("/openapi.json")).json<{ paths: Record<string, Record<string, Operation>> }>();
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith("/v1/tracking"));
  const operations = paths.flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  expect(operations.toSorted()).toEqual([
    "delete /v1/tracking/rules/{id}",
    "get /v1/tracking",
    "get /v1/tracking/conflicts",
    "get /v1/tracking/conflicts/pairs",
    "get /v1/tracking/coverage",
    "get /v1/tracking/explain",
    "get /v1/tracking/export",
    "get /v1/tracking/rules",
    "get /v1/tracking/rules/{id}",
    "get /v1/tracking/rules/{id}/history",
    "get /v1/tracking/unused",
    "post /v1/tracking/apply",
    "post /v1/tracking/dry-run",
    "post /v1/tracking/evaluate",
    "post /v1/tracking/rules",
    "post /v1/tracking/test",
    "put /v1/tracking/rules/{id}",
  ]);
  for (const [, methods] of paths) {
    for (const { summary } of Object.values(methods)) expect(summary).toMatch(/\w/);
  }
  const { requestBody } = document.paths["/v1/tracking/apply"]?.["post"] ?? {};
  expect(Object.keys((requestBody as { content: object }).content)).toContain("application/yaml");
});
