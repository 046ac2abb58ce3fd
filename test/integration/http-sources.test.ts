import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources, removeSource } from "../../clickhouse/sources.ts";
import { createToken } from "../../clickhouse/tokens.ts";
import { aRun } from "../support/exports.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { addFolderSource, importAll, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let service: TestService;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  service = await createTestService(warehouse);
});

beforeEach(async () => {
  for (const source of await listSources(warehouse, {})) await removeSource(warehouse, source);
});

afterAll(async () => {
  await service.close();
  await engine.close();
});

const URL_OF_CONTOSO = "https://contoso.blob.core.windows.net/exports/daily";
const contoso = { name: "contoso", kind: "blob", url: URL_OF_CONTOSO, credential: "env:CONTOSO_STORAGE" };
const defaults = { enabled: true, priority: 100, rejectLimit: 0 };
/** What a source tells of settings that its kind does not have. */
const none = {
  url: null,
  path: null,
  credential: null,
  scope: null,
  identity: null,
  cloud: null,
  endpoint: null,
  enrollment: null,
  api: null,
  currency: null,
  taxFactor: null,
  datasets: null,
  by: null,
  monthsBack: null,
  refreshHours: null,
};
const SUBSCRIPTION = "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444";
const CLIENT = "00001111-aaaa-2222-bbbb-3333cccc4444";
const reports = { name: "reports", kind: "cost-details", scope: SUBSCRIPTION };
const enterprise = { name: "old", kind: "ea", enrollment: "12345678", credential: "env:CONTOSO_EA_KEY" };

const post = (payload: object) => service.send({ method: "POST", url: "/v1/sources", payload });
const put = (name: string, payload: object) => service.send({ method: "PUT", url: `/v1/sources/${name}`, payload });
const patch = (name: string, payload: object) => service.send({ method: "PATCH", url: `/v1/sources/${name}`, payload });
const remove = (name: string) => service.send({ method: "DELETE", url: `/v1/sources/${name}` });

test("a source is added, shown, changed and removed, and the commands see the same", async () => {
  expect((await service.get("/v1/sources")).json()).toEqual({ data: [], rows: 0 });

  const added = await post(contoso);
  expect(added.statusCode).toBe(201);
  expect(added.headers["location"]).toBe("/v1/sources/contoso");
  expect(added.json()).toEqual({ ...none, ...contoso, ...defaults });
  expect(await listSources(warehouse, {})).toEqual([
    { ...contoso, ...defaults, credential: { env: "CONTOSO_STORAGE" } },
  ]);

  const changed = await patch("contoso", { enabled: false, priority: 5, credential: "default" });
  expect(changed.statusCode).toBe(200);
  const now = { ...none, ...contoso, enabled: false, priority: 5, rejectLimit: 0, credential: "default" };
  expect(changed.json()).toEqual(now);
  const shown = await service.get("/v1/sources/contoso");
  expect(shown.json()).toEqual({ ...now, lastAttempt: null, lastImportAt: null });

  expect((await remove("contoso")).statusCode).toBe(204);
  expect((await service.get("/v1/sources/contoso")).statusCode).toBe(404);
  expect(await listSources(warehouse, {})).toEqual([]);
});

test("PUT makes a source what the body says: what is not said is as by default", async () => {
  const first = await put("files", { kind: "folder", path: "/srv/exports", priority: 7 });
  expect(first.statusCode).toBe(201);
  const files = { ...none, name: "files", kind: "folder", path: "/srv/exports" };
  expect(first.json()).toEqual({ ...files, ...defaults, priority: 7 });
  const second = await put("files", { kind: "blob", url: URL_OF_CONTOSO });
  expect(second.statusCode).toBe(200);
  expect(second.json()).toEqual({ ...none, ...contoso, name: "files", credential: "default", ...defaults });
});

