import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FileError } from "../../src/domain/errors.ts";
import { openTextPart } from "../../src/sources/part-header.ts";

const TEXT = 'Date,"Cost, net",Tags\n05/01/2026,1,\n';

test.each([
  ["plain", Buffer.from(TEXT), "none"],
  ["gzipped", gzipSync(TEXT), "gzip"],
  ["in two gzip members, cut inside of the header", Buffer.concat([gzipSync("Da"), gzipSync(TEXT.slice(2))]), "gzip"],
  ["with a byte order mark", Buffer.from(`\uFEFF${TEXT}`), "none"],
  ["with CRLF", Buffer.from(TEXT.replaceAll("\n", "\r\n")), "none"],
  ["without any row or line end", Buffer.from('Date,"Cost, net",Tags'), "none"],
])("a file %s gives its header and all of its bytes, in whichever chunks it comes", async (_, bytes, encoding) => {
  for (const size of [1, 7, bytes.length]) {
    const part = await openTextPart(streamOf(bytes, size), "part.csv");
    expect(part.header).toEqual(["Date", "Cost, net", "Tags"]);
    expect(part.encoding).toBe(encoding);
    expect(await buffer(part.body)).toEqual(bytes);
  }
});

test("a name may have a line break in its quotes", async () => {
  const { header } = await openTextPart(streamOf(Buffer.from('Date,"Cost\n(Cost)"\r\n1,2\r\n')), "part.csv");
  expect(header).toEqual(["Date", "Cost\n(Cost)"]);
});

test("a file of equal rows, of which few bytes unzip to very many, gives its header", async () => {
  const bytes = gzipSync(`${TEXT}${"05/01/2026,1,\n".repeat(5_000_000)}`);
  const { header } = await openTextPart(streamOf(bytes), "part.csv");
  expect(header).toHaveLength(3);
});

test("a gzip that is broken behind the header is left to whoever reads that far", async () => {
  const bytes = gzipSync(`${TEXT}${Array.from({ length: 5000 }, (_, at) => `05/01/2026,${at * at},\n`).join("")}`);
  bytes.fill(0x55, bytes.length >> 1);
  expect((await openTextPart(streamOf(bytes), "part.csv")).header).toHaveLength(3);
});

test.each<[string, Buffer, string]>([
  ["empty", Buffer.alloc(0), "part.csv:1 The file is empty, but even an export without rows has a header."],
  ["empty once unzipped", gzipSync(""), "part.csv:1 The file is empty, but even an export without rows has a header."],
  ["with a blank first line", Buffer.from(`\r\n${TEXT}`), "part.csv:1 The first line is blank, but even an export"],
  ["only a byte order mark", Buffer.from("\uFEFF"), "part.csv:1 The first line is blank, but even an export"],
  ["a zip archive", Buffer.from("PK\u0003\u0004"), "part.csv: This is a zip archive, not CSV. Unpack it"],
  ["UTF-16", Buffer.from(`\uFEFF${TEXT}`, "utf16le"), "part.csv: This is UTF-16 text, not CSV. Save it as UTF-8."],
  ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le"), "part.csv:1 There are NUL bytes in the header: this is no"],
  [
    "in Latin-1",
    Buffer.from("Date,Cost,Gr\u00f6\u00dfe\n", "latin1"),
    "part.csv:1 The header is not UTF-8 text. Save the file as UTF-8.",
  ],
  ["with lines of CR", Buffer.from(TEXT.replaceAll("\n", "\r")), "part.csv:1 Lines end with a carriage return alone."],
  ["with an open quote", Buffer.from('Date,"Cost\n1,2\n'), "part.csv:1 The header is not CSV: Quote Not Closed"],
  ["without a line end", Buffer.alloc(2 ** 21, "x"), "part.csv:1 No header within the first 1048576 bytes."],
  ["of zeros, gzipped", gzipSync(Buffer.alloc(2 ** 26, "x")), "part.csv:1 No header within the first 1048576 bytes."],
  ["a gzip cut in the header", gzipSync(TEXT).subarray(0, 15), "part.csv:1 The gzip data is truncated or corrupt in"],
  ["a gzip that is none", Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), "part.csv:1 The gzip data is truncated or corrupt"],
])("a file %s is refused", async (_, bytes, message) => {
  for (const size of [1000, bytes.length]) {
    const opening = openTextPart(streamOf(bytes, size), "part.csv");
    await expect(opening).rejects.toThrow(FileError);
    await expect(opening).rejects.toThrow(message);
  }
});

test("closing the body closes what it would have read, though nobody has begun to read", async () => {
  const stream = streamOf(Buffer.from(TEXT), 7);
  const part = await openTextPart(stream, "part.csv");
  part.body.destroy();
  await new Promise((resolve) => part.body.once("close", resolve));
  expect(stream.destroyed).toBe(true);
});

test("a file that is refused is closed", async () => {
  const stream = streamOf(Buffer.from("PK\u0003\u0004 and much more"), 4);
  await expect(openTextPart(stream, "part.csv")).rejects.toThrow(FileError);
  expect(stream.destroyed).toBe(true);
});

function streamOf(bytes: Buffer, size = 256 * 1024): Readable {
  const count = Math.ceil(bytes.length / size);
  const chunks = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
  return Readable.from(chunks, { objectMode: false });
}
