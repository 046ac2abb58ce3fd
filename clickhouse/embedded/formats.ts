const CONTENT_TYPES: readonly (readonly [pattern: RegExp, contentType: string])[] = [
  [/^JSON(Strings|Compact|CompactStrings|ColumnsWithMetadata)?$/, "application/json; charset=UTF-8"],
  [/^JSON(Columns|CompactColumns|ObjectEachRow)$/, "application/json; charset=UTF-8"],
  [/^(JSON\w*EachRow\w*|JSONLines|NDJSON)$/, "application/x-ndjson; charset=UTF-8"],
  [/^CSVWithNames\w*$/, "text/csv; charset=UTF-8; header=present"],
  [/^CSV$/, "text/csv; charset=UTF-8; header=absent"],
  [/^(TabSeparated|TSV)\w*$/, "text/tab-separated-values; charset=UTF-8"],
  [/^XML$/, "application/xml; charset=UTF-8"],
  [/^(Native|RowBinary\w*|Parquet|Arrow\w*|ORC|Avro|MsgPack|Npy|BSONEachRow)$/, "application/octet-stream"],
];

/** The media type of an output format, as a ClickHouse server names it. */
export function contentType(format: string): string {
  return CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? "text/plain; charset=UTF-8";
}
