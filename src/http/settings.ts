/** The limits of the service. */
export type HttpSettings = {
  /** Rows of one answer in JSON. */
  readonly maxJsonRows: number;
  /** How long a query may take whose answer is collected, and one whose answer is streamed. */
  readonly queryTimeoutMs: number;
  readonly streamTimeoutMs: number;
  /** How long the reader of a stream may take nothing of it, and the sender of a file give nothing. */
  readonly stallTimeoutMs: number;
  /** Queries at once, and how many requests may wait for their turn. */
  readonly maxQueries: number;
  readonly maxQueued: number;
  readonly bodyLimitBytes: number;
  readonly maxUrlLength: number;
  /** What the memory cache of answers may hold. */
  readonly cacheBytes: number;
  /** Which web origins may call; none by default. */
  readonly corsOrigins: readonly string[];
  /** Requests per minute of one token; null where there is no such limit. */
  readonly rateLimit: number | null;
  readonly isAuthDisabled: boolean;
};

/** The settings of a service of which nothing was said. */
export const HTTP_DEFAULTS: HttpSettings = {
  maxJsonRows: 10_000,
  queryTimeoutMs: 30_000,
  streamTimeoutMs: 3_600_000,
  stallTimeoutMs: 25_000,
  maxQueries: 8,
  maxQueued: 256,
  bodyLimitBytes: 1 << 20,
  maxUrlLength: 16 << 10,
  cacheBytes: 32 << 20,
  corsOrigins: [],
  rateLimit: null,
  isAuthDisabled: false,
};
