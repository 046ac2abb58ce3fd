import { shown } from "./cost-dimensions.ts";
import { InvalidRequestError } from "./errors.ts";

/** A piece of a filter's one-line form, and at which character it begins, counted from 1. */
export type FilterToken = {
  readonly kind: "word" | "text" | "sign" | "end";
  /** The word, the sign, or the text without its quotes. */
  readonly text: string;
  readonly position: number;
};

const SPACE = /\s+/y;
const SIGN = /!=|[=(),]/y;
const TEXT = /'((?:[^']|'')*)'/y;
const QUOTED_NAME = /(tag:|tracking:)'((?:[^']|'')*)'/iy;
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}_\-./:]*/uy;

/** The pieces of a line, with one of kind `end` behind them; throws InvalidRequestError where there is none. */
export function tokensOf(line: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  for (let index = 0; index < line.length;) {
    const space = matchAt(SPACE, line, index);
    const found = space === undefined ? tokenAt(line, index) : undefined;
    if (found !== undefined) tokens.push(found.token);
    index += (space?.[0] ?? found?.source ?? "").length;
  }
  return [...tokens, { kind: "end", text: "", position: line.length + 1 }];
}

function tokenAt(line: string, index: number): { token: FilterToken; source: string } {
  const position = index + 1;
  const token = (kind: FilterToken["kind"], text: string, source = text) => ({
    token: { kind, text, position },
    source,
  });
  const sign = matchAt(SIGN, line, index);
  if (sign !== undefined) return token("sign", sign[0]);
  const text = matchAt(TEXT, line, index);
  if (text !== undefined) return token("text", withoutDoubles(text[1]), text[0]);
  const name = matchAt(QUOTED_NAME, line, index);
  if (name !== undefined) return token("word", `${(name[1] ?? "").toLowerCase()}${withoutDoubles(name[2])}`, name[0]);
  const word = matchAt(WORD, line, index);
  if (word !== undefined) return token("word", word[0]);
  const place = `filter, character ${position}`;
  if (line[index] === "'") {
    throw new InvalidRequestError(`${place}: the quote is never closed. Write a quote in it twice.`);
  }
  throw new InvalidRequestError(
    `${place}: ${shown(String.fromCodePoint(line.codePointAt(index) ?? 0))} means nothing here. Values are in single quotes.`,
  );
}

function withoutDoubles(text = ""): string {
  return text.replaceAll("''", "'");
}

function matchAt(pattern: RegExp, line: string, index: number): RegExpExecArray | undefined {
  pattern.lastIndex = index;
  return pattern.exec(line) ?? undefined;
}
