import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diagnosePart, linesOfRecords } from "../../src/sources/diagnose.ts";
import { openTextPart } from "../../src/sources/part-header.ts";

const HEADER = "Date,Cost,Tags\n";

const CUT = "x".repeat(78);

test.each([
  ["too few fields", "1,2,3\n4,5\n6,7,8\n", ":3 (record 2)", counts(2, 'Tags is missing in "4,5"')],
  ["one field", "1,2,3\n4\n6,7,8\n", ":3 (record 2)", counts(1, 'Cost and what follows is missing in "4"')],
  ["too many fields", "1,2,3\n4,5,6,7\n", ":3 (record 2)", counts(4, 'behind Tags follows "7"')],
  ["a comma at the end", "1,2,3,\n4,5,6\n", ":2 (record 1)", counts(4, 'behind Tags follows ""')],
  ["a cut last record", "1,2,3\n4,5", ":3 (record 2)", counts(2, 'Tags is missing in "4,5"')],
  [
    "a long record that is cut",
    `1,2,3\n4,${CUT}xx`,
    ":3 (record 2)",
    counts(2, `Tags is missing in "4,${CUT}"`), // 80 characters
  ],
  ["an open quote at the end", '1,2,3\n4,5,"6', ":3 (record 2)", 'Tags: a quote is opened and never closed: ""6"'],
  [
    "an open quote in front of more than can be shown",
    `1,2,3\n4,5,"x${CUT}${CUT}`,
    ":3 (record 2)",
    `Tags: a quote is opened and never closed: ""x${CUT}"`,
  ],
  [
    "an open quote in the middle",
    '1,2,3\n4,"5,6 7,8,"x"',
    ":3 (record 2)",
    'Cost: a quote is not closed, or one inside of the field is not doubled: ""5,6 7,8,"x""',
  ],
  [
    "text behind a closing quote, with commas in quotes before",
    '"1,"",1","2"x,3',
    ":2 (record 1)",
    'Cost: a quote is not closed, or one inside of the field is not doubled: ""2"x,3"',
  ],
  [
    "a quote inside of a field",
    '1,2,3\n1,2,3" rack',
    ":3 (record 2)",
    'Tags: a quote stands inside of a field that does not begin with one: "3" rack"',
  ],
  [
    "a quote in a field too many",
    '1,2,3\n1,2,3,4"',
    ":3 (record 2)",
    'column 4, behind the last of the header: a quote stands inside of a field that does not begin with one: "4""',
  ],
])("the place and the text of %s are named", async (_, rows, place, problem) => {
  for (const text of [`${HEADER}${rows}`, `\uFEFF${HEADER}${rows}`, `${HEADER}${rows}`.replaceAll("\n", "\r\n")]) {
    const expected = { place: `part.csv${place}`, problem };
    expect(await diagnose(Buffer.from(text))).toEqual(expected);
    expect(await diagnose(Buffer.from(text), 7)).toEqual(expected);
    expect(await diagnose(gzipSync(text))).toEqual(expected);
  }
});

test("text of several lines is told on one", async () => {
  const diagnosis = await diagnose(Buffer.from(`${HEADER}1,2,"a\r\n\tb`));
  expect(diagnosis?.problem).toBe('Tags: a quote is opened and never closed: ""a\\r\\n\\tb"');
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
  expect(diagnosis).toEqual({
    place: "part.csv:2 (record 1)",
    problem: `Tags: a quote is opened and not closed within 16 MB: ""${"x".repeat(79)}"`,
  });
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
      const part = await openTextPart(streamOf(Buffer.from(text), size), "part.csv");
      expect(await linesOfRecords(part, [...expected.keys()])).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test("records that the part does not have are not found, and no more is read than needed", async () => {
  const stream = streamOf(Buffer.from(`${HEADER}${"1,2,3\n".repeat(100_000)}`), 1024);
  const part = await openTextPart(stream, "part.csv");
  expect(await linesOfRecords(part, [3, 7])).toEqual(
    new Map([
      [3, 4],
      [7, 8],
    ]),
  );
  expect(stream.readableEnded).toBe(false);
  const short = await openTextPart(streamOf(Buffer.from(`${HEADER}1,2,3\n`)), "part.csv");
  expect(await linesOfRecords(short, [1, 2])).toEqual(new Map([[1, 2]]));
});

async function diagnose(bytes: Buffer, chunkSize?: number) {
  const part = await openTextPart(streamOf(bytes, chunkSize), "part.csv");
  return diagnosePart(part, "part.csv");
}

function counts(found: number, what: string): string {
  return `the header has 3 fields, this record ${found}: ${what}`;
}

function streamOf(bytes: Buffer, size = 64 * 1024): Readable {
  const count = Math.ceil(bytes.length / size);
  const chunks = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
  return Readable.from(chunks, { objectMode: false });
}
