import type { ClientRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import Big from "big.js";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { ImportEvent } from "../../src/import-events.ts";
import { aRun } from "../support/exports.ts";
import { createToken } from "../../clickhouse/tokens.ts";
import { saveRules } from "../../clickhouse/tracking-rules.ts";
import { addPushSource, startPushService } from "../support/http-push.ts";
import type { PushAnswer } from "../support/http-push.ts";
import { countRunningLoads } from "../support/loads.ts";
import { ndjsonOf } from "../support/ndjson.ts";
import { clickHouseWriter, inFolder } from "../support/parquet.ts";
import { totalsOf } from "../support/totals.ts";
import { aRule, when } from "../support/tracking-scene.ts";
import { useOwnTemporary } from "../support/own-temporary.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(() => engine.close());

const WAIT = { timeout: 60_000, interval: 20 };
const AMOUNTS = ["0.1", "0.2", "1e-5", "-7.1234567890123456789012345678", "98765432109876543210.123456789012345678"];
const TOTAL = AMOUNTS.reduce((sum, amount) => sum.plus(amount), new Big(0)).toFixed();
const PATH = "billing_month=2026-05&dataset=actual";

const actualOf = async (source: string) => (await totalsOf(warehouse, "costs", `source = '${source}'`)).actual;

const listRuns = async (source: string) =>
  warehouse.rows(
    "SELECT run_id, state, error, byte_count FROM runs FINAL WHERE source = {source:String} ORDER BY run_id",
    { source },
  );
async function listAttempts(source: string): Promise<{ state: string; error: string }[]> {
  const sql = "SELECT state, error FROM source_attempts FINAL WHERE source = {source:String}";
  return z.array(z.object({ state: z.string(), error: z.string() })).parse(await warehouse.rows(sql, { source }));
}

/** The same five rows as text. */
function csvOf(subscriptionId: string): string {
  const lines = AMOUNTS.map((cost, at) => ({ cost, subscriptionId, date: `2026-05-0${at + 1}`, currency: "EUR" }));
  return aRun({ dataset: "actual", lines }).texts[0] ?? "";
}

async function parquetOf(csv: string): Promise<Buffer> {
  const writer = clickHouseWriter(warehouse);
  return inFolder(async (folder) => writer.write(await writer.typed(csv, "actual", folder), "snappy"));
}

test.each<[string, string, (csv: string) => Buffer | Promise<Buffer>, Record<string, string>]>([
  ["CSV", "text/csv", (csv) => Buffer.from(csv), {}],
  ["gzipped CSV", "application/gzip", (csv) => gzipSync(csv), {}],
  ["CSV that is gzipped on its way", "text/csv", (csv) => gzipSync(csv), { "content-encoding": "gzip" }],
  [
    "gzipped CSV that is gzipped on its way",
    "application/gzip",
    (csv) => gzipSync(gzipSync(csv)),
    { "content-encoding": "gzip" },
  ],
  ["NDJSON", "application/x-ndjson", (csv) => Buffer.from(ndjsonOf(csv)), {}],
  ["gzipped NDJSON", "application/octet-stream", (csv) => gzipSync(ndjsonOf(csv)), {}],
  ["Parquet", "application/vnd.apache.parquet", parquetOf, {}],
  [
    "Parquet that is gzipped on its way",
    "application/vnd.apache.parquet",
    async (csv) => gzipSync(await parquetOf(csv)),
    { "content-encoding": "gzip" },
  ],
])(
  "%s is taken, with its length and in chunks, and is there at once with every digit",
  async (_, mediaType, make, headers) => {
    const { push, open, service } = await startPushService(warehouse);
    const { name, subscriptionId } = await addPushSource(warehouse);
    const bytes = await make(csvOf(subscriptionId));
    const first = await push(`/v1/ingest/${name}?run_id=one&row_count=5&${PATH}`, bytes, mediaType, headers);
    expect(first).toMatchObject({
      status: 201,
      headers: { location: "/v1/runs/one" },
      body: {
        outcome: "imported",
        source: name,
        export: "push",
        dataset: "actual",
        month: "2026-05",
        runId: "one",
        report: {
          rowsLoaded: 5,
          rowsRejected: 0,
          totals: [{ currency: "EUR", actual: TOTAL }],
          rejects: [],
          publication: { isCurrent: true, silences: 0, silenced: 0 },
        },
      },
    });
    const costs = (await service.get(`/v1/costs?window=2026-05&filter=source='${name}'`)).json<{ data: unknown }>();
    expect(costs.data).toEqual([{ billing_currency: "EUR", actual: TOTAL }]);

    const opened = open(`/v1/ingest/${name}?run_id=two&${PATH}`, { "content-type": mediaType, ...headers });
    for (let at = 0; at < bytes.length; at += 100) opened.sending.write(bytes.subarray(at, at + 100));
    opened.sending.end();
    expect(await opened.answer).toMatchObject({ status: 201, body: { runId: "two", report: { rowsLoaded: 5 } } });
    expect(await actualOf(name)).toBe(TOTAL); // the later run answers instead of the earlier one
  },
);

test("what is published already is answered without its body, unless it is to be taken again", async () => {
  const { push, open, service } = await startPushService(warehouse);
  const { name, subscriptionId } = await addPushSource(warehouse);
  const path = `/v1/ingest/${name}?run_id=May%201&${PATH}`;
  const csv = csvOf(subscriptionId);
  expect(await push(path, csv)).toMatchObject({ status: 201, headers: { location: "/v1/runs/May%201" } });

  const { sending, answer } = open(path, { "content-length": 2 ** 40, expect: "100-continue" });
  let isAsked = false;
  sending.on("continue", () => (isAsked = true)).flushHeaders();
  expect(await answer).toMatchObject({
    status: 200,
    body: { outcome: "already imported", runId: "May 1", report: null },
  });
  expect(isAsked).toBe(false);
  expect(await listRuns(name)).toEqual([expect.objectContaining({ run_id: "May 1", state: "imported" })]);

  const half = csv.split("\n").slice(0, 3).join("\n");
  expect(await push(`${path}&overwrite=true`, half)).toMatchObject({
    status: 201,
    body: { report: { rowsLoaded: 2 } },
  });
  expect(await actualOf(name)).toBe("0.3");

  const { data } = z
    .object({ data: z.array(z.object({ publicationId: z.string() })) })
    .parse((await service.get(`/v1/publications?source=${name}`)).json());
  const url = `/v1/publications/${data[0]?.publicationId}`;
  expect((await service.send({ method: "DELETE", url })).statusCode).toBe(200);
  expect(await push(path, csv)).toMatchObject({ status: 201, body: { outcome: "imported" } });
  expect(await actualOf(name)).toBe(TOTAL);
});

const HEADER = "Date,Cost\n";
const ROW = "05/01/2026,1\n";
const JSON_ROW = '{"Date":"2026-05-01","Cost":1}\n';

test.each<[string, string | Buffer, string, string, string, string]>([
  [
    "a record with too many fields",
    `${HEADER}${ROW}05/01/2026,1,2\n`,
    "text/csv",
    "",
    "invalid_file",
    'body:3 (record 2) the header has 2 fields, this record 3: behind Cost follows "2"',
  ],
  [
    "a cost that is none",
    `${HEADER}${ROW}05/01/2026,x\n`,
    "text/csv",
    "",
    "rejected_rows",
    'body:3 (record 2) Cost: "x" is not a number',
  ],
  [
    "a header without costs",
    "Date,Price\n",
    "text/csv",
    "",
    "invalid_header",
    "body:1 The header lacks what every actual export has",
  ],
  [
    "the columns of another dataset",
    `${HEADER}${ROW}`,
    "text/csv",
    "&dataset=focus",
    "invalid_header",
    "body:1 The columns are those of a cost export",
  ],
  [
    "fewer rows than announced",
    `${HEADER}${ROW}`,
    "text/csv",
    "&row_count=2",
    "row_count",
    "body: the sender announces 2 rows, but there are 1.",
  ],
  ["no byte", "", "text/csv", "", "invalid_file", "body:1 The file is empty"],
  [
    "a gzip that is cut off",
    gzipSync(`${HEADER}${ROW.repeat(1000)}`).subarray(0, -9),
    "application/gzip",
    "",
    "invalid_file",
    "body the gzip data ends too early",
  ],
  [
    "broken JSON",
    `${JSON_ROW}\n{"Date":}\n`,
    "application/x-ndjson",
    "",
    "invalid_file",
    "body:3 (record 2) the JSON is broken",
  ],
  [
    "a JSON array",
    `[${JSON_ROW}]`,
    "application/x-ndjson",
    "",
    "invalid_file",
    "body:1 This is a JSON array, not NDJSON.",
  ],
  [
    "a Parquet file without its end",
    "PAR1 and more",
    "application/octet-stream",
    "",
    "invalid_file",
    "body: This Parquet file is cut off",
  ],
  [
    "a zip archive",
    "PK\u0003\u0004",
    "application/octet-stream",
    "",
    "invalid_file",
    "body: This is a zip archive, not CSV.",
  ],
])("a file with %s is refused, and nothing of it is visible", async (_, bytes, mediaType, query, code, message) => {
  const { push } = await startPushService(warehouse);
  const { name } = await addPushSource(warehouse);
  const path = `/v1/ingest/${name}?run_id=one&billing_month=2026-05${query.includes("dataset") ? "" : "&dataset=actual"}${query}`;
  const answer = await push(path, bytes, mediaType);
  expect(answer).toMatchObject({
    status: 422,
    body: { error: { code, message: expect.stringContaining(message) as string } },
  });
  await expectNothingOf(name);
});

test("rows that the source allows to be refused are told, and the rest is published", async () => {
  const { push } = await startPushService(warehouse);
  const { name, subscriptionId } = await addPushSource(warehouse, { rejectLimit: 1 });
  const header = "Date,Cost,BillingCurrency,SubscriptionId\n";
  const csv = `${header}05/01/2026,0.5,EUR,${subscriptionId}\n2026-02-31,0.25,EUR,${subscriptionId}\n`;
  expect(await push(`/v1/ingest/${name}?run_id=one&row_count=2&${PATH}`, csv)).toMatchObject({
    status: 201,
    body: {
      report: {
        rowsLoaded: 1,
        rowsRejected: 1,
        rejects: [{ currency: "EUR", rows: 1, rowsWithoutCost: 0, total: "0.25" }],
      },
    },
  });
});

test.each([
  ["without a source", 404, "/v1/ingest/nobody?run_id=one", {}, 'There is no source "nobody".'],
  ["without a run", 400, "/v1/ingest/NAME?", {}, "run_id: expected the id of a run"],
  [
    "with a path for a run",
    400,
    "/v1/ingest/NAME?run_id=a%2Fb",
    {},
    "run_id: expected the id of a run without / and \\",
  ],
  ["with dots for a run", 400, "/v1/ingest/NAME?run_id=..", {}, "run_id: expected the id of a run without"],
  [
    "with a run too long",
    400,
    `/v1/ingest/NAME?run_id=${"x".repeat(201)}`,
    {},
    "run_id: expected at most 200 characters",
  ],
  [
    "with a number of rows that is none",
    400,
    "/v1/ingest/NAME?run_id=one&row_count=1.5",
    {},
    "row_count: expected a number of rows",
  ],
  ["with a word too much", 400, "/v1/ingest/NAME?run_id=one&month=2026-05", {}, "month: Unknown parameter."],
  [
    "of a form",
    415,
    "/v1/ingest/NAME?run_id=one",
    { "content-type": "multipart/form-data; boundary=x" },
    "The Content-Type of a file has to be one of text/csv",
  ],
  [
    "in another encoding",
    415,
    "/v1/ingest/NAME?run_id=one",
    { "content-encoding": "br" },
    "The Content-Encoding of a file may be gzip",
  ],
])("a request %s is refused", async (_, status, path, headers, message) => {
  const { push } = await startPushService(warehouse);
  const { name } = await addPushSource(warehouse);
  const answer = await push(
    `${path.replace("NAME", name)}&${PATH}`.replace("?&", "?"),
    `${HEADER}${ROW}`,
    "text/csv",
    headers,
  );
  expect(answer).toMatchObject({ status, body: { error: { message: expect.stringContaining(message) as string } } });
});

test("a token needs the scope to write", async () => {
  const { push } = await startPushService(warehouse, { settings: { isAuthDisabled: false } });
  const { name, subscriptionId } = await addPushSource(warehouse);
  const path = `/v1/ingest/${name}?run_id=one&${PATH}`;
  const csv = csvOf(subscriptionId);
  const token = async (scope: "read" | "write") => ({
    authorization: `Bearer ${await createToken(warehouse, { name: `push-${scope}`, scope, expiresAt: null })}`,
  });
  expect(await push(path, csv)).toMatchObject({ status: 401 });
  expect(await push(path, csv, "text/csv", await token("read"))).toMatchObject({ status: 403 });
  expect(await push(path, csv, "text/csv", await token("write"))).toMatchObject({ status: 201 });
});

test("a file beyond the limit of a part is refused: by its length, while it comes, and by what is in it", async () => {
  const { push, open } = await startPushService(warehouse, { env: { BILLHOUSE_PART_LIMIT_GIB: String(2 ** -14) } }); // 64 KiB
  const { name } = await addPushSource(warehouse);
  const path = `/v1/ingest/${name}?run_id=one&${PATH}`;
  const long = `${HEADER}${ROW.repeat(10_000)}`;

  const { sending, answer } = open(path, { "content-length": 2 ** 40 });
  sending.flushHeaders();
  const told = "body: More than 0.00006103515625 GiB are announced, which is the limit of a part.";
  expect(await answer).toMatchObject({
    status: 413,
    body: { error: { code: "too_large", message: expect.stringContaining(told) as string } },
  });

  const chunked = open(path);
  chunked.sending.write(long); // without a length, unlike what `end` alone would send
  chunked.sending.end();
  expect(await chunked.answer).toMatchObject({
    status: 413,
    body: { error: { message: expect.stringContaining("body: This part has more than") as string } },
  });

  expect(await push(path, gzipSync(long))).toMatchObject({
    status: 413,
    body: { error: { message: expect.stringContaining("unpacks to more than 0.00006103515625 GiB") as string } },
  });
  await expectNothingOf(name);
});

const MEGABYTE = `05/01/2026,1,${"x".repeat(1000)}\n`.repeat(1000);
const WIDE_HEADER = "Date,Cost,AdditionalInfo\n";

test("loading begins before everything has come, and an error is told while the rest is still to come", async () => {
  const { open } = await startPushService(warehouse);
  const { name } = await addPushSource(warehouse);
  const { sending, answer } = open(`/v1/ingest/${name}?run_id=one&${PATH}`);
  sending.write(WIDE_HEADER);
  for (let at = 0; at < 8; at++) sending.write(MEGABYTE);
  await vi.waitFor(async () => expect(await countRunningLoads(warehouse)).toBe(1), WAIT);
  sending.write(`05/01/2026,1,2,3\n${MEGABYTE}`);
  // Not the end: the sender hears of it before it has sent everything.
  expect(await keepSending(sending, answer)).toMatchObject({
    status: 422,
    body: {
      error: {
        message: expect.stringContaining("body:8002 (record 8001) the header has 3 fields, this record 4") as string,
      },
    },
  });
  sending.destroy();
  await expectNothingOf(name);
});

test.each<[string, Record<string, string | number>, string | Buffer]>([
  ["CSV of a length that is never reached", { "content-length": 2 ** 30 }, `${WIDE_HEADER}${MEGABYTE.repeat(6)}`],
  ["CSV in chunks without a last one", {}, `${WIDE_HEADER}${MEGABYTE.repeat(6)}`],
  ["a little CSV that ends with a whole row", {}, `${HEADER}${ROW}`],
  ["a little NDJSON that ends with a whole record", { "content-type": "application/x-ndjson" }, JSON_ROW],
  ["Parquet", { "content-type": "application/octet-stream" }, "PAR1 and more"],
  ["gzipped CSV", { "content-encoding": "gzip" }, gzipSync(HEADER + ROW)],
])("%s that breaks off is never published, and leaves neither a file nor a place taken", async (_, headers, sent) => {
  const { open, ingest } = await startPushService(warehouse);
  const { name } = await addPushSource(warehouse);
  const listSpooled = await useOwnTemporary();
  const { sending } = open(`/v1/ingest/${name}?run_id=one&${PATH}`, headers);
  sending.write(sent);
  await vi.waitFor(async () => expect(ingest.running()).toBe(1), WAIT);
  await vi.waitFor(async () => expect(await listSpooled()).toHaveLength(1), WAIT);
  sending.destroy();
  await vi.waitFor(() => expect(ingest.running()).toBe(0), WAIT);
  await expectNothingOf(name, "canceled");
  expect(await listAttempts(name)).toEqual([
    { state: "canceled", error: "body: The sender has left. Nothing was published. Send the file again." },
  ]);
  expect(await listSpooled()).toEqual([]);
});

test.each([
  [
    "a length that is not reached when the sender has said everything",
    `Content-Length: 100\r\n\r\n${HEADER}${ROW}`,
    true,
  ],
  ["a chunk that is none", `Transfer-Encoding: chunked\r\n\r\n17\r\n${HEADER}${ROW}\r\nnone\r\n`, false],
  ["a chunk that is cut off", `Transfer-Encoding: chunked\r\n\r\nff\r\n${HEADER}${ROW}`, true],
])("%s is no end", async (_, rest, isEnded) => {
  const { url, ingest } = await startPushService(warehouse);
  const { name } = await addPushSource(warehouse);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined).resume();
  socket.write(`POST /v1/ingest/${name}?run_id=one&${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n${rest}`);
  await vi.waitFor(async () => expect(await listAttempts(name)).toHaveLength(1), WAIT);
  if (isEnded) socket.end(); // its other half stays open for the answer
  await vi.waitFor(() => expect(ingest.running()).toBe(0), WAIT);
  expect((await listAttempts(name)).map(({ state }) => state)).not.toContain("done");
  expect(await actualOf(name)).toBe("0");
  socket.destroy();
});

