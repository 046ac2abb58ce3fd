import { createHash } from "node:crypto";
import { listSources } from "../../clickhouse/sources.ts";
import type { VisibleSet, VisibleSets } from "../../clickhouse/visible-set.ts";
import type { HttpDependencies } from "./dependencies.ts";

/** The sources that imports of all sources include, and a name for exactly these. */
export type EnabledSources = { readonly names: readonly string[]; readonly version: string };

/** Sets of publications for answers that tell of sources, too. */
export type SourceSets = {
  /** The current set; its id also names the sources, so that an answer is new when these are. */
  readonly visibleSets: VisibleSets;
  readonly enabled: () => Promise<EnabledSources>;
};

const KEPT_MS = 250; // a list of sources changes by hand, and is needed for every answer

/** Makes them; the list of sources is as it was a moment ago. */
export function createSourceSets({ warehouse, visibleSets }: HttpDependencies): SourceSets {
  let known: { readonly askedAt: number; readonly sources: Promise<EnabledSources> } | undefined;

  async function ask(): Promise<EnabledSources> {
    const names = (await listSources(warehouse, {})).filter((source) => source.enabled).map(({ name }) => name);
    return { names, version: createHash("sha1").update(names.join()).digest("base64url").slice(0, 6) };
  }

  async function enabled(): Promise<EnabledSources> {
    if (known !== undefined && performance.now() - known.askedAt < KEPT_MS) return known.sources;
    const sources = ask();
    known = { askedAt: performance.now(), sources };
    sources.catch(() => {
      if (known?.sources === sources) known = undefined;
    });
    return sources;
  }

  let newest: { readonly id: string; readonly version: string } | undefined;
  const named = (set: VisibleSet, version: string): VisibleSet => ({ ...set, id: `${set.id}-${version}` });

  return {
    enabled,
    visibleSets: {
      async current() {
        const [set, { version }] = await Promise.all([visibleSets.current(), enabled()]);
        newest = { id: set.id, version };
        return named(set, version);
      },
      latest() {
        const set = visibleSets.latest();
        return set === undefined || newest?.id !== set.id ? undefined : named(set, newest.version);
      },
    },
  };
}
