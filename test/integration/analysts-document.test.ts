import { readFileSync } from "node:fs";
import Big from "big.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillAnswers, listQuestions } from "../../tools/documents/answered-document.ts";
import { ANSWERED } from "../../tools/documents/answered.ts";
import { openScene, type Scene } from "../../tools/documents/scene.ts";

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

const questions = read("analysts.md")
  .split(/^### (?=\d+\. )/m)
  .slice(1);

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 300_000);
afterAll(async () => scene.close());

test.each(ANSWERED)("docs/%s prints what is answered", async (name) => {
  const document = read(name);
  expect(await fillAnswers(document, scene), `docs/${name} is not up to date: run npm run docs`).toBe(document);
});

/** The questions whose two answers are about the same: those of the others are grouped otherwise. */
const ASKED_ALIKE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

test.each(ASKED_ALIKE)("question %i has the same amounts in SQL and over HTTP", (number) => {
  const asked = listQuestions(questions[number - 1] ?? "");
  const printed = (kind: string) => asked.filter((one) => one.kind === kind).map(({ answer }) => answer?.text ?? "");
  const bySql = printed("sql").flatMap((text) => text.match(/(?<=[ │])-?\d+(\.\d+)?(?= +│)/g) ?? []);
  // In JSON what counts are the changes, not their total.
  const lines = printed("sh").map((text) => text.slice(Math.max(text.indexOf('"changes"'), 0)));
  const byHttp = lines.flatMap((text) => text.match(/(?<=,|"difference": ")-?\d+(\.\d+)?(?=[,"\n])/g) ?? []);
  const rounded = new Set(byHttp.map((amount) => new Big(amount).round(2).toFixed()));
  expect(rounded.size).toBeGreaterThan(1);
  const known = new Set(bySql.map((amount) => new Big(amount).toFixed()));
  expect([...rounded].filter((amount) => !known.has(amount))).toEqual([]);
});

test("docs/analysts.md has twelve questions, each asked in SQL and over HTTP, and each with rows for an answer", () => {
  expect(questions.map((text) => Number.parseInt(text, 10))).toEqual(
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
  for (const text of questions) {
    const [title = ""] = text.split("\n");
    const asked = listQuestions(text);
    expect(new Set(asked.map(({ kind }) => kind)), `${title} is asked`).toEqual(new Set(["sql", "sh"]));
    for (const { answer } of asked.filter((one) => one.answer !== undefined)) {
      expect(answer?.text.trim().split("\n").length, `lines of an answer to ${title}`).toBeGreaterThan(1);
      expect(answer?.text, `an answer to ${title}`).not.toMatch(/^\{\s*"error"/);
    }
  }
});
