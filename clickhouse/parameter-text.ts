import { WarehouseError } from "../src/domain/errors.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "'": "\\'",
  "\\": "\\\\",
};

/** A value as the URL parameter `param_…` takes it: text escaped as in TSV, lists in ClickHouse's brackets. */
export function parameterText(value: unknown): string {
  if (value === null || value === undefined) return "\\N";
  return Array.isArray(value) ? listText(value) : escaped(plainText(value));
}

function listText(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (value === null) return "NULL";
    if (Array.isArray(value)) return listText(value);
    return typeof value === "string" ? `'${escaped(value)}'` : plainText(value);
  });
  return `[${items.join(",")}]`;
}

function plainText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "1" : "0";
    default:
      throw new WarehouseError(
        `A parameter of the type ${typeof value} has no text. Give text, numbers or lists of them.`,
      );
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\t\n\r'\\]/g, (character) => ESCAPES[character] ?? character);
}