test("who sends nothing for too long is answered, and leaves its place", async () => {
  const { open, ingest } = await startPushService(warehouse, { settings: { stallTimeoutMs: 300 } });
  const { name } = await addPushSource(warehouse);
  const { sending, answer } = open(`/v1/ingest/${name}?run_id=one&${PATH}`);
  sending.write(HEADER + ROW);
  expect(await answer).toMatchObject({
    status: 408,
    body: {
      error: {
        code: "stalled",
        message: "body: Nothing came for 0.3 s after 23 bytes. Nothing was published. Send it again.",
      },
    },
  });
  expect(ingest.running()).toBe(0);
  sending.destroy();
  await expectNothingOf(name);
});

test("who sends too little at a time is answered, and leaves its place", async () => {
  const { open, ingest } = await startPushService(warehouse, { settings: { stallTimeoutMs: 500 } });
  const { name } = await addPushSource(warehouse);
  const { sending, answer } = open(`/v1/ingest/${name}?run_id=one&${PATH}`);
  sending.write(HEADER);
  const dribble = setInterval(() => sending.write(ROW), 50);
  onTestFinished(() => clearInterval(dribble));
  expect(await answer).toMatchObject({
    status: 408,
    body: {
      error: {
        code: "too_slow",
        message: expect.stringMatching(
          /^body: Less than 16 KiB come in a second; \d+ bytes have come so far\./,
        ) as string,
      },
    },
  });
  clearInterval(dribble);
  expect(ingest.running()).toBe(0);
  sending.destroy();
  await expectNothingOf(name);
});

