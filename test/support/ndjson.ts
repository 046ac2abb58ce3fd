import { parse } from "csv-parse/sync";

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** The rows of a CSV text as lines of JSON: what reads as a number is one, with its digits; what is empty is null. */
export function ndjsonOf(csv: string): string {
  const rows: readonly Readonly<Record<string, string>>[] = parse(csv, { bom: true, columns: true });
  return rows.map((row) => `${recordOf(row)}\n`).join("");
}

function recordOf(row: Readonly<Record<string, string>>): string {
  const members = Object.entries(row).map(([key, text]) => `${JSON.stringify(key)}:${valueOf(text)}`);
  return `{${members.join(",")}}`;
}

function valueOf(text: string): string {
  if (text === "") return "null";
  return NUMBER.test(text) ? text : JSON.stringify(text);
}
