import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { Answer, Parameters, Warehouse } from "../../clickhouse/client.ts";
import type { HttpSettings } from "./settings.ts";
import { WarehouseError } from "../domain/errors.ts";
import { HttpError } from "./errors.ts";
import { collectWhile } from "./memory.ts";
import { createPlaces } from "./places.ts";

/** A SELECT and its values. */
export type Statement = { readonly sql: string; readonly parameters?: Parameters };

/** Settings of ClickHouse that a query may need, such as `output_format_json_quote_decimals`. */
export type QuerySettings = Readonly<Record<string, string | number>>;

/** How an answer is wanted. */
export type AnswerOptions = {
  /** `callerSignal(reply)`: a query that nobody waits for is killed. */
  readonly signal: AbortSignal;
  readonly settings?: QuerySettings;
};

/** The same for an answer that is passed on as it comes. */
export type StreamOptions = AnswerOptions & {
  /** What ClickHouse compresses it with. */
  readonly encoding?: "gzip" | "zstd" | undefined;
};

type OpenOptions = StreamOptions & { readonly isWhole?: boolean };

/** Runs the queries of callers: at most so many at once, the others wait in a line of limited length. */
export type QueryLane = {
  /** Rows as JSON objects; Decimal and 64-bit numbers arrive as text. */
  rows(statement: Statement, options: AnswerOptions): Promise<unknown[]>;
  /** The whole answer in a format of ClickHouse. */
  bytes(statement: Statement, format: string, options: AnswerOptions): Promise<Buffer>;
  /** The answer as it comes; its place is held until the stream has ended. */
  stream(statement: Statement, format: string, options: StreamOptions): Promise<Answer>;
  readonly counts: () => { readonly running: number; readonly waiting: number };
  /** Hears of every query that has ended: how, and after how many seconds. */
  onEnd(listener: (outcome: QueryOutcome, seconds: number) => void): void;
};

/** How a query ended; `left`: its caller did not wait for it, or it took too long. */
export type QueryOutcome = "done" | "failed" | "left";

/** ClickHouse stops a query itself; only one that does not hear of it is left behind and killed. */
const GRACE_MS = 2_000;

/** Makes the lane of a warehouse. */
export function createQueryLane(warehouse: Warehouse, settings: HttpSettings): QueryLane {
  const places = createPlaces(settings.maxQueries, settings.maxQueued);
  // A reader may be slow: whatever is streamed at once, some places are left for what is answered at once.
  const streams = createPlaces(Math.max(1, Math.floor(settings.maxQueries / 2)), settings.maxQueued);
  const listeners: ((outcome: QueryOutcome, seconds: number) => void)[] = [];

  function kill(queryId: string): void {
    // A server may be busy writing, or reading far away, and not see that its connection is closed. The id is our own.
    void warehouse.run(`KILL QUERY WHERE query_id = '${queryId}' ASYNC`).catch(() => undefined);
  }

  async function open(
    { sql, parameters = {} }: Statement,
    format: string,
    options: OpenOptions,
    limitMs: number,
  ): Promise<Answer> {
    const free = await places.take(options.signal);
    const began = performance.now();
    const queryId = randomUUID();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), limitMs + GRACE_MS);
    const signal = AbortSignal.any([options.signal, late.signal]);
    const end = (outcome: QueryOutcome) => {
      clearTimeout(timer);
      if (outcome === "left") kill(queryId);
      free();
      for (const listener of listeners) listener(outcome, (performance.now() - began) / 1000);
    };
    try {
      const answer = await warehouse.answer(sql, format, {
        parameters,
        settings: {
          ...options.settings,
          readonly: "2", // no question changes anything, whatever it says
          max_execution_time: limitMs / 1000,
          cancel_http_readonly_queries_on_client_close: 1,
        },
        queryId,
        signal,
        ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
        ...(options.isWhole === undefined ? {} : { isWhole: options.isWhole }),
      });
      const { stream } = answer;
      const leave = () => stream.destroy(reasonOf(late.signal, limitMs));
      signal.addEventListener("abort", leave, { once: true });
      stream.once("close", () => {
        signal.removeEventListener("abort", leave);
        end(stream.readableEnded ? "done" : "left");
      });
      if (signal.aborted) leave();
      return answer;
    } catch (error) {
      end(signal.aborted ? "left" : "failed");
      throw late.signal.aborted ? reasonOf(late.signal, limitMs) : error;
    }
  }

  const bytes = async (statement: Statement, format: string, options: AnswerOptions) => {
    // They are small.
    const whole = {
      ...options,
      settings: { output_format_parallel_formatting: 0, ...options.settings },
      isWhole: true,
    };
    const { stream } = await open(statement, format, whole, settings.queryTimeoutMs);
    return buffer(stream).catch((error: unknown) => {
      if (error instanceof HttpError) throw error;
      throw new WarehouseError("ClickHouse broke its answer off. Ask again.", { cause: error });
    });
  };

  return {
    async rows(statement, options) {
      const lines = (await bytes(statement, "JSONEachRow", options)).toString().split("\n");
      return lines.filter(Boolean).map((line): unknown => JSON.parse(line));
    },
    bytes,
    async stream(statement, format, options) {
      const free = await streams.take(options.signal);
      try {
        const answer = await open(statement, format, options, settings.streamTimeoutMs);
        answer.stream.once("close", free);
        collectWhile(answer.stream);
        endWhenStalled(answer.stream, settings.stallTimeoutMs);
        return answer;
      } catch (error) {
        free();
        throw error;
      }
    },
    counts() {
      const { taken, waiting } = places.counts();
      return { running: taken, waiting: waiting + streams.counts().waiting };
    },
    onEnd: (listener) => void listeners.push(listener),
  };
}

/** A reader who takes nothing would hold a place as long as a stream may take. Its stream is paused meanwhile. */
function endWhenStalled(stream: Answer["stream"], limitMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const stall = () => stream.destroy(new HttpError(408, "stalled", `Nothing was read for ${limitMs / 1000} s.`));
  stream.on("pause", () => (timer ??= setTimeout(stall, limitMs)));
  const goOn = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  stream.on("resume", goOn).once("close", goOn);
}

function reasonOf(late: AbortSignal, limitMs: number): Error {
  if (!late.aborted) return new Error("The caller has left");
  return new HttpError(
    504,
    "time_limit",
    `The question took longer than ${limitMs / 1000} s and was stopped. Ask for less.`,
  );
}
