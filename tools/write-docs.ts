import { readFileSync, writeFileSync } from "node:fs";
import { columnsDocument } from "./columns-document.ts";
import { fillAnswers } from "./documents/answered-document.ts";
import { ANSWERED } from "./documents/answered.ts";
import { openScene } from "./documents/scene.ts";

// Writes the documents that are made from the code, and the answers that others print.
const place = (name: string) => new URL(`../docs/${name}`, import.meta.url);

writeFileSync(place("columns.md"), columnsDocument());
const scene = await openScene();
try {
  for (const name of ANSWERED) {
    writeFileSync(place(name), await fillAnswers(readFileSync(place(name), "utf8"), scene));
  }
} finally {
  await scene.close();
}
