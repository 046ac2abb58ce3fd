import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { InvalidRequestError, WarehouseError } from "../domain/errors.ts";
import { readWarehouse } from "../open-warehouse.ts";

/** What to ask, and in which of ClickHouse's formats to answer. */
export type QueryOptions = { readonly sql: string; readonly format?: string };

/** Streams the result of one statement to stdout, byte for byte as ClickHouse writes it. */
export const query: Command<QueryOptions> = async (context, options) => {
  const { stdout, stdin, signal } = context;
  const sql = (options.sql === "-" ? await text(addAbortSignal(signal, stdin)) : options.sql).trim().replace(/;$/, "");
  if (sql === "") throw new InvalidRequestError("There is no SQL. Give it as an argument, or `-` and pipe it in.");
  const format = options.format ?? (stdout.isTTY === true ? "PrettyCompact" : "TabSeparated");
  return readWarehouse(context, async (warehouse) => {
    const result = await warehouse.stream(sql, format, {}, signal);
    try {
      await pipeline(result, stdout, { end: false, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isClosedPipe(error)) throw brokenOff(error);
    }
    return EXIT.done;
  });
};

function brokenOff(cause: unknown): WarehouseError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WarehouseError(
    `The result broke off (${reason}): what was printed is not all. Its last lines may say why.`,
    {
      cause,
    },
  );
}

/** Whoever reads the result, like `head`, has enough of it. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
