import type { IncomingMessage } from "node:http";
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
  type BrotliCompress,
  type BrotliDecompress,
  type Deflate,
  type Gunzip,
  type Gzip,
  type Inflate,
} from "node:zlib";
import { unsupported } from "./exception.ts";

/** Content-Encoding names, and what the engine calls them where it unpacks an INSERT's data itself. */
const ENGINE_NAMES: Readonly<Record<string, string>> = {
  "": "none",
  br: "br",
  bz2: "bz2",
  deflate: "deflate",
  gzip: "gzip",
  identity: "none",
  lz4: "lz4",
  "x-gzip": "gzip",
  xz: "xz",
  zstd: "zstd",
};

/** The engine's name for the compression of the request's body, "none" without. */
export function bodyCompression(request: IncomingMessage): string {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  const name = ENGINE_NAMES[encoding];
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

/** A compressing stream. */
export type Packer = Gzip | Deflate | BrotliCompress;

/** A packer that the client understands, and its Content-Encoding name. */
export function pack(request: IncomingMessage): readonly [encoding: string, packer: Packer] | undefined {
  const { "accept-encoding": encodings = "" } = request.headers;
  const accepted = [encodings]
    .flat()
    .join(",")
    .split(",")
    .map((part) => part.split(";", 1)[0]?.trim());
  if (accepted.includes("gzip")) return ["gzip", createGzip({ level: 3 })];
  if (accepted.includes("deflate")) return ["deflate", createDeflate({ level: 3 })];
  if (accepted.includes("br")) {
    return ["br", createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })];
  }
  return undefined;
}