test("two files are taken at once; the same run and a third are sent away, and may come again", async () => {
  const { open, push, ingest, service } = await startPushService(warehouse);
  const sources = await Promise.all([addPushSource(warehouse), addPushSource(warehouse)]);
  const path = (at: number, run: string) => `/v1/ingest/${sources[at]?.name}?run_id=${run}&${PATH}`;
  const texts = sources.map(({ subscriptionId }) => csvOf(subscriptionId));
  const first = open(path(0, "one"));
  const second = open(path(1, "one"));
  for (const { sending } of [first, second]) sending.flushHeaders();
  await vi.waitFor(() => expect(ingest.running()).toBe(2), WAIT);
  expect((await service.get("/metrics")).body).toMatch(/^billhouse_http_files_running 2$/m);

  expect(await push(path(0, "one"), texts[0] ?? "")).toMatchObject({
    status: 409,
    body: {
      error: {
        code: "already_running",
        message: `${sources[0]?.name}: the run one is being sent already. Wait for its end.`,
      },
    },
  });
  expect(await push(path(0, "two"), texts[0] ?? "")).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
  first.sending.end(texts[0]);
  second.sending.end(texts[1]);
  expect(await Promise.all([first.answer, second.answer])).toMatchObject([{ status: 201 }, { status: 201 }]);
  expect(await push(path(0, "two"), texts[0] ?? "")).toMatchObject({ status: 201 });
  expect(await Promise.all(sources.map(({ name }) => actualOf(name)))).toEqual([TOTAL, TOTAL]);
});

