import { once } from "node:events";
import { connect } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { aClient, residentBytes, test, type TestWarehouse } from "../support/embedded.ts";
import { until } from "../support/processes.ts";

const MEBIBYTE = 1 << 20;

const one = async <Row>({ client }: TestWarehouse, query: string) => {
  const [row] = await (await client.query({ query, format: "JSONEachRow" })).json<Row>();
  return row;
};

/** How many queries run, this one included; undefined when it was refused. */
async function count(warehouse: TestWarehouse): Promise<number | undefined> {
  const row = await one<{ count: number }>(warehouse, "SELECT count() AS count FROM system.processes").catch(
    () => undefined,
  );
  return row?.count;
}

/** Lines of about 100 bytes, made as they are read; nothing of them is kept. */
function csv(bytes: number): Readable {
  const block = Array.from({ length: 10_000 }, (_, index) => `${index},${"x".repeat(93)}\n`).join("");
  return Readable.from(
    (function* () {
      for (let sent = 0; sent < bytes; sent += block.length) yield Buffer.from(block);
    })(),
    { objectMode: false },
  );
}

test("800 MB stream into a table in much less memory, here and there", async ({ warehouse }) => {
  const { client, pid } = warehouse;
  await client.command({ query: "CREATE TABLE streamed (n UInt64, s String) ENGINE = Null" });
  const most = async (bytes: number) => {
    let here = 0;
    let there = 0;
    const look = async () => {
      here = Math.max(here, process.memoryUsage().rss);
      there = Math.max(there, await residentBytes(pid));
    };
    const watch = setInterval(() => void look(), 10);
    // Blocks of a million rows, the engine's default, would blur the picture.
    const clickhouse_settings = { max_insert_block_size: "65536", input_format_parallel_parsing: 0 } as const;
    await client.insert({ table: "streamed", values: csv(bytes), format: "CSV", clickhouse_settings });
    clearInterval(watch);
    return { here, there };
  };
  // The engine's allocator keeps freed pages, 200 to 400 MB of them as it finds time: it has them after the first stream.
  const before = await most(200 * MEBIBYTE);
  const after = await most(800 * MEBIBYTE);
  expect(after.there - before.there).toBeLessThan(300 * MEBIBYTE);
  expect(after.here - before.here).toBeLessThan(200 * MEBIBYTE);
});

test("a slow reader holds up the query, not the memory", async ({ warehouse }) => {
  const { client, pid } = warehouse;
  const query = "SELECT number, repeat('x', 100) FROM numbers(100000000)";
  const result = await client.query({ query, format: "CSV" });
  const before = await residentBytes(pid);
  const rowsRead = async () =>
    (
      await one<{ read: number }>(
        warehouse,
        "SELECT max(read_rows) AS read FROM system.processes WHERE query LIKE '%repeat(%'",
      )
    )?.read;
  // Nobody reads: the query comes to a stand.
  let last: unknown;
  await until(async () => {
    const now = await rowsRead();
    const stands = now === last;
    last = now;
    return stands;
  });
  expect((await residentBytes(pid)) - before).toBeLessThan(100 * MEBIBYTE);
  result.close();
  await until(async () => (await count(warehouse)) === 1);
});

test("20 queries at a time are answered while two loads run", async ({ warehouse }) => {
  const { client } = warehouse;
  await client.command({ query: "CREATE TABLE busy (n UInt64, s String) ENGINE = MergeTree ORDER BY n" });
  const open = Array.from({ length: 2 }, () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const values = Readable.from(
      (async function* () {
        yield* csv(30 * MEBIBYTE);
        await finished;
        yield Buffer.from("1,last\n");
      })(),
      { objectMode: false },
    );
    return { finish, values };
  });
  const loads = open.map(async ({ values }) => {
    const query = "INSERT INTO busy SELECT toUInt64(a), b FROM input('a String, b String') FORMAT CSV";
    const { stream } = await client.exec({ query, values });
    await stream.resume().toArray();
  });
  await until(async () => (await count(warehouse)) === 3);
  const readers = aClient(warehouse, { max_open_connections: 20 });
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const query = "SELECT {index:UInt32} AS index, (SELECT count() FROM numbers(100000)) AS count";
      const result = await readers.query({ query, query_params: { index }, format: "JSONEachRow" });
      return (await result.json<{ index: number; count: number }>())[0];
    }),
  );
  await readers.close();
  expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => ({ index, count: 100_000 })));
  for (const { finish } of open) finish();
  await Promise.all(loads);
  const blocks = Math.ceil((30 * MEBIBYTE) / (Buffer.byteLength(await firstBlock()) || 1));
  expect(await one(warehouse, "SELECT count() AS count FROM busy")).toEqual({ count: 2 * (blocks * 10_000 + 1) });
});

