import { InvalidParameterError } from "../domain/errors.ts";
import type { QuerySettings } from "./query-lane.ts";

/** How an answer of rows can be written. */
export type FormatName = "json" | "ndjson" | "csv" | "parquet" | "arrow";

/** A format of rows: its names, and how ClickHouse is told to write it. */
export type Format = {
  readonly name: FormatName;
  /** The Content-Type of an answer. */
  readonly mediaType: string;
  /** Ending of a file's name. */
  readonly ending: string;
  /** What ClickHouse calls it. */
  readonly written: string;
  readonly settings: QuerySettings;
  /** Whether amounts are text with all digits, or what readers of typed files stop at: Decimal(38, 18). */
  readonly amounts: "exact" | "decimal38";
  /** Whether ClickHouse may compress the answer on its way; false where the format does so itself. */
  readonly isCompressible: boolean;
};

/** An error in the middle breaks the answer off, instead of ending it as if it were whole. */
const BREAK_OFF = { http_write_exception_in_output_format: 0 } as const;
const JSON_SETTINGS = {
  ...BREAK_OFF,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_64bit_integers: 0, // counts; amounts are decimals
  output_format_json_escape_forward_slashes: 0, // resource ids are full of them
  output_format_json_validate_utf8: 1,
} as const;

/** Every format, by its name. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  json: {
    name: "json",
    mediaType: "application/json",
    ending: "json",
    written: "JSONEachRow",
    settings: JSON_SETTINGS,
    amounts: "exact",
    isCompressible: true,
  },
  ndjson: {
    name: "ndjson",
    mediaType: "application/x-ndjson; charset=utf-8",
    ending: "ndjson",
    written: "JSONEachRow",
    settings: JSON_SETTINGS,
    amounts: "exact",
    isCompressible: true,
  },
  csv: {
    name: "csv",
    mediaType: "text/csv; charset=utf-8; header=present",
    ending: "csv",
    written: "CSVWithNames",
    settings: { ...BREAK_OFF, format_csv_null_representation: "" }, // nothing between the commas; empty text is ""
    amounts: "exact",
    isCompressible: true,
  },
  parquet: {
    name: "parquet",
    mediaType: "application/vnd.apache.parquet",
    ending: "parquet",
    written: "Parquet",
    settings: BREAK_OFF,
    amounts: "decimal38",
    isCompressible: false,
  },
  arrow: {
    name: "arrow",
    mediaType: "application/vnd.apache.arrow.stream",
    ending: "arrows",
    written: "ArrowStream",
    settings: { ...BREAK_OFF, output_format_arrow_compression_method: "none" }, // not every reader has LZ4, and HTTP compresses as well
    amounts: "decimal38",
    isCompressible: true,
  },
};

/** The names of the formats, as `format=` takes them. */
export const FORMAT_NAMES = ["json", "ndjson", "csv", "parquet", "arrow"] as const satisfies FormatName[];

const MEDIA_TYPES: ReadonlyMap<string, FormatName> = new Map([
  ["application/json", "json"],
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["text/csv", "csv"],
  ["application/vnd.apache.parquet", "parquet"],
  ["application/x-parquet", "parquet"],
  ["application/vnd.apache.arrow.stream", "arrow"],
]);

/** The format that a request asks for: by `format=`, else by its Accept header, else JSON. Throws InvalidParameterError. */
export function chooseFormat(format: FormatName | undefined, accept: string | undefined): Format {
  if (format !== undefined) return FORMATS[format];
  if (accept === undefined || accept.trim() === "") return FORMATS.json;
  for (const { value } of byPreference(accept)) {
    const name = MEDIA_TYPES.get(value) ?? (["*/*", "application/*"].includes(value) ? "json" : undefined);
    if (name !== undefined) return FORMATS[name];
    if (value === "text/*") return FORMATS.csv;
  }
  throw new InvalidParameterError(
    "Accept",
    `Accept: ${JSON.stringify(accept)} is nothing that can be answered. Accept one of ${[...MEDIA_TYPES.keys()].join(", ")}, or say format=${FORMAT_NAMES.join("|")}.`,
  );
}

/** What ClickHouse may compress an answer with, as the caller's Accept-Encoding prefers; undefined for nothing. */
export function chooseEncoding(format: Format, acceptEncoding: string | undefined): "gzip" | "zstd" | undefined {
  if (!format.isCompressible || acceptEncoding === undefined) return undefined;
  const known = byPreference(acceptEncoding).filter(({ value }) => ["gzip", "zstd", "identity"].includes(value));
  const best = known.filter(({ quality }) => quality === known[0]?.quality).map(({ value }) => value);
  // Every ClickHouse writes gzip; the embedded one does not write zstd.
  return best.includes("gzip") ? "gzip" : best.includes("zstd") ? "zstd" : undefined;
}

/** The values of a header like `a;q=0.5, b`, the preferred first; those of q=0 are not wanted. */
function byPreference(header: string): { readonly value: string; readonly quality: number }[] {
  return header
    .split(",")
    .map((item) => {
      const [value = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
      return { value, quality: Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((one, other) => other.quality - one.quality);
}
