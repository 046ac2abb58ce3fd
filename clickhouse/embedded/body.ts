import type { IncomingMessage } from "node:http";
import { bodyCompression, unpack } from "./encoding.ts";
import { ClickHouseException } from "./exception.ts";
import { parseStatement, type Statement } from "./statement.ts";

/** A statement and what comes behind it in the request. */
export type Asked = {
  readonly statement: Statement;
  /** How the data is packed, in the engine's words. */
  readonly compression: string;
  readonly data: AsyncGenerator<Uint8Array>;
};

/** Data behind an INSERT may be endless; the statement itself may not. */
const MOST_BYTES = 1 << 20;

/** Reads as much of the request as belongs to the statement: it begins in the URL and goes on in the body. */
export async function readStatement(query: string, request: IncomingMessage): Promise<Asked> {
  const compression = bodyCompression(request);
  // Latin-1 keeps bytes and characters in step: data is not always text.
  const inUrl = Buffer.from(query).toString("latin1");
  const early = parseStatement(`${inUrl}\n`, false);
  if (early?.kind === "insert" && early.dataStart >= inUrl.length) {
    return { statement: early, compression, data: theRest("", request[Symbol.asyncIterator]()) };
  }
  const unpacked = unpack(compression);
  const body = unpacked === undefined ? request : request.pipe(unpacked);
  // A plain pipe, because a pipeline would close the connection over a body that cannot be unpacked.
  if (unpacked !== undefined) request.once("error", (error) => unpacked.destroy(error));
  const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  const length = unpacked === undefined ? Number(request.headers["content-length"]) : Number.NaN;
  let text = inUrl === "" ? "" : `${inUrl}\n`;
  for (let received = 0; ;) {
    const next = await chunks.next();
    if (next.done !== true) {
      text += next.value.toString("latin1");
      received += next.value.length;
    }
    const statement = parseStatement(text, next.done === true || received === length);
    if (statement !== undefined) {
      const start = statement.kind === "insert" ? statement.dataStart : text.length;
      return { statement, compression: "none", data: theRest(text.slice(start), chunks) };
    }
    if (text.length > MOST_BYTES) {
      throw new ClickHouseException(62, "SYNTAX_ERROR", `Max query size exceeded: ${MOST_BYTES} bytes without its end`);
    }
  }
}

/** Leaves the request alone when it is abandoned: it still has to be answered. */
async function* theRest(first: string, chunks: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
  if (first !== "") yield Buffer.from(first, "latin1");
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}
