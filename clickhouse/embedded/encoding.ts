import type { IncomingMessage } from "node:http";
import { createBrotliCompress, createBrotliDecompress, createDeflate, createGunzip, createGzip, createInflate } from "node:zlib";
import { constants } from "node:zlib";
import type { BrotliCompress, BrotliDecompress, Deflate, Gunzip, Gzip, Inflate } from "node:zlib";
import { unsupported } from "./exception.ts";

/** Content-Encoding names, and what the engine calls them where it unpacks an INSERT's data itself. */
const ENGINE_NAMES: Readonly<Record<string, string>> = {
  br: "br",
  bz2: "bz2",
  deflate: "deflate",
  gzip: "gzip",
  identity: "none",
  lz4: "lz4",
  xz: "xz",
  zstd: "zstd",
};

/** The engine's name for the compression of the request's body, "none" without. */
export function bodyCompression(request: IncomingMessage): string {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() || "identity";
  const name = ENGINE_NAMES[encoding === "x-gzip" ? "gzip" : encoding];
  if (name === undefined) throw unsupported(`Content-Encoding ${encoding}`);
  return name;
}

/** Unpacks a body that holds the statement itself; undefined when it is not packed. */
export function unpack(compression: string): Gunzip | Inflate | BrotliDecompress | undefined {
  if (compression === "none") return undefined;
  if (compression === "gzip") return createGunzip();
  if (compression === "deflate") return createInflate();
  if (compression === "br") return createBrotliDecompress();
  throw unsupported(`A statement packed with ${compression} (its data may be, when the statement is in the URL)`);
}

/** A packer that the client understands, and its Content-Encoding name. */
export function pack(request: IncomingMessage): readonly [string, Gzip | Deflate | BrotliCompress] | undefined {
  const accepted = String(request.headers["accept-encoding"] ?? "")
    .split(",")
    .map((part) => part.split(";", 1)[0]?.trim());
  if (accepted.includes("gzip")) return ["gzip", createGzip({ level: 3 })];
  if (accepted.includes("deflate")) return ["deflate", createDeflate({ level: 3 })];
  if (accepted.includes("br")) {
    return ["br", createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })];
  }
  return undefined;
}
