import { describe, expect, test } from "vitest";
import { readCursor, writeCursor } from "../../src/http/cost-cursor.ts";
import type { CostCursor } from "../../src/http/cost-cursor.ts";
import { warningsHeader } from "../../src/http/cost-warnings.ts";
import { chooseEncoding, chooseFormat, FORMATS } from "../../src/http/formats.ts";

describe("the format of an answer", () => {
  test.each([
    [undefined, undefined, "json"],
    [undefined, "", "json"],
    [undefined, "*/*", "json"],
    [undefined, "text/html, */*;q=0.1", "json"],
    [undefined, "text/csv", "csv"],
    [undefined, "TEXT/CSV; charset=utf-8", "csv"],
    [undefined, "text/*", "csv"],
    [undefined, "application/json;q=0.5, application/x-ndjson", "ndjson"],
    [undefined, "application/vnd.apache.parquet", "parquet"],
    [undefined, "application/vnd.apache.arrow.stream, application/json", "arrow"],
    [undefined, "text/csv;q=0, application/*", "json"],
    ["parquet", "text/csv", "parquet"],
  ] as const)("format=%s and Accept: %s give %s's", (format, accept, name) => {
    expect(chooseFormat(format, accept)).toBe(FORMATS[name]);
  });

  test.each(["image/png", "text/csv;q=0", "application/xml, text/html"])("nothing fits Accept: %s", (accept) => {
    expect(() => chooseFormat(undefined, accept)).toThrow(/^Accept: .*application\/json, .*format=json\|/);
  });
});

describe("the compression of an answer", () => {
  test.each([
    ["csv", undefined, undefined],
    ["csv", "gzip, deflate, br, zstd", "gzip"],
    ["csv", "zstd", "zstd"],
    ["csv", "zstd, gzip;q=0.5", "zstd"],
    ["csv", "identity, gzip;q=0.5", undefined],
    ["csv", "gzip;q=0", undefined],
    ["csv", "br", undefined],
    ["arrow", "gzip", "gzip"],
    ["parquet", "gzip", undefined],
  ] as const)("%s for Accept-Encoding: %s is %s", (format, accepted, encoding) => {
    expect(chooseEncoding(FORMATS[format], accepted)).toBe(encoding);
  });
});

describe("a cursor", () => {
  const cursor: CostCursor = {
    moment: "2026-06-01 04:12:31.704739",
    publications: "7-20260601",
    changes: 7,
    offset: 20,
    time: { from: null, to: null },
    question: "question",
    tracking: null,
  };

  test("is read as it was written, and needs no quoting in a URL", () => {
    expect(readCursor(writeCursor(cursor), "question")).toEqual(cursor);
    expect(writeCursor(cursor)).toMatch(/^[\w-]+$/);
  });

  test.each([
    "",
    "x",
    "W10",
    "bnVsbA",
    "e30",
    Buffer.from('[2,"now","x",0,1,null,null,"question",null]').toString("base64url"),
  ])("is not %j", (text) => {
    expect(() => readCursor(text, "question")).toThrow("cursor: not one of ours");
  });

  test("of another question is refused", () => {
    expect(() => readCursor(writeCursor(cursor), "another")).toThrow("cursor: it belongs to another question");
  });
});

test("warnings in a header are ASCII, and end where a header should", () => {
  const warning = { code: "source_missing", message: "Größe & Söhne 🏷️\r\n", source: "größe" } as const;
  const header = warningsHeader([warning]);
  expect(header).toMatch(/^[ -~]*$/);
  expect(JSON.parse(header)).toEqual([warning]);
  const many = JSON.parse(warningsHeader(Array.from({ length: 500 }, () => warning))) as { message: string }[];
  expect(JSON.stringify(many).length).toBeLessThan(5_000);
  expect(many.at(-1)?.message).toBe(`${500 - many.length + 1} more warnings; JSON has all.`);
});
