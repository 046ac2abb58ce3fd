import type { SetFacts } from "./api-set-facts.ts";

/** Which sources an answer was looked for in. */
export type AskedSources = {
  readonly sources_queried: number;
  readonly sources_included: number;
  readonly sources_missing: readonly MissingSource[];
};

type MissingSource = { readonly name: string; readonly reason: "no snapshot" | "no snapshot for date" };

/**
 * Says which sources an answer tells of: those that imports of all sources include, and those that something is published
 * of; or those that were named. `isAsked` says whether costs of a day were asked for; null where no day was.
 */
export function askedSources(
  enabled: readonly string[],
  days: SetFacts["days"],
  named: readonly string[] | undefined,
  isAsked: ((day: string) => boolean) | null,
): AskedSources {
  const names = new Set(named?.map((name) => name.toLowerCase()) ?? [...enabled, ...days.keys()]);
  const missing = [...names].toSorted().flatMap((name): MissingSource[] => {
    const has = days.get(name);
    if (has === undefined) return [{ name, reason: "no snapshot" }];
    return isAsked === null || [...has].some(isAsked) ? [] : [{ name, reason: "no snapshot for date" }];
  });
  return {
    sources_queried: names.size,
    sources_included: names.size - missing.length,
    sources_missing: missing,
  };
}
