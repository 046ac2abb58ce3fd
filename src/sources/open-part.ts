import type { Readable } from "node:stream";
import type { ParquetColumn } from "../domain/parquet.ts";
import { isParquet, readParquetFooter, SIGNATURE_BYTES } from "./parquet-footer.ts";
import type { NdjsonPart } from "./ndjson.ts";
import { openTextPart } from "./part-header.ts";
import type { CsvPart } from "./part-header.ts";
import { readAhead } from "./read-ahead.ts";
import type { FileVersion, Store } from "./store.ts";

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
export type OpenedPart = CsvPart | NdjsonPart | ParquetPart;

/**
 * Opens a part: its first bytes say whether it is Parquet, or CSV or NDJSON, gzipped or plain, whatever its name or the
 * manifest say.
 * Throws what the store throws, and FileError when the part is none of them or its header or footer cannot be read.
 */
export async function openPart(store: Store, file: FileVersion, signal?: AbortSignal): Promise<OpenedPart> {
  const { start, body } = await readAhead(await store.open(file, signal), SIGNATURE_BYTES);
  if (!isParquet(start)) return openTextPart(body, file.path);
  try {
    const footer = await readParquetFooter(store, file, signal);
    const header = footer.columns.map(({ name }) => name);
    return { format: "parquet", header, ...footer, encoding: "none", body };
  } catch (error) {
    body.destroy();
    throw error;
  }
}
