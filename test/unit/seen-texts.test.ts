import { expect, test } from "vitest";
import { createSeenTexts } from "../../src/sources/seen-texts.ts";

test("a text that comes twice is known, others are not", () => {
  const isKnown = createSeenTexts();
  expect(["a", "b", "a", "", "b", ""].map(isKnown)).toEqual([false, false, true, false, true, true]);
});

test("of more texts than can be kept a share is, and no new one passes for known", () => {
  const isKnown = createSeenTexts(1000);
  for (let number = 0; number < 100_000; number++) expect(isKnown(`text ${number}`)).toBe(false);
  const page = Array.from({ length: 1000 }, (_, number) => isKnown(`text ${number}`)).filter(Boolean).length;
  // Between 500 and 1000 of the 100,000 are kept.
  expect(page).toBeGreaterThan(0);
  expect(page).toBeLessThan(30);
});
