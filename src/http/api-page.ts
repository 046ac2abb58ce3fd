import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { InvalidParameterError } from "../domain/errors.ts";

/** The parameters that cut a list into pages. */
export const pageParameters = {
  page_size: z
    .string({ error: "Give it once." })
    .regex(/^[1-9]\d{0,6}$/, "Expected a number of items from 1 on.")
    .optional()
    .describe("Items of a page"),
  cursor: z
    .string({ error: "Give it once." })
    .optional()
    .describe("Where a page begins, out of the Link of the one before"),
};

/** The order of a list and the text that its items have. */
export const listParameters = {
  ...pageParameters,
  ordering: z
    .string({ error: "Give it once." })
    .optional()
    .describe("Field to order by; with a minus the greatest first"),
  search: z.string({ error: "Give it once." }).optional().describe("Text that items have somewhere"),
};

/** One field, up or down. */
export type Ordering = { readonly field: string; readonly descending: boolean };

/** How many items a page has; throws InvalidParameterError above what one answer may have. */
export function pageSizeOf(text: string | undefined, most: number): number {
  const size = text === undefined ? most : Number(text);
  if (size > most) throw new InvalidParameterError("page_size", `Expected at most ${most}.`);
  return size;
}

/** Reads `name` or `-name` of one of the fields; throws InvalidParameterError on anything else. */
export function parseOrdering(text: string, fields: readonly string[]): Ordering {
  const descending = text.startsWith("-");
  const field = descending ? text.slice(1) : text;
  if (fields.includes(field)) return { field, descending };
  throw new InvalidParameterError("ordering", `Expected one of ${fields.join(", ")}, with or without a minus.`);
}

/** A place in a list as text for a URL. */
export function writeCursor(place: object): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Reads what `writeCursor` wrote; throws InvalidParameterError on anything else. */
export function readCursor<Place>(text: string, schema: z.ZodType<Place>): Place {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
  } catch (error) {
    throw new InvalidParameterError("cursor", "Expected the cursor of a Link header, with the same other parameters.", {
      cause: error,
    });
  }
}

/** The header that leads to the next page. */
export function nextLink({ url }: Pick<FastifyRequest, "url">, cursor: string): Readonly<Record<string, string>> {
  const next = new URL(url, "http://localhost");
  next.searchParams.set("cursor", cursor);
  return { link: `<${next.pathname}${next.search}>; rel="next"` };
}
