import { z } from "zod";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery } from "./query.ts";

/** Every name that a source has or had: those of the list, and those of which something was ever loaded. */
export const listSourceNames = defineQuery<Record<string, never>, { name: string }>(
  "source-names",
  z.object({ name: z.string() }),
);

/** Throws InvalidRequestError when one of the names was never a source's; removed sources and single files count. */
export async function requireSourceNames(warehouse: Warehouse, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const known = (await listSourceNames(warehouse, {})).map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidRequestError(
    `There is no source ${JSON.stringify(unknown)}. ` +
      (known.length === 0 ? "Nothing was ever imported." : `There are: ${known.join(", ")}.`),
  );
}
