const LINE_FEED = 0x0a;

/**
 * Tells on which line of a text a byte stands. A line ends with a line feed, wherever it stands; csv-parse counts a
 * CRLF inside of quotes twice, so its bytes are taken and not its lines.
 */
export class LineCounter {
  readonly #chunks: Buffer[] = [];
  /** Where the first of the chunks begins, and which line that is. */
  #offset = 0;
  #line = 1;

  /** Lets a text pass by. */
  readonly watch = async function* (this: LineCounter, text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of text) {
      this.#chunks.push(chunk);
      yield chunk;
    }
  }.bind(this);

  /** The line of a byte that has passed by; offsets must not decrease. */
  lineAt(offset: number): number {
    for (let chunk = this.#chunks[0]; chunk !== undefined && this.#offset < offset; chunk = this.#chunks[0]) {
      const passed = chunk.subarray(0, offset - this.#offset);
      for (let at = passed.indexOf(LINE_FEED); at !== -1; at = passed.indexOf(LINE_FEED, at + 1)) this.#line++;
      this.#offset += passed.length;
      this.#chunks[0] = chunk.subarray(passed.length);
      if (this.#chunks[0].length === 0) this.#chunks.shift();
    }
    return this.#line;
  }

  /** The bytes that have passed by behind the last offset that was asked for, at most so many. */
  ahead(limit: number): Buffer {
    const chunks: Buffer[] = [];
    for (let at = 0, length = 0; length < limit && at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]?.subarray(0, limit - length) ?? Buffer.alloc(0);
      chunks.push(chunk);
      length += chunk.length;
    }
    return Buffer.concat(chunks);
  }
}
