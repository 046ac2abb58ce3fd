import { chooseAnswers } from "../src/domain/diff-answers.ts";
import type { Compared, Moment } from "../src/domain/diff-answers.ts";
import { groupBy } from "../src/domain/group-by.ts";
import type { Month } from "../src/domain/month.ts";
import type { LedgerEntry } from "../src/domain/retention.ts";
import { METRICS, seriesOf } from "../src/domain/run.ts";
import { countDiffRows, listDiffLines } from "./diff.ts";
import type { DiffBy, DiffLine } from "./diff.ts";
import type { Reader } from "./query.ts";
import { readLedger } from "./retention.ts";

/** Which publications of a month to compare, and how. */
export type DiffQuestion = {
  readonly month: Month;
  /** All of them where none is named. */
  readonly sources: readonly string[];
  readonly dataset?: string | undefined;
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  readonly by: Exclude<DiffBy, "total"> | "all";
  /** How many changes of each grouping, metric and currency are told. */
  readonly limit: number;
};

/** A publication that is compared with another one. */
export type Side = Pick<LedgerEntry, "publicationId" | "runId" | "submittedAt" | "publishedAt">;

/** What is different between two publications of a series. */
export type Comparison = Pick<LedgerEntry, "source" | "exportName" | "dataset" | "month"> & {
  readonly before: Side;
  readonly after: Side;
  /** Rows that only the later, and that only the earlier one has. */
  readonly rows: { readonly added: number; readonly removed: number };
  readonly totals: DiffLine[];
  readonly changes: Partial<Record<Exclude<DiffBy, "total">, DiffLine[]>>;
};

/** Two publications of every series, and why some have no two. Both are empty when nothing is published of it. */
export type MonthDiff = { readonly comparisons: Comparison[]; readonly incomparable: string[] };

const GROUPINGS = ["subscription", "meter", "day"] as const;

/** More than there are. */
export const ALL_LINES = 2 ** 32 - 1;

/** Compares what answers of a month with what answered before, unless other publications or moments are named. */
export async function diffMonth(reader: Reader, question: DiffQuestion): Promise<MonthDiff> {
  const { month, sources, dataset: wanted, from, to } = question;
  const ledger = (await readLedger(reader, { month })).filter(
    ({ source, dataset }) =>
      (sources.length === 0 || sources.includes(source)) && (wanted === undefined || dataset === wanted),
  );
  const comparisons: Comparison[] = [];
  const incomparable: string[] = [];
  for (const series of groupBy(ledger, seriesOf).values()) {
    for (const chosen of chooseAnswers(series, { from, to })) {
      if ("reason" in chosen) incomparable.push(chosen.reason);
      else comparisons.push(await compare(reader, chosen, question));
    }
  }
  return { comparisons, incomparable };
}

async function compare(reader: Reader, { before, after }: Compared, question: DiffQuestion): Promise<Comparison> {
  const { by, limit } = question;
  // A load that both name is the same in both: only the totals need it.
  const loads = {
    before: before.loadIds.filter((loadId) => !after.loadIds.includes(loadId)),
    after: after.loadIds.filter((loadId) => !before.loadIds.includes(loadId)),
  };
  const { source, exportName, dataset, month } = after;
  const metrics = METRICS[dataset];
  const whole = { before: before.loadIds, after: after.loadIds };
  const totals = await listDiffLines(reader, { ...whole, by: "total", metrics, limit: ALL_LINES });
  const [rows = { added: 0, removed: 0 }] = await countDiffRows(reader, loads);
  const changes: Comparison["changes"] = {};
  for (const grouping of GROUPINGS.filter((one) => by === "all" || by === one)) {
    changes[grouping] = await listDiffLines(reader, { ...loads, by: grouping, metrics, limit });
  }
  return { source, exportName, dataset, month, before: sideOf(before), after: sideOf(after), rows, totals, changes };
}

function sideOf({ publicationId, runId, submittedAt, publishedAt }: LedgerEntry): Side {
  return { publicationId, runId, submittedAt, publishedAt };
}
