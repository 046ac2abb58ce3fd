import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { defineQuery, Moment } from "./query.ts";

/** The publications that answer at one moment. */
export type VisibleSet = {
  /** Names the set; has its place in ETags. */
  readonly id: string;
  /** Rows of publications that it was made of; statements that read what is current refuse another number. */
  readonly seen: string;
  /** The moment as of which it shows the publications. */
  readonly moment: string;
  /** Whether some days of some loads stay silent: then only the views answer right, not the tables. */
  readonly hasSilence: boolean;
  /** Whether every entry's date is in its billing month, so that whole months of dates are whole billing months. */
  readonly datesFollowMonths: boolean;
  /** The one currency that everything is billed in; null where there are several. */
  readonly currency: string | null;
};

/** Tells which publications answer now. */
export type VisibleSets = {
  /** Asks the warehouse each time; who asks while a question is under way shares the next one with all others. */
  current(): Promise<VisibleSet>;
  /**
   * The set that answered last, without asking: good enough for a statement that refuses another one; undefined before
   * the first question.
   */
  latest(): VisibleSet | undefined;
};

/**
 * What a statement says with throwIf when the set that it was made for is not the current one any more:
 * `throwIf((SELECT max(seen) FROM visible_loads) != {seen:UInt64}, 'publications moved')`.
 */
export const SET_MOVED = "publications moved";

const askSets = defineQuery<Record<string, never>, Seen>("visible-set", z.object({ seen: z.string(), moment: Moment }));

const Facts = z.object({ has_silence: z.number(), dates_follow_months: z.number(), currencies: z.array(z.string()) });

const askFacts = defineQuery<{ seen: string }, z.infer<typeof Facts>>("visible-set-facts", Facts);

/** A row of visible_loads, as far as it names a set. */
type Seen = { readonly seen: string; readonly moment: string };

const NOTHING: z.infer<typeof Facts> = { has_silence: 0, dates_follow_months: 1, currencies: [] };

/** The sets of a warehouse; what is expensive to know of one is asked for once. */
export function createVisibleSets(warehouse: Warehouse): VisibleSets {
  let last: VisibleSet | undefined;
  let running: Promise<VisibleSet> | undefined;
  let next: Promise<VisibleSet> | undefined;

  async function ask(): Promise<VisibleSet> {
    for (;;) {
      const { seen, moment } = newestOf(await askSets(warehouse, {}));
      const id = `${seen}-${moment.replaceAll(/\D/g, "")}`;
      if (last?.id === id) return last;
      const [facts] = seen === "0" ? [NOTHING] : await askFacts(warehouse, { seen });
      if (facts === undefined) continue; // it is not the current one any more
      const [currency, another] = facts.currencies;
      last = {
        id,
        seen,
        moment,
        hasSilence: facts.has_silence === 1,
        datesFollowMonths: facts.dates_follow_months === 1,
        currency: currency === undefined || another !== undefined ? null : currency,
      };
      return last;
    }
  }

  async function begin(): Promise<VisibleSet> {
    running = ask();
    try {
      return await running;
    } finally {
      running = undefined;
    }
  }

  return {
    current() {
      if (running === undefined) return begin();
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return begin();
        });
      return next;
    },
    latest: () => last,
  };
}

function newestOf(rows: readonly Seen[]): Seen {
  let newest: Seen = { seen: "0", moment: "1970-01-01T00:00:00.000000Z" };
  for (const row of rows) {
    const ahead = BigInt(row.seen) - BigInt(newest.seen);
    if (ahead > 0n || (ahead === 0n && row.moment > newest.moment)) newest = row;
  }
  return newest;
}
