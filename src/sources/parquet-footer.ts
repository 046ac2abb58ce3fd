import { parquetMetadata, parquetSchema } from "hyparquet";
import type { ColumnChunk, FileMetaData } from "hyparquet";
import { FileError } from "../domain/errors.ts";
import type { ParquetColumn } from "../domain/parquet.ts";
import { columnsOfSchema } from "./parquet-schema.ts";
import type { FileVersion, Store } from "./store.ts";

/** What the end of a Parquet file says of the rest. */
export type ParquetFooter = {
  readonly columns: readonly ParquetColumn[];
  readonly rowCount: number;
  /** The bytes of all pages once they are unpacked, as the file has it; dictionaries make them more still. */
  readonly unpackedByteCount: number;
};

/** How Parquet files begin and end: one whose footer is encrypted with PARE. */
const SIGNATURES: readonly string[] = ["PAR1", "PARE"];

/** By how many bytes a Parquet file is known. */
export const SIGNATURE_BYTES = 4;

/** The length of the footer, and the signature again. */
const TAIL_BYTES = 4 + SIGNATURE_BYTES;
const FOOTER_LIMIT_BYTES = 64 * 1024 * 1024;
const CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW"];
const AGAIN = "Deliver the run again.";

/** Whether a file that begins so is Parquet. */
export function isParquet(start: Buffer): boolean {
  return SIGNATURES.includes(start.subarray(0, SIGNATURE_BYTES).toString("latin1"));
}

/**
 * Reads the footer of a Parquet file, and nothing else of it. Throws FileError when it has none, when it is encrypted,
 * and when the file is packed in a way or has columns of a type that cannot be read.
 */
export async function readParquetFooter(store: Store, file: FileVersion, signal?: AbortSignal): Promise<ParquetFooter> {
  const { path: place, byteCount } = file;
  const tailStart = Math.max(0, byteCount - TAIL_BYTES);
  const tail = await store.read(file, tailStart, byteCount, signal);
  const signature = tail.subarray(4).toString("latin1");
  if (signature === "PARE") throw encrypted(place);
  if (signature !== "PAR1" || byteCount < SIGNATURE_BYTES + TAIL_BYTES) {
    throw new FileError(`${place}: This Parquet file is cut off: it does not end with its footer. ${AGAIN}`);
  }
  const length = tail.readUInt32LE(0);
  if (length > tailStart - SIGNATURE_BYTES) {
    throw new FileError(
      `${place}: This Parquet file is cut off or corrupt: its footer should have ${length} bytes, but the whole file ` +
        `has ${byteCount}. ${AGAIN}`,
    );
  }
  if (length > FOOTER_LIMIT_BYTES) {
    throw new FileError(
      `${place}: The footer of this Parquet file has ${length} bytes, more than any export (limit ${FOOTER_LIMIT_BYTES}). ${AGAIN}`,
    );
  }
  const metadata = parse(await store.read(file, tailStart - length, byteCount, signal), place);
  const chunks = metadata.row_groups.flatMap((group) => group.columns);
  requireReadable(chunks, place);
  return {
    columns: columnsOfSchema(parquetSchema(metadata), place),
    rowCount: Number(metadata.num_rows),
    unpackedByteCount: chunks.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0),
  };
}

function parse(footer: Buffer, place: string): FileMetaData {
  try {
    return parquetMetadata(footer, { geoparquet: false });
  } catch (cause) {
    throw new FileError(`${place}: The footer of this Parquet file is corrupt. ${AGAIN}`, { cause });
  }
}

function requireReadable(chunks: readonly ColumnChunk[], place: string): void {
  for (const { meta_data: described, crypto_metadata: secret } of chunks) {
    if (secret !== undefined || described === undefined) throw encrypted(place);
    if (CODECS.includes(described.codec)) continue;
    const column = JSON.stringify(described.path_in_schema.join("."));
    throw new FileError(
      `${place}: The column ${column} is packed with ${described.codec ?? "an unknown codec"}, which cannot be unpacked. ` +
        "Deliver the run with snappy, gzip, zstd or unpacked.",
    );
  }
}

function encrypted(place: string): FileError {
  return new FileError(
    `${place}: This Parquet file is encrypted, and there is no key to it. Deliver it without encryption.`,
  );
}
