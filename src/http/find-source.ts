import type { Reader } from "../../clickhouse/query.ts";
import { listSources } from "../../clickhouse/sources.ts";
import type { Source } from "../domain/source.ts";
import { noSource } from "./listing.ts";

/** A source by its name. Throws NotFoundError, which lists those there are; removed ones do not count. */
export async function findSource(reader: Reader, name: string): Promise<Source> {
  const sources = await listSources(reader, {});
  const source = sources.find((known) => known.name === name);
  if (source !== undefined) return source;
  throw noSource(
    name,
    sources.map((known) => known.name),
  );
}
