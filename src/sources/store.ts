import type { Readable } from "node:stream";
import type { Part } from "../domain/run.ts";

/** One stored file as a listing shows it. */
export type StoredFile = {
  /** The path in the container, or below the folder, with forward slashes. */
  readonly path: string;
  readonly byteCount: number;
  readonly etag: string;
  /** Last modification, ISO 8601 in UTC. */
  readonly modifiedAt: string;
  /** The MD5 of its bytes in hexadecimal digits, where the place knows it. */
  readonly md5?: string;
};

/** What has to be known of a stored file to open that very version. */
export type FileVersion = Pick<Part, "path" | "etag" | "byteCount">;

/** A place that holds export files: a blob container's base folder, or a local directory. */
export type Store = {
  /** How messages name the place; never carries a secret. */
  readonly place: string;
  /** What every listed path starts with: `daily/` for a base folder of a container, empty otherwise. */
  readonly prefix: string;
  /** One flat listing of everything below the base folder. Throws StorageError or ConfigurationError. */
  list(signal?: AbortSignal): AsyncIterable<StoredFile>;
  /**
   * The stored bytes of that very version, as they are (still compressed). Throws OverwrittenError when the file is
   * gone or has another ETag (also in mid-stream), FileError when its size is not what the listing said.
   */
  open(file: FileVersion, signal?: AbortSignal): Promise<Readable>;
  /**
   * The bytes of that very version from `start` on, up to and without `end`, which may lie behind the last one. Throws
   * what `open` throws.
   */
  read(file: FileVersion, start: number, end: number, signal?: AbortSignal): Promise<Buffer>;
};
