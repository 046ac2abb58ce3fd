import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diagnosePart, linesOfRecords } from "../../src/sources/diagnose.ts";
import { openPart } from "../../src/sources/part-header.ts";

const HEADER = "Date,Cost,Tags\n";

test.each([
  ["too few fields", "1,2,3\n4,5\n6,7,8\n", ":3 (record 2)", "the header has 3 fields, this record 2"],
  ["too many fields", "1,2,3\n4,5,6,7\n", ":3 (record 2)", "the header has 3 fields, this record 4"],
  ["a comma at the end", "1,2,3,\n4,5,6\n", ":2 (record 1)", "the header has 3 fields, this record 4"],
  ["a cut last record", "1,2,3\n4,5", ":3 (record 2)", "the header has 3 fields, this record 2"],
  ["an open quote at the end", '1,2,3\n4,5,"6\n', ":3 (record 2)", "Tags: a quote is opened and never closed"],
  [
    "an open quote in the middle",
    '1,2,3\n4,"5,6\n7,8,"x"\n',
    ":3 (record 2)",
    "Cost: a quote is not closed, or one inside of the field is not doubled",
  ],
  [
    "text behind a closing quote",
    '1,"2"x,3\n',
    ":2 (record 1)",
    "Cost: a quote is not closed, or one inside of the field is not doubled",
  ],
  [
    "a quote inside of a field",
    '1,2,3\n1,2,3"\n',
    ":3 (record 2)",
    "Tags: a quote stands inside of a field that does not begin with one",
  ],
])("the place of %s is named", async (_, rows, place, problem) => {
  for (const text of [`${HEADER}${rows}`, `\uFEFF${HEADER}${rows}`, `${HEADER}${rows}`.replaceAll("\n", "\r\n")]) {
    const expected = { place: `part.csv${place}`, problem };
    expect(await diagnose(Buffer.from(text))).toEqual(expected);
    expect(await diagnose(gzipSync(text))).toEqual(expected);
  }
});

test("a record behind line breaks in quotes and blank lines begins on its line of the file", async () => {
  for (const end of ["\n", "\r\n"]) {
    const text = [HEADER.trim(), '1,2,"a', "b", "", 'c"', "", "", "4,5,6", "7,8", ""].join(end);
    expect(await diagnose(Buffer.from(text))).toMatchObject({ place: "part.csv:9 (record 3)" });
  }
});

test("a part with nothing wrong gives nothing", async () => {
  expect(await diagnose(Buffer.from(`${HEADER}1,2,3\n\n"",,\n\n`))).toBeUndefined();
  expect(await diagnose(Buffer.from(HEADER.trim()))).toBeUndefined();
  expect(await diagnose(gzipSync(HEADER))).toBeUndefined();
});

describe("of a gzip", () => {
  // Numbers without a pattern, so that it is large enough to be cut anywhere.
  const rows = Array.from({ length: 20_000 }, (_, at) => `${at},${(at * 7919) % 10_007},\n`);
  const bytes = gzipSync(`${HEADER}${rows.join("")}`);

  test("that is truncated, the line is told up to which it could be read", async () => {
    for (const cut of [1, 4, 8, 9, 100, bytes.length >> 1]) {
      const diagnosis = await diagnose(bytes.subarray(0, -cut));
      expect(diagnosis?.place).toBe("part.csv");
      expect(diagnosis?.problem).toMatch(
        /^the gzip data ends too early, the file is truncated; read up to line [1-9]\d+$/,
      );
    }
  });

  test("with a wrong checksum or length this is told", async () => {
    for (const at of [-8, -1]) {
      const wrong = Buffer.from(bytes);
      wrong[wrong.length + at] = (wrong.at(at) ?? 0) ^ 1;
      const problem =
        /^the gzip data is corrupt \(wrong checksum or bytes\), or other bytes follow it; read up to line/;
      expect((await diagnose(wrong))?.problem).toMatch(problem);
    }
  });

  test("followed by other bytes this is told, zeros included", async () => {
    expect((await diagnose(Buffer.concat([bytes, Buffer.from("more")])))?.problem).toMatch(/other bytes follow it/);
    expect(await diagnose(Buffer.concat([bytes, Buffer.alloc(512)]))).toEqual({
      place: "part.csv",
      problem: expect.stringMatching(/^other bytes follow the gzip data; read up to line 2000\d$/) as string,
    });
  });

  test("of several members nothing is wrong", async () => {
    expect(await diagnose(Buffer.concat([bytes, gzipSync("1,2,3\n")]))).toBeUndefined();
  });
});

test("a quote that is never closed does not fill the memory", async () => {
  const text = `${HEADER}1,2,"${"x".repeat(40 * 1024 * 1024)}\n`;
  const diagnosis = await diagnose(Buffer.from(text));
  expect(diagnosis).toEqual({ place: "part.csv:2 (record 1)", problem: "Tags: a quote is opened and never closed" });
});

test("the lines of records are found in any file, however it is cut into chunks", async () => {
  const fields = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", "é", "😀"), maxLength: 6 });
  const rows = fc.array(fc.record({ tag: fields, blanksBefore: fc.nat({ max: 2 }) }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom("\n", "\r\n"), fc.integer({ min: 1, max: 9 }), async (list, end, size) => {
      let text = `Date,Tags${end}`;
      const expected = new Map<number, number>();
      for (const [at, { tag, blanksBefore }] of list.entries()) {
        text += end.repeat(blanksBefore);
        expected.set(at + 1, text.split("\n").length);
        text += `1,"${tag.replaceAll('"', '""')}"${end}`;
      }
      const part = await openPart(streamOf(Buffer.from(text), size), "part.csv");
      expect(await linesOfRecords(part, [...expected.keys()])).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test("records that the part does not have are not found, and no more is read than needed", async () => {
  const stream = streamOf(Buffer.from(`${HEADER}${"1,2,3\n".repeat(100_000)}`), 1024);
  const part = await openPart(stream, "part.csv");
  expect(await linesOfRecords(part, [3, 7])).toEqual(
    new Map([
      [3, 4],
      [7, 8],
    ]),
  );
  expect(stream.readableEnded).toBe(false);
  const short = await openPart(streamOf(Buffer.from(`${HEADER}1,2,3\n`)), "part.csv");
  expect(await linesOfRecords(short, [1, 2])).toEqual(new Map([[1, 2]]));
});

async function diagnose(bytes: Buffer) {
  const part = await openPart(streamOf(bytes), "part.csv");
  return diagnosePart(part, "part.csv");
}

function streamOf(bytes: Buffer, size = 64 * 1024): Readable {
  const count = Math.ceil(bytes.length / size);
  const chunks = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
  return Readable.from(chunks, { objectMode: false });
}
