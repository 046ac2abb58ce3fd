import type { Readable } from "node:stream";
import type { ParquetColumn } from "../domain/parquet.ts";
import { PARQUET_SIGNATURES, readParquetFooter } from "./parquet-footer.ts";
import { continueWith, openCsvPart } from "./part-header.ts";
import type { CsvPart } from "./part-header.ts";
import type { FileVersion, Store } from "./store.ts";

const SIGNATURE_BYTES = 4;

/** A Parquet part whose footer has been read, and which still gives all of its stored bytes. */
export type ParquetPart = {
  readonly format: "parquet";
  /** The names of its columns. */
  readonly header: readonly string[];
  readonly columns: readonly ParquetColumn[];
  readonly rowCount: number;
  /** The bytes of all pages once they are unpacked, as the footer has it. */
  readonly unpackedByteCount: number;
  /** Parquet is packed inside. */
  readonly encoding: "none";
  /** The stored bytes from the first on. Destroying it closes the part, also before it is read. */
  readonly body: Readable;
};

/** A part of which is known what columns it has. */
export type OpenedPart = CsvPart | ParquetPart;

/**
 * Opens a part: its first bytes say whether it is Parquet, gzipped or plain CSV, whatever its name or the manifest say.
 * Throws what the store throws, and FileError when the part is none of them or its header or footer cannot be read.
 */
export async function openPart(store: Store, file: FileVersion, signal?: AbortSignal): Promise<OpenedPart> {
  const { start, body } = await peek(await store.open(file, signal));
  if (!PARQUET_SIGNATURES.includes(start)) return openCsvPart(body, file.path);
  try {
    const footer = await readParquetFooter(store, file, signal);
    const header = footer.columns.map(({ name }) => name);
    return { format: "parquet", header, ...footer, encoding: "none", body };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** The first characters of a stream, and a stream with all of its bytes. */
async function peek(stream: Readable): Promise<{ start: string; body: Readable }> {
  const iterator: AsyncIterator<Buffer, undefined> = stream.iterator({ destroyOnReturn: true });
  const chunks: Buffer[] = [];
  try {
    for (let length = 0; length < SIGNATURE_BYTES;) {
      const { value, done } = await iterator.next();
      if (done === true) break;
      chunks.push(value);
      length += value.length;
    }
  } catch (error) {
    stream.destroy();
    throw error;
  }
  const start = Buffer.concat(chunks).subarray(0, SIGNATURE_BYTES).toString("latin1");
  return { start, body: continueWith(chunks, iterator, stream) };
}
