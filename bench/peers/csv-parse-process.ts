import { createReadStream } from "node:fs";
import { PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { parse } from "csv-parse";
import { z } from "zod";
import { giveAnswer, readInput } from "../apart.ts";
import { readUsage } from "../usage.ts";

const Input = z.object({
  address: z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() }),
  files: z.array(z.string()),
  columns: z.array(z.object({ header: z.string(), canonical: z.string(), kind: z.string() })),
});

const { address, files, columns } = Input.parse(await readInput());
const client = createClient({ ...address, request_timeout: 3_600_000, log: { level: ClickHouseLogLevel.OFF } });
await client.ping();
const before = readUsage(process.pid);
const started = performance.now();
for (const file of files) {
  const values = new Transform({
    objectMode: true,
    transform: (record: Record<string, string>, _encoding, done) => done(null, rowOf(record)),
  });
  const insert = client.insert({ table: "plain", values, format: "JSONEachRow" });
  const read = pipeline(
    createReadStream(file),
    file.endsWith(".gz") ? createGunzip() : new PassThrough(),
    parse({ columns: true, bom: true }),
    values,
  );
  await Promise.all([read, insert]);
}
const seconds = (performance.now() - started) / 1000;
const after = readUsage(process.pid);
await client.close();
await giveAnswer({
  seconds,
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  memory: [{ name: "Node", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
  phases: {},
});

/** What ClickHouse does not convert itself is converted here; amounts stay text. */
function rowOf(record: Readonly<Record<string, string>>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const { header, canonical, kind } of columns) row[canonical] = valueOf(record[header] ?? "", kind);
  return row;
}

function valueOf(text: string, kind: string): unknown {
  switch (kind) {
    case "date":
    case "day":
      return text === "" ? null : `${text.slice(6, 10)}-${text.slice(0, 2)}-${text.slice(3, 5)}`;
    case "decimal":
      return text === "" ? null : text;
    case "flag":
      return text === "" ? null : text.toLowerCase() === "true";
    case "tags":
      return text === "" ? {} : JSON.parse(text.startsWith("{") ? text : `{${text}}`);
    case "identifier":
    case "subscription":
    case "billing-account":
      return text.toLowerCase();
    default:
      return text;
  }
}
