import { InvalidRequestError } from "./errors.ts";
import type { LedgerEntry } from "./retention.ts";
import { timelineOf } from "./timeline.ts";
import type { Answer } from "./timeline.ts";
import { formatMoment } from "./moment.ts";

/** Which answer is meant: a publication, or what answered at a moment. */
export type Moment = { readonly publicationId: string } | { readonly at: string };

/** Two publications of one series. */
export type Compared = { readonly before: LedgerEntry; readonly after: LedgerEntry };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?Z?$/;

/** Reads a publication's id or a moment in UTC; throws InvalidRequestError on anything else. */
export function parseMoment(text: string): Moment {
  if (UUID.test(text)) return { publicationId: text.toLowerCase() };
  const [, day, time = "00:00", seconds = "00", fraction = ""] = TIME.exec(text) ?? [];
  if (day !== undefined && !Number.isNaN(Date.parse(`${day}T${time}:${seconds}Z`))) {
    return { at: `${day} ${time}:${seconds}.${fraction.padEnd(6, "0")}` };
  }
  throw new InvalidRequestError(
    `Expected a publication's id, or a moment like 2026-06-01 or 2026-06-01T04:00:00 (UTC), got ${JSON.stringify(text)}`,
  );
}

/**
 * The two publications of a series to compare: what answers now and the one before it, unless something else is asked
 * for. Nothing when it asks for a publication of another series; a reason when there are no two that can be read.
 */
export function chooseAnswers(
  series: readonly LedgerEntry[],
  { from, to }: { readonly from?: Moment | undefined; readonly to?: Moment | undefined },
): (Compared | { readonly reason: string })[] {
  const [some] = series;
  if (some === undefined || !isMeant(series, from) || !isMeant(series, to)) return [];
  const timeline = timelineOf(series);
  if (timeline.length === 0) return [];
  const name = nameOf(some);
  const after = to === undefined ? timeline.at(-1)?.publication : answerOf(series, timeline, to);
  if (after === undefined || after === null) {
    return [{ reason: `${name}: nothing answers ${to === undefined ? "now" : "at the end of that time"}.` }];
  }
  const before = from === undefined ? answerBefore(timeline, after) : answerOf(series, timeline, from);
  if (before === undefined || before === null) {
    const since = formatMoment(after.publishedAt);
    return [
      {
        reason:
          from === undefined
            ? `${name}: there is only one publication, of ${since} UTC, and none before it to compare it with.`
            : `${name}: nothing answered at the beginning of that time; the first publication is of ${formatMoment(timeline[0]?.since ?? "")} UTC.`,
      },
    ];
  }
  const pruned = [before, after].find(({ state }) => state === "pruned");
  if (pruned !== undefined) {
    const { runId, publishedAt } = pruned;
    return [
      {
        reason: `${name}: the publication of ${formatMoment(publishedAt)} UTC, run ${runId}, was pruned: its rows are gone.`,
      },
    ];
  }
  return [{ before, after }];
}

/** How messages name a series. */
export function nameOf({
  source,
  exportName,
  dataset,
  month,
}: Pick<LedgerEntry, "source" | "exportName" | "dataset" | "month">): string {
  return `${source}: ${exportName} ${dataset} ${month}`;
}

function isMeant(series: readonly LedgerEntry[], moment: Moment | undefined): boolean {
  return moment === undefined || "at" in moment || series.some((entry) => isReadable(entry, moment.publicationId));
}

function isReadable({ publicationId, state }: LedgerEntry, asked: string): boolean {
  return publicationId === asked && (state === "published" || state === "pruned");
}

function answerOf(series: readonly LedgerEntry[], timeline: readonly Answer[], moment: Moment): LedgerEntry | null {
  if ("at" in moment) return timeline.findLast(({ since }) => since <= moment.at)?.publication ?? null;
  const rows = series.filter((entry) => isReadable(entry, moment.publicationId));
  return rows.find(({ state }) => state === "pruned") ?? rows[0] ?? null;
}

/** What answered last before a publication did. */
function answerBefore(timeline: readonly Answer[], after: LedgerEntry): LedgerEntry | null {
  const at = timeline.findLastIndex(({ publication }) => publication?.publicationId === after.publicationId);
  const earlier = at === -1 ? timeline.filter(({ since }) => since < after.publishedAt) : timeline.slice(0, at);
  return earlier.findLast(({ publication }) => publication !== null)?.publication ?? null;
}
