import { expect, test } from "vitest";
import { parseMonth } from "../../src/domain/month.ts";
import type { Page } from "../../src/sources/api-pages.ts";
import { requireUsage } from "../../src/sources/usage-pages.ts";

const ASKED = { month: parseMonth("2026-05"), place: "/subscriptions/1" };

test("pages of one month are given as they are, and read once", async () => {
  expect(await given([["a", "b"], ["c"]])).toEqual({ ids: ["a", "b", "c"], readings: 1 });
});

test("items that one answer holds twice are meant so", async () => {
  expect(await given([["a", "b", "a"], ["c"]])).toEqual({ ids: ["a", "b", "a", "c"], readings: 1 });
});

test("an item that an earlier page had is meant so where all is the same when it is read once more", async () => {
  expect(await given([["a", "b"], ["b", "c"], ["a"]])).toEqual({ ids: ["a", "b", "b", "c", "a"], readings: 2 });
});

test.each<[string, string[][], string[][]]>([
  [
    "items have moved to the next page",
    [
      ["a", "b"],
      ["b", "c"],
    ],
    [
      ["x", "a"],
      ["b", "c"],
    ],
  ],
  [
    "items have changed places, so that others are missing",
    [
      ["a", "b"],
      ["b", "d"],
    ],
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
])("is not whole where it is another one by then: %s", async (_, first, second) => {
  await expect(given(first, second)).rejects.toThrow(/^\/subscriptions\/1: the answer holds 1 item that came before/);
});

test("a page of nothing but items that came before is a page that came twice, in whatever order", async () => {
  await expect(
    given([
      ["a", "b", "c"],
      ["c", "b"],
    ]),
  ).rejects.toThrow(/^page 2: the answer holds nothing but items/);
});

test("lines without an id are never taken for one", async () => {
  expect(
    await given([
      ["", ""],
      ["", ""],
    ]),
  ).toEqual({ ids: ["", "", "", ""], readings: 1 });
});

/** What comes of pages with items of these ids; of other ones when they are read once more. */
async function given(first: readonly string[][], second = first) {
  let readings = 0;
  async function* read(): AsyncGenerator<Page, void> {
    for (const [index, ids] of (readings++ === 0 ? first : second).entries()) {
      yield { place: `page ${index + 1}`, items: ids.map((id) => ({ id, date: "2026-05-01" })) };
    }
  }
  const ids: unknown[] = [];
  for await (const { items } of requireUsage(read, ASKED)) ids.push(...items.map(({ id }) => id));
  return { ids, readings };
}
