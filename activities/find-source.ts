import { listSources } from "../clickhouse/sources.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { Source } from "../src/domain/source.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Looks a source up by name. Throws InvalidRequestError that lists the names there are. */
export function createFindSource({ warehouse }: ActivityDependencies) {
  return async function findSource({ name }: { name: string }): Promise<Source> {
    const sources = await listSources(warehouse, {});
    const source = sources.find((candidate) => candidate.name === name);
    if (source !== undefined) return source;
    const names = sources.map((candidate) => candidate.name).join(", ");
    throw new InvalidRequestError(
      `There is no source ${JSON.stringify(name)}. ` +
        (names === "" ? "Add one with `billhouse sources add`." : `There are: ${names}.`),
    );
  };
}