test("a service that stops breaks off what is still coming in, and waits for its end", async () => {
  const { open, ingest, push } = await startPushService(warehouse);
  const { name } = await addPushSource(warehouse);
  const { sending, answer } = open(`/v1/ingest/${name}?run_id=one&${PATH}`);
  sending.write(WIDE_HEADER + MEGABYTE.repeat(8));
  const silent = open(`/v1/ingest/${name}?run_id=two&${PATH}`);
  silent.sending.flushHeaders();
  await vi.waitFor(async () => expect([await countRunningLoads(warehouse), ingest.running()]).toEqual([1, 2]), WAIT);
  await ingest.close();
  expect(ingest.running()).toBe(0);
  expect(await Promise.all([answer, silent.answer])).toMatchObject([
    { status: 503, body: { error: { code: "stopping" } } },
    { status: 503, body: { error: { code: "stopping" } } },
  ]);
  silent.sending.destroy();
  await expectNothingOf(name, "canceled");
  sending.destroy();
  expect(await push(`/v1/ingest/${name}?run_id=one&${PATH}`, HEADER + ROW)).toMatchObject({ status: 503 });
});

test("how many bytes came is told and written down, also where nobody said it, and large files have partitions of their own", async () => {
  const events: ImportEvent[] = [];
  const { open } = await startPushService(warehouse, { tell: (event) => events.push(event) });
  const { name } = await addPushSource(warehouse);
  const sizes = [1, 5];
  for (const megabytes of sizes) {
    const { sending, answer } = open(`/v1/ingest/${name}?run_id=${megabytes}&${PATH}`);
    sending.write(WIDE_HEADER);
    sending.end(MEGABYTE.repeat(megabytes));
    expect(await answer).toMatchObject({ status: 201 });
  }
  const bytes = sizes.map((megabytes) => String(WIDE_HEADER.length + megabytes * MEGABYTE.length));
  expect(await listRuns(name)).toMatchObject(bytes.map((byte_count) => ({ state: "imported", byte_count })));
  const told = events.flatMap((event) => (event.event === "part loaded" ? [String(event.byteCount)] : []));
  expect(told).toEqual(bytes);
  const loads = await warehouse.rows(
    `SELECT toString(byte_count) AS bytes, load_id IN (SELECT own_partition FROM cost_entries) AS isLarge
    FROM loads FINAL WHERE source = {source:String} ORDER BY byte_count`,
    { source: name },
  );
  expect(loads).toEqual([
    { bytes: bytes[0], isLarge: 0 },
    { bytes: bytes[1], isLarge: 1 },
  ]);
});

