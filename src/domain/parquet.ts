/** What the values of a Parquet column are. Only types that have a text of their own, without loss. */
export type ParquetType =
  | { readonly kind: "text" | "flag" | "day" | "uuid" }
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly isSigned: boolean }
  | { readonly kind: "real"; readonly bits: 32 | 64 }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "moment"; readonly fractionDigits: 3 | 6 | 9 }
  | { readonly kind: "list"; readonly item: ParquetType }
  | { readonly kind: "map"; readonly key: ParquetType; readonly value: ParquetType }
  | { readonly kind: "record"; readonly fields: readonly ParquetColumn[] };

/** One column of a Parquet file, as its footer names it. */
export type ParquetColumn = { readonly name: string; readonly type: ParquetType };
