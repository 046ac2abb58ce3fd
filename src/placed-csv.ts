import type { Mistake, Place } from "./yaml-file.ts";

/** A field of a CSV text, and where its text begins: behind the quote where it has one. */
export type PlacedField = Place & { readonly text: string };

/**
 * The records of a CSV text with the place of each field; empty lines are left out. Fields are divided by commas, or by
 * semicolons where the first line has no comma. Reports what cannot be read.
 */
export function parsePlacedCsv(text: string, report: (mistake: Mistake) => void): PlacedField[][] {
  const [firstLine = ""] = text.split("\n", 1);
  const divider = firstLine.includes(";") && !firstLine.includes(",") ? ";" : ",";
  const records: PlacedField[][] = [];
  let record: PlacedField[] = [];
  let [line, lineStart, at] = [1, 0, 0];
  const newLine = () => {
    line++;
    lineStart = at;
  };
  while (at < text.length) {
    const isQuoted = text[at] === '"';
    if (isQuoted) at++;
    const begins = { line, column: at - lineStart + 1 };
    const field = isQuoted ? quoted() : plain();
    record.push({ ...begins, text: field });
    if (text[at] === divider) {
      at++;
      if (at < text.length) continue;
      record.push({ line, column: at - lineStart + 1, text: "" });
    }
    if (text.startsWith("\r\n", at)) at++;
    at++;
    newLine();
    if (record.length > 1 || record[0]?.text !== "") records.push(record);
    record = [];
  }
  return records;

  function plain(): string {
    const start = at;
    while (at < text.length && text[at] !== divider && text[at] !== "\n") at++;
    if (text[at] === "\n" && text[at - 1] === "\r" && at > start) at--;
    return text.slice(start, at);
  }

  function quoted(): string {
    const opened = { line, column: at - lineStart };
    let field = "";
    for (;;) {
      const character = text[at];
      at++;
      if (character === undefined) {
        report({ ...opened, message: "the quote is not closed; expected another one behind the text" });
        return field;
      }
      if (character === '"' && text[at] !== '"') break;
      if (character === '"') at++;
      field += character;
      if (character === "\n") newLine();
    }
    const rest = plain();
    const message = "expected nothing between the closing quote and the divider";
    if (rest.trim() !== "") report({ ...opened, message });
    return field;
  }
}