test("sources that ask an API, or are given files, are added with what they leave out, and shown", async () => {
  const extraction = { datasets: ["actual"], monthsBack: 1, refreshHours: 24 };
  const management = { identity: "default", cloud: "public", endpoint: null };
  const every = [
    [reports, { ...management, ...extraction, datasets: ["actual", "amortized"], refreshHours: 4, by: "month" }],
    [
      { ...reports, name: "items", kind: "usage-details" },
      { ...management, ...extraction },
    ],
    [enterprise, { ...extraction, url: "https://consumption.azure.com", api: "v3", by: "billing-period" }],
    [{ name: "given", kind: "push" }, {}],
  ] as const;
  for (const [source, rest] of every) {
    const added = await post(source);
    expect(added.statusCode).toBe(201);
    expect(added.json()).toEqual({ ...none, ...defaults, ...source, ...rest });
    const shown = await service.get(`/v1/sources/${source.name}`);
    expect(shown.json()).toEqual({ ...added.json<object>(), lastAttempt: null, lastImportAt: null });
  }
  expect((await listSources(warehouse, {})).map(({ kind }) => kind)).toEqual([
    "push",
    "usage-details",
    "ea",
    "cost-details",
  ]);
});

test("what is answered of a source is what it can be made of again", async () => {
  const secret = `secret:contoso.onmicrosoft.com/${CLIENT}:CONTOSO_SECRET`;
  const said = { identity: secret, cloud: "china", endpoint: "https://gateway.example.com", monthsBack: 13 };
  const first = (await put("a", { kind: "usage-details", scope: SUBSCRIPTION, ...said })).json<object>();
  expect(first).toMatchObject(said);
  const settings = Object.entries(first).filter(([name, value]) => value !== null && name !== "name");
  expect((await put("b", Object.fromEntries(settings))).json()).toEqual({ ...first, name: "b" });
  const [a, b] = await listSources(warehouse, {});
  expect({ ...b, name: "a" }).toEqual(a);
  expect(a).toMatchObject({
    identity: {
      kind: "secret",
      tenantId: "contoso.onmicrosoft.com",
      clientId: CLIENT,
      secretVariable: "CONTOSO_SECRET",
    },
  });
});

test("a change leaves the other settings of a source that asks an API as they are", async () => {
  await post({ ...reports, endpoint: "https://gateway.example.com", identity: `managed:${CLIENT}` });
  const before = (await service.get("/v1/sources/reports")).json<object>();
  const changed = await patch("reports", { endpoint: null, datasets: ["amortized"], enabled: false });
  expect(changed.statusCode).toBe(200);
  const now = { ...before, endpoint: null, datasets: ["amortized"], enabled: false };
  expect((await service.get("/v1/sources/reports")).json()).toEqual(now);
  await post(enterprise);
  expect((await patch("old", { cloud: "china" })).json()).toMatchObject({ url: "https://ea.azure.cn", cloud: null });
  const moved = await patch("old", { url: "https://ea.example.com", taxFactor: "1.06" });
  expect(moved.json()).toMatchObject({ url: "https://ea.example.com", taxFactor: "1.06", enrollment: "12345678" });
});

test.each([
  ["reports", { scope: "/providers/Microsoft.Management/managementGroups/all" }, "knows no management groups"],
  ["reports", { scope: null }, "scope: expected a scope like"],
  ["reports", { monthsBack: 14 }, "monthsBack: expected a number of months from 0 to 13"],
  ["reports", { datasets: ["usage"] }, "expected a list of actual, amortized, each at most once"],
  ["reports", { endpoint: "http://gateway.example.com" }, "endpoint: expected an address like https://"],
  ["reports", { identity: { managed: {} } }, "identity: expected default, workload, managed"],
  ["reports", { cloud: "mars" }, "cloud: expected public, china, us-government"],
  ["reports", { by: "day" }, "by: expected month or billing-period"],
  ["reports", { url: "https://contoso.example.com" }, "url: sources of the kind cost-details have scope, identity"],
  ["reports", { kind: "push" }, "kind"],
  ["old", { enrollment: 12345678 }, "enrollment: expected the number of the enrolment as text"],
  ["old", { cloud: "us-government" }, "cloud: expected public or china"],
  ["old", { taxFactor: 1.06 }, "taxFactor: expected a decimal number above 0 as text"],
  ["old", { taxFactor: "0" }, "taxFactor: expected a decimal number above 0"],
  ["old", { credential: "default" }, "credential: expected env:NAME"],
  ["old", { endpoint: "https://gateway.example.com" }, "endpoint: sources of the kind ea have enrollment"],
  ["given", { path: "/srv" }, "path: sources of the kind push have no settings of their own"],
])("the source %s refuses to be changed to %j", async (source, change, named) => {
  for (const one of [reports, enterprise, { name: "given", kind: "push" }]) await post(one);
  const before = await listSources(warehouse, {});
  const answer = await patch(source, change);
  expect(answer.statusCode).toBe(400);
  expect(JSON.stringify(answer.json())).toContain(named);
  expect(await listSources(warehouse, {})).toEqual(before);
});

