import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { columnsDocument } from "../../tools/columns-document.ts";

test("docs/columns.md is what the code says", () => {
  const written = readFileSync(new URL("../../docs/columns.md", import.meta.url), "utf8");
  expect(written, "docs/columns.md is not up to date: run npm run docs").toBe(columnsDocument());
});
