import { type Cursor, decode, literal } from "./cursor.ts";
import { ClickHouseException, unsupported } from "./exception.ts";
import type { Command } from "./statement.ts";
import type { Token } from "./tokens.ts";

/** An INSERT whose rows are not in the statement but behind it. */
export type Insert = {
  readonly kind: "insert";
  readonly format: string;
  /** Offset of the first byte of data in the text. */
  readonly dataStart: number;
  /** The statement that reads the data from a pipe; the compression is the engine's name for it, such as gzip. */
  from(path: string, compression: string): string;
};

/** Reads `INSERT INTO …` up to its data; without data behind it (INSERT … SELECT) it is an ordinary command. */
export function parseInsert(cursor: Cursor): Insert | Command {
  cursor.next();
  if (cursor.isWord("INTO")) cursor.next();
  if (cursor.isWord("TABLE")) cursor.next();
  const isFunction = cursor.isWord("FUNCTION");
  if (isFunction) cursor.next();
  skipName(cursor);
  if (isFunction) cursor.parentheses();
  skipColumns(cursor);
  const targetEnd = cursor.end;
  if (cursor.isWord("FROM")) throw unsupported("FROM INFILE (it would read the warehouse's own files)");
  while (!cursor.isWord("VALUES", "FORMAT", "SELECT", "WITH", "WATCH") && !cursor.isSymbol("(")) {
    if (cursor.next() === undefined) break;
  }
  const clause = cursor.peek();
  if (cursor.isWord("VALUES") && clause !== undefined) {
    cursor.next();
    return directInsert(cursor, targetEnd, clause, "Values", cursor.end);
  }
  if (cursor.isWord("FORMAT") && clause !== undefined) {
    cursor.next();
    const format = formatName(cursor);
    return directInsert(cursor, targetEnd, clause, format, dataStart(cursor));
  }
  return insertSelect(cursor);
}

function directInsert(cursor: Cursor, targetEnd: number, clause: Token, format: string, start: number): Insert {
  const target = decode(cursor.text.slice(0, targetEnd));
  const settings = decode(cursor.text.slice(targetEnd, clause.start));
  return {
    kind: "insert",
    format,
    dataStart: start,
    from: (path, compression) =>
      `${target} FROM INFILE ${literal(path)} COMPRESSION ${literal(compression)}${settings} FORMAT ${format}`,
  };
}

/**
 * `INSERT … SELECT … FROM input('<structure>') … FORMAT <format>`: the engine as a library has no input to read from,
 * it would insert nothing without a word; the table function file() on a pipe does the same.
 */
function insertSelect(cursor: Cursor): Insert | Command {
  let input: readonly [start: number, end: number, structure: string] | undefined;
  for (;;) {
    const token = cursor.next();
    if (token === undefined || cursor.atSemicolon(token)) break;
    const word = cursor.wordAt(token);
    if (word === "INPUT" && cursor.isSymbol("(")) {
      const inside = cursor.parentheses();
      if (inside !== undefined) input = [token.start, inside[1], cursor.text.slice(inside[0] + 1, inside[1] - 1)];
    } else if (word === "FORMAT" && cursor.depth === 0 && input !== undefined && !cursor.isAfterAs) {
      const [start, end, structure] = input;
      const before = decode(cursor.text.slice(0, start));
      const behind = decode(cursor.text.slice(end, token.start));
      const format = formatName(cursor);
      const from = (path: string, compression: string) =>
        `${before}file(${literal(path)}, ${literal(format)}, ${decode(structure)}, ${literal(compression)})${behind}`;
      return { kind: "insert", format, dataStart: dataStart(cursor), from };
    }
  }
  if (input !== undefined) {
    const detail = "FORMAT must be specified for function input(), behind everything else";
    throw new ClickHouseException(477, "INVALID_USAGE_OF_INPUT", detail);
  }
  cursor.requireEnd();
  return { kind: "command", sql: decode(cursor.text.slice(0, cursor.end)), changesSession: false, isKill: false };
}

function skipName(cursor: Cursor): void {
  cursor.next();
  while (cursor.isSymbol(".")) {
    cursor.next();
    cursor.next();
  }
}

/** `(a, b)` is a list of columns, `(SELECT …)` is where the rows come from. */
function skipColumns(cursor: Cursor): void {
  const saved = cursor.peek();
  if (saved === undefined || !cursor.isSymbol("(")) return;
  if (cursor.wordBehind(saved) === "SELECT" || cursor.wordBehind(saved) === "WITH") return;
  cursor.parentheses();
}

function formatName(cursor: Cursor): string {
  const token = cursor.next();
  if (token?.kind === "word") return cursor.text.slice(token.start, token.end);
  throw new ClickHouseException(62, "SYNTAX_ERROR", "Syntax error: expected a format's name");
}

/** Data begins on the line behind the format's name, or where the first thing behind it is. */
function dataStart(cursor: Cursor): number {
  const blank = /[ \t\r\f]*;?[ \t\r\f]*\n?/y;
  blank.lastIndex = cursor.end;
  return cursor.end + (blank.exec(cursor.text)?.[0].length ?? 0);
}
