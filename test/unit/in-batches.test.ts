import fc from "fast-check";
import { expect, test } from "vitest";
import { inBatches } from "../../src/domain/in-batches.ts";

test("results come in the order of the items, whatever finishes first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer()),
      fc.integer({ min: 1, max: 5 }),
      fc.scheduler(),
      async (items, limit, s) => {
        const work = s.scheduleFunction(async (item: number) => item * 2);
        const results = inBatches(items, limit, work);
        await s.waitFor(results);
        expect(await results).toEqual(items.map((item) => item * 2));
      },
    ),
  );
});

test("no more than the limit are under way, and the limit is used", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 20 }), fc.integer({ min: 1, max: 5 }), fc.scheduler(), async (count, limit, s) => {
      let underWay = 0;
      let most = 0;
      const wait = s.scheduleFunction(async () => undefined);
      const results = inBatches(Array.from({ length: count }), limit, async () => {
        most = Math.max(most, ++underWay);
        await wait();
        underWay--;
      });
      await s.waitFor(results);
      expect(most).toBe(Math.min(limit, count));
    }),
  );
});

test("each item is worked on exactly once", async () => {
  const seen: string[] = [];
  await inBatches(["a", "b", "c", "d", "e"], 2, async (item) => seen.push(item));
  expect(seen.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
});

test("after a failure nothing further is begun, what is under way is waited for, and the first failure is thrown", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  let fail: (error: Error) => void = () => undefined;
  let finish: () => void = () => undefined;
  const failing = new Promise<void>((_, reject) => (fail = reject));
  const slow = new Promise<void>((resolve) => (finish = resolve));
  const results = inBatches([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    await (item === 0 ? failing : slow);
    ended.push(item);
  });
  let isOver = false;
  const outcome = results.then(
    () => "done",
    (error: unknown) => String(error),
  );
  void outcome.then(() => (isOver = true));
  fail(new Error("the first"));
  await new Promise((resolve) => setImmediate(resolve));
  expect([isOver, begun, ended]).toEqual([false, [0, 1], []]);
  finish();
  expect(await outcome).toBe("Error: the first");
  expect([begun, ended]).toEqual([[0, 1], [1]]);
});

test("nothing to do is done at once", async () => {
  expect(await inBatches([], 3, () => Promise.reject(new Error("never")))).toEqual([]);
});
