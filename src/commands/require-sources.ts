import { InvalidRequestError } from "../domain/errors.ts";
import { isApiSource } from "../domain/source.ts";
import type { Source, StoredSource } from "../domain/source.ts";

/**
 * The named sources in the order of their names' first mention, enabled or not; every enabled one when none is named.
 * Throws InvalidRequestError for a name that is not there, or when there is nothing.
 */
export function requireSources(sources: readonly Source[], names: readonly string[]): Source[] {
  if (sources.length === 0) {
    throw new InvalidRequestError(
      "There are no sources yet. Add one with `billhouse sources add` or `billhouse apply`.",
    );
  }
  if (names.length === 0) {
    const enabled = sources.filter((source) => source.enabled);
    if (enabled.length > 0) return enabled;
    throw new InvalidRequestError(
      "Every source is disabled. Name one with --source-name, or enable it with `billhouse sources enable NAME`.",
    );
  }
  return [...new Set(names)].map((name) => requireSource(sources, name));
}

/** The source of that name. Throws InvalidRequestError that lists the names there are. */
export function requireSource(sources: readonly Source[], name: string): Source {
  const source = sources.find((candidate) => candidate.name === name);
  if (source !== undefined) return source;
  const known = sources.map((candidate) => candidate.name).join(", ");
  throw new InvalidRequestError(
    `There is no source ${JSON.stringify(name)}. ` +
      (known === "" ? "Add one with `billhouse sources add`." : `There are: ${known}.`),
  );
}

/** Whether a source's files can be listed. */
export function isStored(source: Source): source is StoredSource {
  return source.kind === "blob" || source.kind === "folder";
}

/** The same source, if its files can be listed. Throws InvalidRequestError that says what can be done instead. */
export function requireStored(source: Source): StoredSource {
  if (isStored(source)) return source;
  throw new InvalidRequestError(
    `${source.name}: is a ${source.kind} source, ${
      isApiSource(source)
        ? "whose runs begin to exist when they are asked for: `billhouse import` and `billhouse extract` ask"
        : "whose files are given to it and not kept"
    }. \`billhouse publications\` lists what it brought.`,
  );
}
