/** A failure as ClickHouse tells it to HTTP clients: `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)`. */
export class ClickHouseException extends Error {
  readonly code: number;
  /** The text without code, name and version. */
  readonly detail: string;
  /** Such as UNKNOWN_TABLE. */
  readonly title: string;

  constructor(code: number, title: string, detail: string, options?: ErrorOptions) {
    super(`Code: ${code}. DB::Exception: ${detail} (${title})`, options);
    this.name = "ClickHouseException";
    this.code = code;
    this.title = title;
    this.detail = detail;
  }
}

const PREFIX = /^(?:Code: (\d+)\. DB::Exception: )+/;
const SUFFIX = /(?: \(([A-Z][A-Z0-9_]+)\)| \(version [^()]*(?:\([^()]*\))?\)\.?)+\s*$/;

/** What the engine threw, with the repetitions of nested handlers taken off; anything else becomes code 1002. */
export function parseException(error: unknown): ClickHouseException {
  if (error instanceof ClickHouseException) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = PREFIX.exec(message)?.[1];
  if (code === undefined) return new ClickHouseException(1002, "UNKNOWN_EXCEPTION", message, { cause: error });
  const suffix = SUFFIX.exec(message);
  const detail = message.replace(PREFIX, "").slice(0, suffix === null ? undefined : -suffix[0].length);
  return new ClickHouseException(Number(code), suffix?.[1] ?? "UNKNOWN_EXCEPTION", detail, { cause: error });
}

/** A request that a server would understand and this warehouse does not: refused, never silently ignored. */
export function unsupported(what: string): ClickHouseException {
  const detail = `${what} is not supported by the embedded warehouse. A ClickHouse server has it: set CLICKHOUSE_URL.`;
  return new ClickHouseException(48, "NOT_IMPLEMENTED", detail);
}

const STATUS: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [400, [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 69, 72, 117, 123, 167, 168, 223, 376, 427, 441, 675, 676]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]],
  [413, [229]],
  [501, [48]],
  [503, [76, 209, 439]],
  [411, [381]],
  [408, [159]],
];

/** The HTTP status that a ClickHouse server answers with (its `exceptionCodeToHTTPStatus`). */
export function httpStatus(exception: ClickHouseException): number {
  return STATUS.find(([, codes]) => codes.includes(exception.code))?.[0] ?? 500;
}
