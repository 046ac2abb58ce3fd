import { expect, test } from "vitest";
import { fillAnswers, listQuestions } from "../../tools/documents/answered-document.ts";
import { layOutJson } from "../../tools/documents/json-layout.ts";

const DOCUMENT = [
  "What is it?",
  "```sql\nSELECT 1\n```",
  "```text\nold\n```",
  "An example, and no question:",
  "```sh\nnpm start\n```",
  "A question whose answer is not printed:",
  "```sql\nSELECT 2\n```",
  "With a word between, this is nobody's answer:",
  "```text\nstays\n```",
].join("\n\n");

const echo = async (text: string): Promise<string> => `answer to ${text}`;

test("a block of SQL or a command is a question, and the block right behind it its answer", () => {
  expect(listQuestions(DOCUMENT).map(({ kind, text, answer }) => [kind, text, answer?.text])).toEqual([
    ["sql", "SELECT 1\n", "old\n"],
    ["sql", "SELECT 2\n", undefined],
  ]);
});

test("answers are filled in, and nothing else changes", async () => {
  const filled = await fillAnswers(DOCUMENT, { sql: echo, sh: echo, python: echo });
  expect(filled).toBe(DOCUMENT.replace("old\n", "answer to SELECT 1\n"));
});

test("what cannot be asked here stays as it was printed", async () => {
  const document = "```python\nprint(1)\n```\n\n```text\n1\n```\n";
  expect(await fillAnswers(document, { sql: echo, sh: echo, python: async () => undefined })).toBe(document);
});

test("JSON is broken into lines without a change of its values", () => {
  const long = "x".repeat(140);
  const json = `{"a":[1.000000000000000000000000000001,-2e9,null],"b":{},"c":"{\\"}: [,]","d":["${long}",[]]}`;
  expect(layOutJson(json)).toBe(`{
  "a": [1.000000000000000000000000000001, -2e9, null],
  "b": {},
  "c": "{\\"}: [,]",
  "d": [
    "${long}",
    []
  ]
}`);
});
