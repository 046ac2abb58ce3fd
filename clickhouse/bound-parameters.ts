import type { Parameters } from "./client.ts";

/** Collects the values of a statement while its words are put together. */
export type BoundParameters = {
  /** Takes a value and gives the word that stands for it; the same value of the same type is taken once. */
  readonly bind: (value: string | readonly string[], type: ParameterType) => string;
  readonly values: () => Parameters;
};

/** The types that values are sent as; an Identifier is a name of the answer's columns. */
export type ParameterType =
  | "String"
  | "Array(String)"
  | "Date"
  | "Array(Date)"
  | "UUID"
  | "Array(UUID)"
  | "Int32"
  | "UInt64"
  | "Decimal(76, 30)"
  | "DateTime64(6, 'UTC')"
  | "Identifier";

/** Makes an empty collection; parameters are called `v0`, `v1`, …. */
export function createParameters(): BoundParameters {
  const words = new Map<string, string>();
  const values: Record<string, string | readonly string[]> = {};
  return {
    bind(value, type) {
      const key = JSON.stringify([type, value]);
      const known = words.get(key);
      if (known !== undefined) return known;
      const name = `v${words.size}`;
      const word = `{${name}:${type}}`;
      words.set(key, word);
      values[name] = value;
      return word;
    },
    values: () => values,
  };
}
