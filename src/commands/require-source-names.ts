import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceNames } from "../../clickhouse/source-names.ts";
import { InvalidRequestError } from "../domain/errors.ts";

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
