import { stringify } from "lossless-json";
import { describe, expect, test } from "vitest";
import { openEaAnswer } from "../../src/sources/ea-answer.ts";

const URL_ASKED = "https://consumption.azure.com/v3/enrollments/100/billingPeriods/202605/usagedetails";
const NEXT = `${URL_ASKED}?$skiptoken=a%2Bb==`;
const ITEM = { meterId: "m", cost: 0.5 };

const open = (body: unknown, url = URL_ASKED) =>
  openEaAnswer({ text: typeof body === "string" ? body : JSON.stringify(body), url, place: "GET x page 1" });

describe("an answer of the EA reporting API", () => {
  test.each([
    ["data", { id: "e", data: [ITEM], nextLink: NEXT }],
    ["value", { value: [ITEM], "@odata.nextLink": NEXT }],
    ["content", { content: [ITEM], nextPageLink: NEXT }],
    ["names with capitals", { Data: [ITEM], NextLink: NEXT }],
    [
      "more than one field, of which one is a list",
      { content: null, data: [ITEM], nextLink: null, nextPageLink: NEXT },
    ],
  ])("gives the items and the next link of an envelope: %s", (_, body) => {
    const { items, next } = open(body);
    expect(stringify(items)).toBe('[{"meterId":"m","cost":0.5}]');
    expect(next).toBe(NEXT);
  });

  test.each([
    ["a bare list", [ITEM]],
    ["no link", { data: [ITEM] }],
    ["an empty link", { data: [ITEM], nextLink: "" }],
    ["null", { content: [ITEM], nextLink: null }],
    ["no more data", { content: [ITEM], hasMoreData: false }],
  ])("is the last with %s", (_, body) => {
    expect(open(body)).toMatchObject({ items: { length: 1 }, next: null });
  });

  test("keeps every digit, also behind a byte order mark", () => {
    const { items } = open('\uFEFF{"data":[{"cost":0.12345678901234567890123456789,"quantity":1E-7}]}');
    expect(stringify(items)).toBe('[{"cost":0.12345678901234567890123456789,"quantity":1E-7}]');
  });

  test.each([
    ["?month=2026-05&pageindex=0&fmt=json", "?month=2026-05&pageindex=1&fmt=json"],
    ["?pageIndex=9&x=%20a", "?pageIndex=10&x=%20a"],
    ["?month=2026-05", "?month=2026-05&pageindex=1"],
    ["", "?pageindex=1"],
  ])("that has more data is followed by the next index: %s", (query, next) => {
    expect(open({ data: [ITEM], hasMoreData: true }, `https://ea.azure.cn/rest/1/usage-report${query}`).next).toBe(
      `https://ea.azure.cn/rest/1/usage-report${next}`,
    );
  });

  test("is followed by its link, whatever it says of more data", () => {
    expect(open({ data: [ITEM], hasMoreData: false, nextLink: NEXT }).next).toBe(NEXT);
    expect(open({ data: [ITEM], hasMoreData: true, nextLink: NEXT }).next).toBe(NEXT);
    expect(open({ data: [ITEM], nextLink: "/v3/next?page=2" }).next).toBe(
      "https://consumption.azure.com/v3/next?page=2",
    );
  });

  test("that has more data, but no items, is no progress", () => {
    expect(() => open({ data: [], hasMoreData: "True" })).toThrow(/announces more data, but is an empty page/);
  });

  test.each([
    ["an empty list", []],
    ["null for a list", { content: null }],
    ["the title of a CSV file", '"Usage Data Extract"'],
    [
      "title and header",
      '\uFEFF"Usage Data Extract",\r\n"",\r\n"AccountOwnerId","Account Name","Date","ExtendedCost"\r\n',
    ],
  ])("of a month without usage has no items: %s", (_, body) => {
    expect(open(body)).toEqual({ items: [], next: null, saysNothing: true });
  });

  test("that is empty may be the last of several", () => {
    expect(open({ data: [], nextLink: null })).toEqual({ items: [], next: null });
  });

  test("is refused where it is CSV with rows, since nobody could tell that it was cut off", () => {
    expect(() => open('"Usage Data Extract"\n\n"Date","ExtendedCost"\n"05/01/2026","1"\n')).toThrow(
      expect.objectContaining({
        name: "ApiRefusalError",
        message: expect.stringMatching(/CSV with rows.*set the source's api/) as string,
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["half of the text", '{"data":[{"cost":0.5},{"cost'],
    ["a page of a proxy", "<html>Bad gateway</html>"],
    ["an error under status 200", { error: { code: "500", message: "failed" } }],
    ["a list of something else", { data: ["cost"] }],
    ["a text", '"ok"'],
  ])("cannot be read: %s", (_, body) => {
    expect(() => open(body)).toThrow(
      expect.objectContaining({ name: "ApiError", message: expect.stringMatching(/^GET x page 1: /) as string }),
    );
  });
});
