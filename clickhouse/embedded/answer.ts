import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { pack, type Packer } from "./encoding.ts";
import { httpStatus, type ClickHouseException } from "./exception.ts";
import { contentType } from "./formats.ts";

/** As on a server: an error within the first MiB still gets its own status, so that much waits for the headers. */
const HELD_BYTES = 1 << 20;
const READING_MILLISECONDS = 100;

/** What every answer says about the warehouse and the query. */
export type AnswerHeaders = {
  readonly queryId: string;
  readonly timezone: string;
  readonly displayName: string;
  /** The version that exceptions end with. */
  readonly version: string;
};

/** The answer to one query: data as it comes, then an end or an exception that no client can take for an end. */
export class Answer {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #version: string;
  // Clients look for this word to tell an exception in the middle of data from data.
  readonly #tag = randomUUID().replaceAll("-", "").slice(-16); // Node has some of these in stock
  readonly #compress: boolean;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #sink: Writable | undefined;
  #packer: Packer | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, headers: AnswerHeaders, compress: boolean) {
    this.#request = request;
    this.#response = response;
    this.#version = headers.version;
    this.#compress = compress;
    response.setHeader("X-ClickHouse-Query-Id", headers.queryId);
    response.setHeader("X-ClickHouse-Server-Display-Name", headers.displayName);
    response.setHeader("X-ClickHouse-Timezone", headers.timezone);
    response.setHeader("X-ClickHouse-Exception-Tag", this.#tag);
  }

  /** Names the format of the data. */
  format(format: string): void {
    this.#response.setHeader("X-ClickHouse-Format", format);
    this.#response.setHeader("Content-Type", contentType(format));
  }

  /** Only what is known: the engine as a library does not say how many rows it read or wrote. */
  summary(elapsedMilliseconds: number): void {
    const elapsed_ns = String(Math.round(elapsedMilliseconds * 1e6));
    this.#response.setHeader("X-ClickHouse-Summary", JSON.stringify({ elapsed_ns }));
  }

  /** Passes data on, and resolves when the client is ready for more or has gone. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#sink !== undefined) return writeTo(this.#sink, this.#response, chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= HELD_BYTES) await this.#start();
  }

  async finish(): Promise<void> {
    if (this.#sink === undefined && !this.#compress) {
      // All of it at once, in one piece: a small answer is there sooner.
      this.#response.writeHead(200, { "Content-Length": this.#heldBytes });
      this.#response.end(this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held));
      return;
    }
    const sink = this.#sink ?? (await this.#start());
    sink.end();
  }

  async fail(exception: ClickHouseException): Promise<void> {
    const text = `${exception.message} (version ${this.#version})`;
    if (this.#sink !== undefined) return this.#breakOff(this.#sink, text);
    const body = Buffer.from(`${text}\n`);
    if (exception.code === 516 && this.#request.headers.authorization === undefined) {
      this.#response.setHeader("WWW-Authenticate", 'Basic realm="Billhouse"');
    }
    this.#response.writeHead(httpStatus(exception), {
      "Content-Type": "text/plain; charset=UTF-8",
      "Content-Length": body.length,
      "X-ClickHouse-Exception-Code": exception.code,
    });
    if (this.#request.complete) this.#response.end(body);
    else await endBehind(this.#request, this.#response, body);
  }

  async #start(): Promise<Writable> {
    const [encoding, packer] = (this.#compress ? pack(this.#request) : undefined) ?? [];
    if (encoding !== undefined) this.#response.setHeader("Content-Encoding", encoding);
    packer?.pipe(this.#response);
    const sink = packer ?? this.#response;
    this.#packer = packer;
    this.#sink = sink;
    this.#response.writeHead(200);
    for (const chunk of this.#held) await writeTo(sink, this.#response, chunk);
    this.#held = [];
    return sink;
  }

  /**
   * The exception goes behind the data as servers since 25.11 put it there, and the chunked encoding is left without its
   * last chunk: clients that know the tag give the exception, all others (curl, too) a broken transfer.
   */
  async #breakOff(sink: Writable, text: string): Promise<void> {
    const length = Buffer.byteLength(text) + 1;
    const block = `\r\n__exception__\r\n${this.#tag}\r\n${text}\n${length} ${this.#tag}\r\n__exception__\r\n`;
    await writeTo(sink, this.#response, Buffer.from(block));
    if (this.#response.destroyed) return;
    const packer = this.#packer;
    if (packer !== undefined) await new Promise<void>((resolve) => packer.flush(resolve));
    // Node's client drops what it has not passed on yet when it sees the connection end: with this head start most
    // readers get to the exception itself, and the others still see that the transfer was broken.
    await sleep(READING_MILLISECONDS);
    this.#response.socket?.destroySoon();
  }
}

/**
 * Answers a client that is still sending: it has the whole answer at once, and its connection stays until it has sent
 * everything or gone, because a connection that is closed with data in it takes the answer along.
 */
async function endBehind(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  response.write(body);
  request.unpipe();
  request.removeAllListeners("readable");
  request.resume();
  await new Promise<void>((resolve) => request.once("end", resolve).once("close", resolve));
  response.end();
}

async function writeTo(sink: Writable, response: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (response.destroyed || sink.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      sink.off("drain", done);
      response.off("close", done);
      resolve();
    };
    sink.on("drain", done);
    response.on("close", done);
  });
}
