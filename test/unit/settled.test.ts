import { expect, test } from "vitest";
import { settled } from "../../src/domain/settled.ts";

test("gives the results of all", async () => {
  expect(await settled(Promise.resolve(1), "two", undefined)).toEqual([1, "two", undefined]);
});

test("waits for all before it throws what failed first in their order", async () => {
  const ended: string[] = [];
  const slow = new Promise<void>((resolve) => setImmediate(resolve)).then(() => void ended.push("slow"));
  const early = Promise.reject(new Error("early"));
  const late = slow.then(() => Promise.reject(new Error("late")));

  await expect(settled(late, early, slow)).rejects.toThrow("late");
  expect(ended).toEqual(["slow"]);
});
