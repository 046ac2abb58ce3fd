import { constants, openSync, readSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Socket } from "node:net";

const AT_ONCE = 1 << 16; // what a pipe holds

/**
 * A named pipe that the engine writes results into, one query after the other. It stays open from here, for both
 * directions, so that it has no end, and that an engine that opens it never waits for somebody to read it.
 */
export class ResultPipe {
  readonly path: string;
  readonly #fd: number;
  readonly #socket: Socket;
  #wake = () => {};

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    // libuv waits for a FIFO as it waits for a socket, so that no thread of its pool is blocked, however slow the other side is.
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket.on("readable", () => this.#wake());
  }

  /** What the engine writes until a promise settles: by then it has written everything. */
  async *readUntil(over: Promise<unknown>): AsyncGenerator<Uint8Array> {
    let isOver = false;
    const awaitEnd = async () => {
      await over;
      isOver = true;
      this.#wake();
    };
    void awaitEnd();
    for (;;) {
      const chunk: unknown = this.#socket.read();
      if (chunk instanceof Uint8Array) yield chunk;
      else if (isOver) break;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    yield* this.#rest();
  }

  /** Lets it go when nobody knows what the engine still does with it; a file that it makes there is of no harm. */
  async abandon(): Promise<void> {
    await rm(this.path, { force: true });
    this.close();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What libuv has not come to yet. */
  *#rest(): Generator<Uint8Array> {
    for (;;) {
      const chunk = Buffer.allocUnsafe(AT_ONCE);
      const length = this.#readNow(chunk);
      if (length > 0) yield chunk.subarray(0, length);
      if (length < AT_ONCE) return;
    }
  }

  #readNow(chunk: Buffer): number {
    try {
      return readSync(this.#fd, chunk);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
      throw error;
    }
  }
}
