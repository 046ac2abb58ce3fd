import { expect, test } from "vitest";
import { createPlaces } from "../../src/imports/places.ts";

test("so many work at once, the others in their turn", async () => {
  const { inside } = createPlaces(2);
  const works = [aWork(), aWork(), aWork()];
  const ended = works.map(({ work }) => inside(work));
  await settled();
  expect(works.map(({ hasBegun }) => hasBegun())).toEqual([true, true, false]);
  works[1]?.end();
  await settled();
  expect(works.map(({ hasBegun }) => hasBegun())).toEqual([true, true, true]);
  for (const { end } of works) end();
  expect(await Promise.all(ended)).toEqual(["done", "done", "done"]);
});

test("who waits for something else leaves the place to others, and works on when there is one again", async () => {
  const { inside, aside } = createPlaces(1);
  const answer = aWork();
  const other = aWork();
  const steps: string[] = [];
  const first = inside(async () => {
    await aside(async () => void (await answer.work()));
    steps.push("works on");
  });
  const second = inside(async () => steps.push(await other.work()));
  await settled();
  expect(other.hasBegun()).toBe(true);
  answer.end();
  await settled();
  expect(steps).toEqual([]);
  other.end();
  await Promise.all([first, second]);
  expect(steps).toEqual(["done", "works on"]);
});

test("a wait that fails gives the place back as well", async () => {
  const { inside, aside } = createPlaces(1);
  await expect(inside(() => aside(() => Promise.reject(new Error("stopped"))))).rejects.toThrow("stopped");
  expect(await inside(() => Promise.resolve("works"))).toBe("works");
});

function aWork() {
  let begun = false;
  let end = (): void => undefined;
  const ended = new Promise<"done">((resolve) => (end = () => resolve("done")));
  return {
    hasBegun: () => begun,
    end: () => end(),
    work: () => {
      begun = true;
      return ended;
    },
  };
}

/** Everything that can happen by itself has happened. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