test("more queries than it takes at once are refused, and the others are not harmed", async ({ warehouse }) => {
  const client = aClient(warehouse, { max_open_connections: 120 });
  const abort = new AbortController();
  const query = "SELECT sleepEachRow(0.1) FROM numbers(1000000) SETTINGS max_block_size = 10";
  const refused: unknown[] = [];
  const asked = Array.from({ length: 110 }, async () => {
    await client.query({ query, abort_signal: abort.signal }).catch((error: unknown) => refused.push(error));
  });
  await until(() => refused.length > 0);
  abort.abort();
  await Promise.all(asked);
  expect(refused[0]).toMatchObject({ code: "202", type: "TOO_MANY_SIMULTANEOUS_QUERIES" });
  await client.close();
  await until(async () => (await count(warehouse)) === 1);
});

test("a client that listens only when it has sent everything gets its error, too", async ({ warehouse }) => {
  const { hostname, port } = new URL(warehouse.url);
  const socket = connect(Number(port), hostname).pause();
  const query = encodeURIComponent("INSERT INTO there_is_no_such_table FORMAT CSV");
  const login = Buffer.from(`${warehouse.username}:${warehouse.password}`).toString("base64");
  const bytes = 50 * MEBIBYTE;
  const headers = [
    `Host: ${hostname}`,
    `Authorization: Basic ${login}`,
    `Content-Length: ${bytes}`,
    "Connection: close",
  ];
  socket.write(`POST /?query=${query} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  for (let sent = 0; sent < bytes; sent += MEBIBYTE) {
    if (!socket.write(Buffer.alloc(MEBIBYTE, "1\n"))) await once(socket, "drain");
  }
  const answer = await text(socket.resume());
  expect(answer).toMatch(/^HTTP\/1\.1 404 [^]*\(UNKNOWN_TABLE\)/);
});

test("a body that ends when its insert has failed already is answered like any other", async ({ warehouse }) => {
  await warehouse.client.command({ query: "CREATE TABLE numbers_only (n UInt64) ENGINE = Null" });
  const values = new PassThrough();
  const settings = { input_format_parallel_parsing: 0 } as const; // so that it reads what is there
  values.write("1\n");
  const insert = warehouse.client.insert({
    table: "numbers_only",
    values,
    format: "CSV",
    clickhouse_settings: settings,
  });
  insert.catch(() => undefined); // what became of it is asked for below
  await until(async () => (await count(warehouse)) === 2);
  values.write("x\n");
  await until(async () => (await count(warehouse)) === 1);
  values.end();
  await expect(insert).rejects.toMatchObject({ type: expect.stringMatching(/PARSE|INCORRECT_DATA/) as string });
});

test("a load of gzipped CSV is unpacked by the engine", async ({ warehouse }) => {
  await warehouse.client.command({ query: "CREATE TABLE zipped (n UInt64, s String) ENGINE = MergeTree ORDER BY n" });
  const values = Readable.from([gzipSync("a,b\n1,x\n"), gzipSync("2,y\n")]);
  const query = "INSERT INTO zipped SELECT toUInt64(a), b FROM input('a String, b String') FORMAT CSVWithNames";
  const { stream } = await warehouse.client.exec({ query, values, http_headers: { "Content-Encoding": "gzip" } });
  await stream.resume().toArray();
  expect(await one(warehouse, "SELECT sum(n) AS sum, count() AS count FROM zipped")).toEqual({ sum: 3, count: 2 });
});

async function firstBlock(): Promise<Buffer> {
  for await (const block of csv(1)) return Buffer.from(block as Buffer);
  return Buffer.alloc(0);
}
