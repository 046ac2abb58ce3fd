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

const post = (payload: object) => service.send({ method: "POST", url: "/v1/sources", payload });
const put = (name: string, payload: object) => service.send({ method: "PUT", url: `/v1/sources/${name}`, payload });
const patch = (name: string, payload: object) => service.send({ method: "PATCH", url: `/v1/sources/${name}`, payload });
const remove = (name: string) => service.send({ method: "DELETE", url: `/v1/sources/${name}` });

test("a source is added, shown, changed and removed, and the commands see the same", async () => {
  expect((await service.get("/v1/sources")).json()).toEqual({ data: [], rows: 0 });

  const added = await post(contoso);
  expect(added.statusCode).toBe(201);
  expect(added.headers["location"]).toBe("/v1/sources/contoso");
  expect(added.json()).toEqual({ ...contoso, ...defaults, path: null });
  expect(await listSources(warehouse, {})).toEqual([
    { ...contoso, ...defaults, credential: { env: "CONTOSO_STORAGE" } },
  ]);

  const changed = await patch("contoso", { enabled: false, priority: 5, credential: "default" });
  expect(changed.statusCode).toBe(200);
  const now = { ...contoso, enabled: false, priority: 5, rejectLimit: 0, credential: "default", path: null };
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
  const files = { name: "files", kind: "folder", url: null, path: "/srv/exports", credential: null };
  expect(first.json()).toEqual({ ...files, ...defaults, priority: 7 });
  const second = await put("files", { kind: "blob", url: URL_OF_CONTOSO });
  expect(second.statusCode).toBe(200);
  expect(second.json()).toEqual({ ...contoso, name: "files", credential: "default", path: null, ...defaults });
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
  ["another kind", { ...contoso, kind: "ftp" }, "expected blob or folder"],
  ["a Data Lake endpoint", { ...contoso, url: "https://x.dfs.core.windows.net/exports" }, "write .blob. instead"],
  ["no container", { ...contoso, url: "https://contoso.blob.core.windows.net/" }, "names no container"],
  ["a name that cannot be decoded", { ...contoso, url: `${URL_OF_CONTOSO}/%zz` }, "write a percent sign"],
  ["a priority that is none", { ...contoso, priority: "first" }, "priority: expected a whole number"],
  ["a negative limit", { ...contoso, rejectLimit: -1 }, "rejectLimit: expected a number of rows"],
  ["a relative path", { name: "files", kind: "folder", path: "exports" }, "path: expected an absolute path"],
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
  expect((await listSources(warehouse, {})).map(({ name }) => name)).toEqual(["contoso"]);
});

test("a change of what the kind does not have is refused", async () => {
  await post(contoso);
  const answer = await patch("contoso", { path: "/srv/exports" });
  expect(answer.statusCode).toBe(400);
  expect(JSON.stringify(answer.json())).toContain("path: Azure Blob Storage has a url");
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
