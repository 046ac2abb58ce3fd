import { unsupported } from "./exception.ts";
import { parseInsert, type Insert } from "./insert.ts";
import { Cursor, decode, literal } from "./cursor.ts";

/** A statement whose result is a table: it can be written into a pipe. */
export type Read = {
  readonly kind: "read";
  /** Named in the statement; undefined lets the request decide. */
  readonly format: string | undefined;
  /** The statement as it was sent. */
  readonly sql: string;
  /** The statement that writes its result into a file or pipe. */
  into(path: string, format: string): string;
};

/** Anything else; it answers little or nothing. */
export type Command = {
  readonly kind: "command";
  readonly sql: string;
  /** It leaves something behind in its session, as SET and USE do. */
  readonly changesSession: boolean;
  /** It names queries by their ids. */
  readonly isKill: boolean;
};

export type Statement = Read | Command | Insert;

const READS = ["SELECT", "WITH", "FROM", "SHOW", "DESC", "DESCRIBE", "EXPLAIN", "EXISTS"];
const CHANGES_SESSION = ["SET", "USE", "BEGIN", "COMMIT", "ROLLBACK"];

/**
 * Understands as much of a statement as is needed to run it: where the data of an INSERT begins, where the result goes,
 * that it is one statement. Bytes come as Latin-1 text, because the data behind an INSERT need not be UTF-8. Gives
 * undefined when the text is not complete and more of it is needed to tell.
 */
export function parseStatement(text: string, isComplete: boolean): Statement | undefined {
  const cursor = new Cursor(text, isComplete);
  return cursor.unlessCut(() => (cursor.isWord("INSERT") ? parseInsert(cursor) : parseOther(cursor)));
}

function parseOther(cursor: Cursor): Read | Command {
  const first = cursor.wordAt(cursor.peek());
  const isRead = cursor.isSymbol("(") || (first !== undefined && READS.includes(first));
  let formatAt: number | undefined;
  let format: string | undefined;
  let isInsert = false;
  for (;;) {
    const token = cursor.next();
    if (token === undefined || cursor.atSemicolon(token)) break;
    if (cursor.depth > 0) continue;
    const word = cursor.wordAt(token);
    if (word === "INSERT") isInsert = true;
    if (word === "OUTFILE" && isRead) throw unsupported("INTO OUTFILE");
    if (word === "TEMPORARY" && first === "CREATE") throw unsupported("A temporary table (it needs a session)");
    if (word === "FORMAT" && !cursor.isAfterAs) {
      const name = cursor.clauseValue(["SETTINGS", "INTO"]);
      if (name !== undefined) [formatAt, format] = [token.start, name];
    }
  }
  cursor.requireEnd();
  const sql = decode(cursor.text.slice(0, cursor.end));
  if (!isRead || isInsert) {
    const changesSession = first !== undefined && CHANGES_SESSION.includes(first);
    return { kind: "command", sql, changesSession, isKill: first === "KILL" };
  }
  const before = decode(cursor.text.slice(0, formatAt ?? cursor.end));
  const behind = formatAt === undefined ? "" : decode(cursor.text.slice(formatAt, cursor.end));
  const into = (path: string, fallback: string) =>
    `${before}\nINTO OUTFILE ${literal(path)} APPEND ${behind === "" ? `FORMAT ${fallback}` : behind}`;
  return { kind: "read", format, sql, into };
}
