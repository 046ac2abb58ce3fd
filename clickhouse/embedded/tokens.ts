/** One lexical token of ClickHouse SQL; `start` and `end` are offsets into the text. "unclosed" runs to its end. */
export type Token = {
  readonly kind: "word" | "quoted" | "string" | "symbol" | "unclosed";
  readonly start: number;
  readonly end: number;
};

const BLANK = /\s+|--[^\n]*|#[ !][^\n]*/y;
const WORD = /[\p{L}\d_$]+/uy;
const HEREDOC = /\$\w*\$/y;

/** The tokens of a text from an offset on, without white space and comments. */
export function* tokenize(text: string, from = 0): Generator<Token> {
  let start = from;
  while (start < text.length) {
    const blank = blankEnd(text, start);
    if (blank > start) {
      start = blank;
      continue;
    }
    const token = tokenAt(text, start);
    yield token;
    start = token.end;
  }
}

function tokenAt(text: string, start: number): Token {
  const first = text[start];
  if (first === "'") return closed("string", start, quotedEnd(text, start, "'"), text);
  if (first === "`" || first === '"') return closed("quoted", start, quotedEnd(text, start, first), text);
  if (first === "/" && text[start + 1] === "*") return { kind: "unclosed", start, end: text.length };
  const mark = matchAt(HEREDOC, text, start);
  if (mark !== undefined) return closed("string", start, after(text, mark, start + mark.length), text);
  const word = matchAt(WORD, text, start);
  if (word !== undefined) return { kind: "word", start, end: start + word.length };
  return { kind: "symbol", start, end: start + 1 };
}

function blankEnd(text: string, start: number): number {
  if (text[start] === "/" && text[start + 1] === "*") return after(text, "*/", start + 2) ?? start;
  return start + (matchAt(BLANK, text, start)?.length ?? 0);
}

function quotedEnd(text: string, start: number, quote: string): number | undefined {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === quote) {
      if (text[index + 1] !== quote) return index + 1;
      index++;
    }
  }
  return undefined;
}

function closed(kind: "string" | "quoted", start: number, end: number | undefined, text: string): Token {
  return end === undefined ? { kind: "unclosed", start, end: text.length } : { kind, start, end };
}

function after(text: string, mark: string, from: number): number | undefined {
  const found = text.indexOf(mark, from);
  return found < 0 ? undefined : found + mark.length;
}

function matchAt(pattern: RegExp, text: string, start: number): string | undefined {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0];
}
