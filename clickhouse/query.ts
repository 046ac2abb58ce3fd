import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Parameters, Warehouse } from "./client.ts";

/** What a SELECT needs of a warehouse. */
export type Reader = Pick<Warehouse, "rows">;

/** Counts: UInt64 arrives as text, and no count of ours passes 2^53. */
export const Count = z.coerce.number().int().nonnegative();

/** An amount with all its digits; never a number. */
export const Money = z.string().regex(/^-?\d+(\.\d+)?$/);

/** A moment as ClickHouse writes it in ISO form. */
export const Moment = z.string();

/** The text of `clickhouse/queries/<name>.sql`. */
export function readQuery(name: string): string {
  return readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), "utf8");
}

/**
 * Declares a SELECT once: its file, its parameters (as the type argument of the function it gives) and the shape of its
 * rows, which is checked on the way out.
 */
export function defineQuery<P extends Parameters, Row>(
  name: string,
  row: z.ZodType<Row>,
): (reader: Reader, parameters: P) => Promise<Row[]> {
  const sql = readQuery(name);
  const rows = z.array(row);
  return async (reader, parameters) => rows.parse(await reader.rows(sql, parameters));
}

/** Declares a statement without a result: its file and its parameters. */
export function defineStatement<P extends Parameters>(
  name: string,
): (warehouse: Warehouse, parameters: P, signal?: AbortSignal) => Promise<void> {
  const sql = readQuery(name);
  return (warehouse, parameters, signal) => warehouse.run(sql, parameters, {}, signal);
}
