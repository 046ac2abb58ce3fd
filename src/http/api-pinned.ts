import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { clickHouseCode } from "../../clickhouse/client.ts";
import type { CostSet } from "../../clickhouse/cost-relation.ts";
import type { CostStatement } from "../../clickhouse/cost-statement.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { parseMoment } from "../domain/cost-window.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { jsonRows } from "./api-answer.ts";
import { nextLink, pageSizeOf, readCursor, writeCursor } from "./api-page.ts";
import type { HttpDependencies } from "./dependencies.ts";

const Place = z.object({
  moment: z.string(),
  seen: z.string(),
  offset: z.number().int().nonnegative(),
  asked: z.string(),
});
const PRUNED = "395"; // what a read of a moment says whose publications have no rows any more

/** A page of rows, and the header that leads to the next one. */
export type PinnedPage = { readonly rows: readonly string[]; readonly headers: Readonly<Record<string, string>> };

/** Which page of which rows is wanted; everything else in it has to be the same on all pages. */
export type AskedPage = {
  readonly page_size?: string | undefined;
  readonly cursor?: string | undefined;
};

/**
 * A page of rows that are the same on every page, whatever is published meanwhile: the cursor says as of which moment the
 * first page was. Throws InvalidParameterError for a cursor of another question, or one whose moment was pruned since.
 */
export async function pinnedPage(
  dependencies: HttpDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  { page_size: pageSize, cursor, ...rest }: AskedPage,
  current: VisibleSet,
  statement: (page: { asOf: string | null; limit: number; offset: number }, set: CostSet) => CostStatement,
): Promise<PinnedPage> {
  const size = pageSizeOf(pageSize, dependencies.settings.maxJsonRows);
  const asked = createHash("sha1").update(JSON.stringify(rest)).digest("base64url");
  const first = { moment: current.moment, seen: current.seen, offset: 0 };
  const place = cursor === undefined ? first : readCursor(cursor, Place.extend({ asked: z.literal(asked) }));
  const isCurrent = place.moment === current.moment && place.seen === current.seen;
  if (!isCurrent && place.moment === current.moment) {
    throw new InvalidParameterError(
      "cursor",
      "A publication of its moment turned up late. Begin with the first page again.",
    );
  }
  const asOf = isCurrent ? null : momentOf(place.moment);
  const page = { asOf, limit: size + 1, offset: place.offset };
  const rows = await jsonRows(dependencies, statement(page, asOf === null ? current : { asOf }), reply).catch(
    (error: unknown) => {
      if (asOf === null || clickHouseCode(error) !== PRUNED) throw error;
      throw new InvalidParameterError(
        "cursor",
        "What it began with was pruned since. Begin with the first page again.",
        {
          cause: error,
        },
      );
    },
  );
  if (rows.length <= size) return { rows, headers: {} };
  const next = writeCursor({ moment: place.moment, seen: place.seen, offset: place.offset + size, asked });
  return { rows: rows.slice(0, size), headers: nextLink(request, next) };
}

function momentOf(text: string): string {
  try {
    return parseMoment(text);
  } catch (error) {
    throw new InvalidParameterError("cursor", "Expected the cursor of a Link header.", { cause: error });
  }
}