test("a source says what came of the last attempt at it", async () => {
  const source = await addFolderSource(warehouse, { name: "folder" });
  await aRun({ dataset: "actual", lines: [{ cost: "1" }] }).writeTo(source.path);
  await importAll(warehouse, source.name);
  const shown = (await service.get("/v1/sources/folder/")).json<{ lastImportAt: string }>();
  expect(shown).toMatchObject({
    lastAttempt: { state: "done", runsFound: 1, runsImported: 1, runsFailed: 0, error: null },
  });
  expect(shown.lastImportAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  await source.remove();
});

test("a name that is taken is a 409, one that is not there a 404 that lists those there are", async () => {
  await post(contoso);
  const taken = await post(contoso);
  expect(taken.statusCode).toBe(409);
  expect(taken.json()).toMatchObject({ error: { code: "already_exists" } });
  for (const answer of [
    await service.get("/v1/sources/nobody"),
    await patch("nobody", { enabled: false }),
    await remove("nobody"),
  ]) {
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toEqual({
      error: { code: "not_found", message: 'There is no source "nobody". There are: contoso.' },
    });
  }
});

test.each([
  ["an unknown setting", { ...contoso, colour: "red" }, "colour"],
  ["a wrong name", { ...contoso, name: "Contoso Ltd" }, "name: expected a name of a-z"],
  ["another kind", { ...contoso, kind: "ftp" }, "expected blob, folder, cost-details, ea, usage-details, push"],
  ["a Data Lake endpoint", { ...contoso, url: "https://x.dfs.core.windows.net/exports" }, "write .blob. instead"],
  ["no container", { ...contoso, url: "https://contoso.blob.core.windows.net/" }, "names no container"],
  ["a name that cannot be decoded", { ...contoso, url: `${URL_OF_CONTOSO}/%zz` }, "write a percent sign"],
  ["a priority that is none", { ...contoso, priority: "first" }, "priority: expected a whole number"],
  ["a negative limit", { ...contoso, rejectLimit: -1 }, "rejectLimit: expected a number of rows"],
  ["a relative path", { name: "files", kind: "folder", path: "exports" }, "path: expected an absolute path"],
  ["a report's place in storage", { ...reports, url: URL_OF_CONTOSO }, "url"],
  ["a management group's report", { ...reports, scope: "/providers/Microsoft.Management/managementGroups/m" }, "scope"],
  ["a scope without its slash", { ...reports, scope: SUBSCRIPTION.slice(1) }, "scope: expected a scope like"],
  ["plain http", { ...reports, endpoint: "http://gateway.example.com" }, "endpoint: expected an address like https://"],
  ["an enrolment without a key", { ...enterprise, credential: undefined }, "credential: expected env:NAME"],
  [
    "a number as tax factor",
    { ...enterprise, taxFactor: 1.06 },
    "taxFactor: expected a decimal number above 0 as text",
  ],
  ["what nothing is asked for", { ...reports, datasets: [] }, "datasets: expected a list of actual, amortized"],
  ["a place of what is pushed", { name: "given", kind: "push", url: URL_OF_CONTOSO }, "url"],
  ["a directory's credential", { name: "files", kind: "folder", path: "/x", credential: "default" }, "credential"],
])("%s is refused, and nothing is written", async (_what, body, named) => {
  const answer = await post(body);
  expect(answer.statusCode).toBe(400);
  expect(JSON.stringify(answer.json())).toContain(named);
  expect(await listSources(warehouse, {})).toEqual([]);
});

test("a secret in a url or in place of a credential is refused without being repeated", async () => {
  await post(contoso);
  const secret = "c2VjcmV0c2VjcmV0";
  for (const wrong of [
    { url: `${URL_OF_CONTOSO}?sv=2024-11-04&sig=${secret}` },
    { url: `https://user:${secret}@contoso.blob.core.windows.net/exports` },
    { url: `${URL_OF_CONTOSO}#${secret}` },
    { credential: `sv=2024-11-04&sig=${secret}` },
    { credential: `DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=${secret}` },
    { credential: { key: secret } },
  ]) {
    for (const answer of [
      await post({ ...contoso, name: "other", ...wrong }),
      await put("other", { kind: "blob", url: URL_OF_CONTOSO, ...wrong }),
      await patch("contoso", wrong),
    ]) {
      expect(answer.statusCode).toBe(400);
      expect(answer.body).not.toContain(secret);
    }
  }
  await post(reports);
  await post(enterprise);
  for (const [source, wrong] of [
    [reports, { identity: secret }],
    [reports, { identity: `secret:contoso.com/${CLIENT}:${secret}=` }],
    [reports, { endpoint: `https://user:${secret}@gateway.example.com` }],
    [reports, { endpoint: `https://gateway.example.com?key=${secret}` }],
    [enterprise, { credential: secret }],
    [enterprise, { url: `https://consumption.azure.com?key=${secret}` }],
  ] as const) {
    for (const answer of [await post({ ...source, name: "other", ...wrong }), await patch(source.name, wrong)]) {
      expect(answer.statusCode).toBe(400);
      expect(answer.body).not.toContain(secret);
    }
  }
  await remove("reports");
  await remove("old");
  expect((await listSources(warehouse, {})).map(({ name }) => name)).toEqual(["contoso"]);
});

test("a change of what the kind does not have is refused", async () => {
  await post(contoso);
  const answer = await patch("contoso", { path: "/srv/exports" });
  expect(answer.statusCode).toBe(400);
  expect(JSON.stringify(answer.json())).toContain("path: sources of the kind blob have url, credential");
});

test("reading needs the scope read, changing the scope admin", async () => {
  const guarded = await createTestService(warehouse, { settings: { isAuthDisabled: false } });
  const keyOf = (scope: "read" | "write" | "admin") => createToken(warehouse, { name: scope, scope, expiresAt: null });
  const [reads, writes, rules] = [await keyOf("read"), await keyOf("write"), await keyOf("admin")];
  const send = (method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", url: string, key: string, payload?: object) =>
    guarded.send({
      method,
      url,
      headers: { authorization: `Token ${key}` },
      ...(payload === undefined ? {} : { payload }),
    });
  expect((await send("POST", "/v1/sources", writes, contoso)).statusCode).toBe(403);
  expect((await send("PUT", "/v1/sources/contoso", writes, { kind: "folder", path: "/x" })).statusCode).toBe(403);
  expect((await send("POST", "/v1/sources", rules, contoso)).statusCode).toBe(201);
  expect((await send("PATCH", "/v1/sources/contoso", writes, { enabled: false })).statusCode).toBe(403);
  expect((await send("DELETE", "/v1/sources/contoso", writes)).statusCode).toBe(403);
  expect((await send("GET", "/v1/sources/contoso", reads)).statusCode).toBe(200);
  expect((await send("DELETE", "/v1/sources/contoso", rules)).statusCode).toBe(204);
  await guarded.close();
});