/** Sends more and more until there is an answer. */
async function keepSending(sending: ClientRequest, answer: Promise<PushAnswer>): Promise<PushAnswer> {
  let isAnswered = false;
  void answer.then(() => (isAnswered = true));
  const send = () => {
    if (isAnswered || sending.destroyed) return;
    sending.write(MEGABYTE, () => setImmediate(send));
  };
  send();
  return answer;
}

/** Nothing answers, nothing runs, and the last attempt says why. */
async function expectNothingOf(source: string, state = "failed"): Promise<void> {
  expect(await actualOf(source)).toBe("0");
  await vi.waitFor(async () => expect(await countRunningLoads(warehouse)).toBe(0), WAIT);
  expect(
    await warehouse.rows("SELECT count() AS n FROM publications WHERE source = {source:String}", { source }),
  ).toEqual([{ n: "0" }]);
  expect(new Set((await listAttempts(source)).map((attempt) => attempt.state))).toEqual(new Set([state]));
}

test("resources of what is sent are assigned to their rules, without being asked to", async () => {
  const other = await engine.database();
  const everything = aRule("all", { match: when("last_segment", "wildcard", "*"), targets: { owner: "us" } });
  await saveRules(other, { saved: [everything], removed: [], fallback: undefined }, "a test");
  const { push, service } = await startPushService(other);
  const { name, subscriptionId } = await addPushSource(other);
  const sent = await push(`/v1/ingest/${name}?run_id=one&${PATH}`, Buffer.from(csvOf(subscriptionId)));
  expect(sent.status).toBe(201);
  await vi.waitFor(async () => {
    const costs = await service.get("/v1/costs?groupBy=tracking:owner");
    expect(costs.json()).toMatchObject({ data: [{ "tracking:owner": "us", actual: TOTAL }], warnings: [] });
  }, WAIT);
});
