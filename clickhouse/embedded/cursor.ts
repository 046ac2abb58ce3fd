import { ClickHouseException } from "./exception.ts";
import { tokenize, type Token } from "./tokens.ts";

/** Thrown and caught in here: the text ended where its meaning was still open. One for all, since nobody asks for its stack. */
const CUT_SHORT = new Error("The text ended where its meaning was still open");

/** Reads a statement token by token and keeps count of its parentheses. */
export class Cursor {
  readonly text: string;
  /** How many parentheses are open behind the last token. */
  depth = 0;
  /** Where the statement ends: before a closing semicolon and trailing comments. */
  end = 0;
  readonly #isComplete: boolean;
  readonly #tokens: Generator<Token>;
  #ahead: Token | undefined;
  #last: Token | undefined;
  #beforeLast: Token | undefined;

  constructor(text: string, isComplete: boolean) {
    this.text = text;
    this.#isComplete = isComplete;
    this.#tokens = tokenize(text);
  }

  /** What the reading gives, or undefined when an incomplete text was cut too early to tell. */
  unlessCut<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (error === CUT_SHORT) return undefined;
      throw error;
    }
  }

  peek(): Token | undefined {
    if (this.#ahead === undefined) {
      const next = this.#tokens.next();
      // A token that touches the end of an incomplete text may go on in the part that is still to come.
      if (!this.#isComplete && (next.done === true || next.value.end === this.text.length)) throw CUT_SHORT;
      this.#ahead = next.done === true ? undefined : next.value;
    }
    return this.#ahead;
  }

  next(): Token | undefined {
    const token = this.peek();
    this.#ahead = undefined;
    if (token === undefined) return undefined;
    if (token.kind === "unclosed") throw syntaxError(this.text, token, "a string, identifier or comment is not closed");
    [this.#beforeLast, this.#last] = [this.#last, token];
    const symbol = this.symbolAt(token);
    if (symbol === "(" || symbol === "[" || symbol === "{") this.depth++;
    if (symbol === ")" || symbol === "]" || symbol === "}") this.depth--;
    if (!this.atSemicolon(token)) this.end = token.end;
    return token;
  }

  /** Whether the token before the last one makes it a name: `AS format`, `t.format`. */
  get isAfterAs(): boolean {
    return this.wordAt(this.#beforeLast) === "AS" || this.symbolAt(this.#beforeLast) === ".";
  }

  atSemicolon(token: Token): boolean {
    return this.depth === 0 && this.symbolAt(token) === ";";
  }

  wordAt(token: Token | undefined): string | undefined {
    return token?.kind === "word" ? this.text.slice(token.start, token.end).toUpperCase() : undefined;
  }

  symbolAt(token: Token | undefined): string | undefined {
    return token?.kind === "symbol" ? this.text[token.start] : undefined;
  }

  isWord(...words: readonly string[]): boolean {
    const word = this.wordAt(this.peek());
    return word !== undefined && words.includes(word);
  }

  isSymbol(symbol: string): boolean {
    return this.symbolAt(this.peek()) === symbol;
  }

  /** The first word behind a token, in capitals. */
  wordBehind(token: Token): string | undefined {
    const next = tokenize(this.text, token.end).next();
    return next.done === true ? undefined : this.wordAt(next.value);
  }

  /** The word that comes next, if behind it the statement ends or one of these words begins. */
  clauseValue(followers: readonly string[]): string | undefined {
    const value = this.peek();
    if (value?.kind !== "word") return undefined;
    this.next();
    const behind = this.peek();
    const isClause = behind === undefined || this.atSemicolon(behind) || this.isWord(...followers);
    return isClause ? this.text.slice(value.start, value.end) : undefined;
  }

  /** Steps over one pair of parentheses with all that is in it, if one comes next; gives where it is. */
  parentheses(): readonly [start: number, end: number] | undefined {
    const open = this.peek();
    if (open === undefined || !this.isSymbol("(")) return undefined;
    const depth = this.depth;
    this.next();
    while (this.depth > depth) {
      if (this.next() === undefined) throw syntaxError(this.text, open, "unmatched parentheses");
    }
    return [open.start, this.end];
  }

  /** Refuses anything behind the semicolon that ended the statement. */
  requireEnd(): void {
    const more = this.peek();
    if (more !== undefined) throw syntaxError(this.text, more, "Multi-statements are not allowed");
  }
}

/** A text as a ClickHouse string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** Latin-1 text back to what its bytes say in UTF-8. */
export function decode(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

function syntaxError(text: string, token: Token, why: string): ClickHouseException {
  const excerpt = decode(text.slice(token.start, token.start + 100));
  return new ClickHouseException(
    62,
    "SYNTAX_ERROR",
    `Syntax error (${why}): failed at position ${token.start + 1}: ${excerpt}`,
  );
}
