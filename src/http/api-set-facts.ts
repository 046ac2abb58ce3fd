import { z } from "zod";
import { readQuery } from "../../clickhouse/query.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { parseMoment } from "../domain/cost-window.ts";
import type { HttpDependencies } from "./dependencies.ts";

/** What summaries tell of a set of publications besides sums. */
export type SetFacts = {
  /** The days that the current publications of each source have actual costs of. */
  readonly days: ReadonlyMap<string, ReadonlySet<string>>;
  /** The names of subscriptions. */
  readonly names: ReadonlyMap<string, string>;
};

/** Knows these facts; those of the newest set are asked for once. */
export type SetFactBook = { of(set: VisibleSet): Promise<SetFacts> };

const DAYS = readQuery("api-source-days");
const NAMES = readQuery("api-subscription-names");
const DayRows = z.array(z.object({ source: z.string(), days: z.array(z.string()) }));
const NameRows = z.array(z.object({ subscription_id: z.string(), name: z.string() }));
const EVERYONE = new AbortController().signal; // what is kept is nobody's own question

/** Makes the book of a service. */
export function createSetFactBook({ queries }: Pick<HttpDependencies, "queries">): SetFactBook {
  let known: { readonly id: string; readonly facts: Promise<SetFacts> } | undefined;

  async function ask({ moment }: VisibleSet): Promise<SetFacts> {
    const parameters = { moment: parseMoment(moment) };
    const [days, names] = await Promise.all([
      queries.rows({ sql: DAYS, parameters }, { signal: EVERYONE }),
      queries.rows({ sql: NAMES, parameters }, { signal: EVERYONE }),
    ]);
    return {
      days: new Map(DayRows.parse(days).map((row) => [row.source, new Set(row.days)])),
      names: new Map(NameRows.parse(names).map((row) => [row.subscription_id, row.name])),
    };
  }

  return {
    async of(set) {
      if (set.seen === "0") return { days: new Map(), names: new Map() };
      if (known?.id === set.id) return known.facts;
      const facts = ask(set);
      known = { id: set.id, facts };
      facts.catch(() => {
        if (known?.facts === facts) known = undefined;
      });
      return facts;
    },
  };
}
