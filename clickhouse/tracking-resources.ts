import { z } from "zod";
import { InvalidRequestError, NotFoundError } from "../src/domain/errors.ts";
import { defineQuery } from "./query.ts";
import type { Reader } from "./query.ts";

const SHOWN_NAMESAKES = 10;

const listNamesakes = defineQuery<{ text: string; limit: number }, { resource_id: string }>(
  "tracking-resources",
  z.object({ resource_id: z.string() }),
);

/**
 * The id, as it is stored, of the resource that a text names: its id, or the last segment of it, in any case. Throws
 * NotFoundError where no visible run has it, InvalidRequestError where several have that last segment.
 */
export async function findTrackedResource(reader: Reader, text: string): Promise<string> {
  const found = await listNamesakes(reader, { text, limit: SHOWN_NAMESAKES + 1 });
  const [first, ...others] = found.map(({ resource_id: id }) => id);
  if (first === undefined) {
    throw new NotFoundError(
      `${JSON.stringify(text)}: no published run has such a resource. Give its whole id, or the last word of it.`,
    );
  }
  if (others.length === 0 || first === text.toLowerCase()) return first;
  const list = [first, ...others].slice(0, SHOWN_NAMESAKES).join("\n  ");
  throw new InvalidRequestError(
    `${JSON.stringify(text)}: ${found.length > SHOWN_NAMESAKES ? `more than ${SHOWN_NAMESAKES}` : found.length} resources ` +
      `end with it. Give the whole id, such as\n  ${list}`,
  );
}
