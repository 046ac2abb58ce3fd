import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { diagnosePart, linesOfRecords } from "../../src/sources/diagnose.ts";
import { FileError } from "../../src/domain/errors.ts";
import { openTextPart } from "../../src/sources/part-header.ts";

const TEXT = '{"Date":"2026-05-01","Cost":1}\n{"Cost":2,"Tags":{"a":"b"}}\n';

test.each([
  ["plain", Buffer.from(TEXT), "none"],
  ["gzipped", gzipSync(TEXT), "gzip"],
  ["in two gzip members, cut inside of a record", Buffer.concat([gzipSync('{"Da'), gzipSync(TEXT.slice(4))]), "gzip"],
  [
    "with a byte order mark, blank lines and CRLF",
    Buffer.from(`\uFEFF\r\n \n${TEXT.replaceAll("\n", "\r\n")}\n`),
    "none",
  ],
  ["without a last line end", Buffer.from(TEXT.trimEnd()), "none"],
])(
  "NDJSON %s gives the keys of its records and all of its bytes, in whichever chunks it comes",
  async (_, bytes, encoding) => {
    for (const size of [1, 7, bytes.length]) {
      const part = await openTextPart(streamOf(bytes, size), "part");
      expect(part).toMatchObject({ format: "ndjson", header: ["Date", "Cost", "Tags"], encoding });
      expect(await buffer(part.body)).toEqual(bytes);
    }
  },
);

test("the keys of the first megabyte count, and no more of the file is read for them", async () => {
  const stream = streamOf(Buffer.from(`${TEXT.repeat(40_000)}{"Late":1}\n`), 4096);
  const part = await openTextPart(stream, "part");
  expect(part.header).toEqual(["Date", "Cost", "Tags"]);
  expect(stream.readableEnded).toBe(false);
  part.body.destroy();
});

test.each<[string, string | Buffer, string]>([
  ["a list", '\n[{"Cost":1}]', "part:1 This is a JSON array, not NDJSON."],
  ["JSON over several lines", '{\n  "Cost": 1\n}\n', "part:1 (record 1) the JSON is broken: "],
  ["a broken third line", '{"Cost":1}\n\n{"Cost":}\n', "part:3 (record 2) the JSON is broken: "],
  ["a number", '{"Cost":1}\n17\n', "part:2 (record 2) expected a JSON object, got 17"],
  ["a list in its second line", '{"Cost":1}\n[1]\n', "part:2 (record 2) expected a JSON object, got [1]"],
  ["a key without a name", '{"Cost":1,"":2}\n', "part:1 One of the keys is empty."],
  [
    "a column for each tag",
    Array.from({ length: 1001 }, (_, at) => `{"tag ${at}":1}\n`).join(""),
    "part:1 There are 1001 different keys, more than 1000. Send what has names of its own, such as tags, as one object.",
  ],
  ["a record without an end", '{"Cost":1}\n{"Cost":', "part:2 (record 2) the JSON is broken: "],
  [
    "a first line of two megabytes",
    `{"Tags":"${"x".repeat(2 ** 21)}"}\n`,
    "part:1 The first line does not end within the first",
  ],
  ["a gzip without an end", gzipSync(TEXT).subarray(0, 20), "part:1 The gzip data is truncated or corrupt"],
])("a file with %s is refused", async (_, text, message) => {
  const bytes = Buffer.from(text);
  for (const size of [100_000, bytes.length]) {
    const opening = openTextPart(streamOf(bytes, size), "part");
    await expect(opening).rejects.toThrow(FileError);
    await expect(opening).rejects.toThrow(message);
  }
});

test("what is broken is found behind the first records, and where records stand", async () => {
  const lines = [TEXT.repeat(20_000), "\n\r\n", TEXT, '{"Cost":1,"Late":2}\n', '{"Cost":'];
  for (const encoded of [Buffer.from(lines.join("")), gzipSync(lines.join(""))]) {
    const open = async () => openTextPart(streamOf(encoded, 70_000), "part");
    expect(await diagnosePart(await open(), "part")).toEqual({
      place: "part:40005 (record 40003)",
      problem: expect.stringContaining('the key "Late" is in none of the first records') as string,
    });
    expect(await linesOfRecords(await open(), [1, 40_001, 40_003, 50_000])).toEqual(
      new Map([
        [1, 1],
        [40_001, 40_003],
        [40_003, 40_005],
      ]),
    );
  }
});

test("a part of which nothing is wrong gets no diagnosis, and is closed", async () => {
  const stream = streamOf(Buffer.from(TEXT), 10);
  const part = await openTextPart(stream, "part");
  expect(await diagnosePart(part, "part")).toBeUndefined();
  expect(stream.destroyed).toBe(true);
});

function streamOf(bytes: Buffer, size = 64 * 1024): Readable {
  const count = Math.ceil(bytes.length / size);
  const chunks = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
  return Readable.from(chunks, { objectMode: false });
}
