import { ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseSettings } from "@clickhouse/client";
import type { Readable } from "node:stream";
import { WarehouseError } from "../src/domain/errors.ts";
import { CHANGES_HEADER, CHANGING } from "./embedded/changes.ts";
import { createReader } from "./reader.ts";

/** Where a warehouse answers. */
export type WarehouseAddress = {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
};

/** Values of a statement's parameters, as text where digits matter. */
export type Parameters = Readonly<Record<string, unknown>>;

/** The body of a load: stored bytes as they are. */
export type LoadBody = { readonly stream: Readable; readonly encoding: "gzip" | "none" };

/** What a caller says of a SELECT whose answer is passed on as it is. */
export type AnswerRequest = {
  readonly parameters?: Parameters;
  readonly settings?: ClickHouseSettings;
  /** Names the query in system.processes. */
  readonly queryId?: string;
  /** What ClickHouse may compress its answer with; it is not unpacked here. */
  readonly encoding?: "gzip" | "zstd";
  /** The warehouse sends nothing before it has all of it, or an error: for small answers, which are there sooner. */
  readonly isWhole?: boolean;
  readonly signal?: AbortSignal;
};

/** The bytes of an answer, and what ClickHouse says of them. */
export type Answer = {
  readonly stream: Readable;
  readonly contentType: string;
  /** How the bytes are compressed; undefined when they are not. */
  readonly encoding: string | undefined;
};

/** ClickHouse over HTTP. Every failure is a WarehouseError that says what was tried. */
export type Warehouse = {
  readonly address: WarehouseAddress;
  /** Rows of a SELECT as JSON objects; Decimal and 64-bit numbers arrive as text. */
  rows(sql: string, parameters?: Parameters): Promise<unknown[]>;
  /** A statement without a result. */
  run(sql: string, parameters?: Parameters, settings?: ClickHouseSettings, signal?: AbortSignal): Promise<void>;
  /** Inserts rows given as JSON objects, in one block. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Streams a body into an INSERT; aborting ends the stream and the query. */
  load(
    sql: string,
    body: LoadBody,
    parameters: Parameters,
    settings: ClickHouseSettings,
    signal?: AbortSignal,
  ): Promise<void>;
  /** The raw result of a SELECT in any ClickHouse format, as a stream of bytes. */
  stream(sql: string, format: string, parameters?: Parameters, signal?: AbortSignal): Promise<Readable>;
  /** The same with everything that one may ask for, and what the answer's headers say. */
  answer(sql: string, format: string, request: AnswerRequest): Promise<Answer>;
  /**
   * The same text for as long as no statement may have changed anything; null when it cannot be told, as while one is
   * under way, and always for a server: it is the embedded warehouse that counts. Far cheaper than any query.
   */
  changes(): Promise<string | null>;
  close(): Promise<void>;
};

const REQUEST_LIMIT_MS = 6 * 3_600_000; // a 1 GB part takes minutes; a stuck one is ended by its caller's signal
const RESULT_SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  date_time_output_format: "iso",
};

/** Threads that write an answer take longer to start than a few rows to write. */
const SMALL_RESULT: ClickHouseSettings = { output_format_parallel_formatting: 0 };

/** What to do about failures of the warehouse that are nobody's statement's fault, by ClickHouse's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  "241": "The warehouse has no memory left for it: give it more, or do less at once, then try again.",
  "243": "The warehouse's disk is full: free some space, then try again.",
};
const DISK_FULL = /No space left on device|errno: 28/;

/** Connects lazily: nothing is sent before the first statement. */
export function createWarehouse(address: WarehouseAddress): Warehouse {
  const client = createClient({
    url: address.url,
    username: address.username,
    password: address.password,
    database: address.database,
    application: "billhouse",
    request_timeout: REQUEST_LIMIT_MS,
    max_open_connections: 32,
    log: { level: ClickHouseLogLevel.OFF }, // failures are thrown; what the client would log quotes rows
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    clickhouse_settings: RESULT_SETTINGS,
  });
  const reader = createReader(address, RESULT_SETTINGS);
  let isCounted = true; // until a server does not say
  const attempt = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw warehouseError(error, sql, address.url);
    }
  };

  return {
    address,
    rows: (sql, parameters = {}) =>
      attempt(sql, async () => {
        const lines = (await reader.read(sql, "JSONEachRow", { parameters, settings: SMALL_RESULT }))
          .toString()
          .split("\n");
        return lines.filter(Boolean).map((line): unknown => JSON.parse(line));
      }),
    run: (sql, parameters = {}, settings = {}, signal) =>
      attempt(sql, async () => {
        await client.command({
          query: sql,
          query_params: { ...parameters },
          clickhouse_settings: settings,
          ...(signal === undefined ? {} : { abort_signal: signal }),
        });
      }),
    insert: (table, rows) =>
      attempt(`INSERT INTO ${table}`, async () => {
        await client.insert({
          table,
          values: [...rows],
          format: "JSONEachRow",
          clickhouse_settings: { async_insert: 0, date_time_input_format: "best_effort" },
        });
      }),
    load: (sql, body, parameters, settings, signal) =>
      attempt(sql, async () => {
        const { stream } = await client.exec({
          query: sql,
          values: body.stream,
          query_params: { ...parameters },
          clickhouse_settings: settings,
          ...(body.encoding === "gzip" ? { http_headers: { "Content-Encoding": "gzip" } } : {}),
          ...(signal === undefined ? {} : { abort_signal: signal }),
        });
        for await (const _ of stream); // an INSERT answers with nothing; errors arrive here
      }),
    stream: (sql, format, parameters = {}, signal) =>
      attempt(sql, async () => {
        const request = { parameters, ...(signal === undefined ? {} : { signal }) };
        return (await reader.open(sql, format, request)).stream;
      }),
    answer: (sql, format, request) => attempt(sql, () => reader.open(sql, format, request)),
    changes: () =>
      attempt("ping", async () => {
        if (!isCounted) return null;
        const changes = await reader.ping(CHANGES_HEADER);
        isCounted = changes !== undefined;
        return changes === undefined || changes === CHANGING ? null : changes;
      }),
    async close() {
      reader.close();
      await client.close();
    },
  };
}

/** The ClickHouse error code behind a failure, such as "60"; undefined when the server did not answer. */
export function clickHouseCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ClickHouseError) return cause.code;
  }
  return undefined;
}

/** What ClickHouse says of a failure, without its code; undefined when the server did not answer. */
export function clickHouseMessage(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ClickHouseError) return cause.message;
  }
  return undefined;
}

function warehouseError(error: unknown, sql: string, url: string): WarehouseError {
  const text = sql
    .replace(/^--.*\n/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  const statement = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const host = new URL(url).host;
  if (error instanceof ClickHouseError) {
    const type = error.type === undefined ? "" : ` ${error.type}`;
    return new WarehouseError(
      `ClickHouse at ${host} refused "${statement}": ${error.message.slice(0, 600)} (code ${error.code}${type})` +
        remedyFor(error),
      { cause: error },
    );
  }
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new WarehouseError(
    `ClickHouse at ${host} did not finish "${statement}": ${reason}. Check that it runs and can be reached.`,
    { cause: error },
  );
}

function remedyFor({ code, message }: ClickHouseError): string {
  const remedy = REMEDIES[DISK_FULL.test(message) ? "243" : code];
  return remedy === undefined ? "" : `. ${remedy}`;
}
