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
  /** Its loads; null where they are too many to be named in a statement. */
  readonly loadIds: readonly string[] | null;
  /**
   * Said by who asks whether the set is still current when the answer is there: a statement may then name the loads
   * instead of finding them, which takes a fifth of the time of a summary, and need not refuse another set.
   */
  readonly isCheckedAfter?: boolean;
};

/** Tells which publications answer now. */
export type VisibleSets = {
  /** Asks the warehouse each time, if only whether anything has changed; who asks while a question is under way shares the next one with all others. */
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

const Facts = z.object({
  has_silence: z.number(),
  dates_follow_months: z.number(),
  currencies: z.array(z.string()),
  named_loads: z.array(z.string()),
  loads: z.coerce.number(),
});

const askFacts = defineQuery<{ seen: string; most_named: number }, z.infer<typeof Facts>>("visible-set-facts", Facts);

/** A row of visible_loads, as far as it names a set. */
type Seen = { readonly seen: string; readonly moment: string };

const NOTHING: z.infer<typeof Facts> = {
  has_silence: 0,
  dates_follow_months: 1,
  currencies: [],
  named_loads: [],
  loads: 0,
};

/** A statement that names more is longer than it is quick. */
const MOST_NAMED = 200;

/** The sets of a warehouse; what is expensive to know of one is asked for once. */
export function createVisibleSets(warehouse: Warehouse): VisibleSets {
  let last: VisibleSet | undefined;
  let unchanged: string | null = null;
  let running: Promise<VisibleSet> | undefined;
  let next: Promise<VisibleSet> | undefined;

  async function ask(): Promise<VisibleSet> {
    const changes = await warehouse.changes();
    if (last !== undefined && changes !== null && changes === unchanged) return last;
    const set = await askAnew();
    unchanged = changes; // what was changed while it was asked for is another text
    return set;
  }

  async function askAnew(): Promise<VisibleSet> {
    for (;;) {
      const { seen, moment } = newestOf(await askSets(warehouse, {}));
      const id = `${seen}-${moment.replaceAll(/\D/g, "")}`;
      if (last?.id === id) return last;
      const [facts] = seen === "0" ? [NOTHING] : await askFacts(warehouse, { seen, most_named: MOST_NAMED });
      if (facts === undefined) continue; // it is not the current one any more
      const [currency, another] = facts.currencies;
      last = {
        id,
        seen,
        moment,
        hasSilence: facts.has_silence === 1,
        datesFollowMonths: facts.dates_follow_months === 1,
        currency: currency === undefined || another !== undefined ? null : currency,
        loadIds: facts.named_loads.length === facts.loads ? facts.named_loads : null,
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
