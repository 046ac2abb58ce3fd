import type { Warehouse } from "../../clickhouse/client.ts";
import { countDiffRows, listDiffLines } from "../../clickhouse/diff.ts";
import type { DiffBy, DiffLine } from "../../clickhouse/diff.ts";
import { readLedger } from "../../clickhouse/retention.ts";
import { requireSourceNames } from "../../clickhouse/source-names.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { groupBy } from "../domain/group-by.ts";
import { parseMonth } from "../domain/month.ts";
import type { LedgerEntry } from "../domain/retention.ts";
import { METRICS, seriesOf } from "../domain/run.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { chooseAnswers, nameOf, parseMoment } from "./diff-answers.ts";
import type { Compared } from "./diff-answers.ts";
import { countOf, formatCount, formatMoment } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** What to compare: a month, of which sources and datasets, since when and until when. */
export type DiffOptions = {
  readonly month: string;
  readonly sourceName: readonly string[];
  readonly dataset?: string;
  readonly from?: string;
  readonly to?: string;
  readonly by: Exclude<DiffBy, "total"> | "all";
  readonly limit?: number;
  readonly json: boolean;
};

type Comparison = Compared & {
  /** Rows that only the later, and that only the earlier one has. */
  readonly rows: { readonly added: number; readonly removed: number };
  readonly totals: readonly DiffLine[];
  readonly changes: Partial<Record<DiffBy, readonly DiffLine[]>>;
};

const COLUMNS: readonly Column<DiffLine>[] = [
  { title: "metric", value: ({ metric }) => metric },
  { title: "currency", value: ({ currency }) => currency },
  { title: "before", value: ({ before }) => before },
  { title: "after", value: ({ after }) => after },
  { title: "difference", value: ({ difference }) => signed(difference) },
  { title: "rows before", value: ({ rowsBefore }) => formatCount(rowsBefore), align: "right" },
  { title: "rows after", value: ({ rowsAfter }) => formatCount(rowsAfter), align: "right" },
];
const GROUPINGS = ["subscription", "meter", "day"] as const;
const SHOWN_LINES = 20;
const ALL_LINES = 2 ** 32 - 1;

/** Shows what changed of a month between two of its publications. */
export const diff: Command<DiffOptions> = (context, { json, ...options }) => {
  const month = parseMonth(options.month);
  const [from, to] = [options.from, options.to].map((text) => (text === undefined ? undefined : parseMoment(text)));
  return readWarehouse(context, async (warehouse) => {
    await requireSourceNames(warehouse, options.sourceName);
    const ledger = (await readLedger(warehouse, { month })).filter(
      ({ source, dataset }) =>
        (options.sourceName.length === 0 || options.sourceName.includes(source)) &&
        (options.dataset === undefined || dataset === options.dataset),
    );
    const chosen = [...groupBy(ledger, seriesOf).values()].flatMap((series) => chooseAnswers(series, { from, to }));
    if (chosen.length === 0) {
      throw new InvalidRequestError(
        `${month}: nothing is published of it that could be compared. \`billhouse publications --history\` lists what is.`,
      );
    }
    const limit = options.limit ?? (json ? ALL_LINES : SHOWN_LINES);
    const comparisons: Comparison[] = [];
    const incomparable: string[] = [];
    for (const one of chosen) {
      if ("reason" in one) incomparable.push(one.reason);
      else comparisons.push(await compare(warehouse, one, { by: options.by, limit }));
    }
    if (json) context.print(JSON.stringify({ comparisons: comparisons.map(toJson), incomparable }, null, 2));
    else {
      for (const comparison of comparisons) printComparison(context, comparison);
      for (const reason of incomparable) context.print(reason);
    }
    return EXIT.done;
  });
};

async function compare(
  warehouse: Warehouse,
  { before, after }: Compared,
  { by, limit }: { by: DiffOptions["by"]; limit: number },
): Promise<Comparison> {
  // A load that both name is the same in both: only the totals need it.
  const loads = {
    before: before.loadIds.filter((loadId) => !after.loadIds.includes(loadId)),
    after: after.loadIds.filter((loadId) => !before.loadIds.includes(loadId)),
  };
  const metrics = METRICS[after.dataset];
  const whole = { before: before.loadIds, after: after.loadIds };
  const totals = await listDiffLines(warehouse, { ...whole, by: "total", metrics, limit: ALL_LINES });
  const [rows = { added: 0, removed: 0 }] = await countDiffRows(warehouse, loads);
  const changes: Comparison["changes"] = {};
  for (const grouping of GROUPINGS.filter((one) => by === "all" || by === one)) {
    changes[grouping] = await listDiffLines(warehouse, { ...loads, by: grouping, metrics, limit });
  }
  return { before, after, rows, totals, changes };
}

function printComparison({ print }: Context, { before, after, rows, totals, changes }: Comparison): void {
  print(nameOf(after));
  print(`  before  ${describe(before)}`);
  print(`  after   ${describe(after)}`);
  print(`  ${countOf(rows.added, "row")} added, ${countOf(rows.removed, "row")} removed\n`);
  print(`${indented(formatTable(COLUMNS, totals))}\n`);
  for (const [grouping, lines] of Object.entries(changes)) {
    const table = formatTable([...namesOf(grouping, lines), ...COLUMNS], lines);
    print(
      lines.length === 0 ? `  by ${grouping}: nothing changed\n` : `${indented(table)}\n${moreOf(grouping, lines)}`,
    );
  }
}

function namesOf(grouping: string, lines: readonly DiffLine[]): Column<DiffLine>[] {
  const line: Column<DiffLine> = { title: grouping, value: (one) => (one.line === "" ? "(none)" : one.line) };
  return lines.some(({ name }) => name !== "") ? [line, { title: "name", value: ({ name }) => name }] : [line];
}

/** How many changed lines of each metric and currency are not shown. */
function moreOf(grouping: string, lines: readonly DiffLine[]): string {
  const groups = groupBy(lines, ({ metric, currency }) => `${metric} ${currency}`);
  return [...groups]
    .map(([group, shown]) => ({ group, more: (shown[0]?.changedLines ?? 0) - shown.length }))
    .filter(({ more }) => more > 0)
    .map(({ group, more }) => `  and ${countOf(more, grouping)} more in ${group}; --limit shows more\n`)
    .join("");
}

function describe({ runId, publishedAt, submittedAt, publicationId }: LedgerEntry): string {
  const times = `submitted ${formatMoment(submittedAt)}, published ${formatMoment(publishedAt)} UTC`;
  return `run ${runId}, ${times}, publication ${publicationId}`;
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}

function signed(amount: string): string {
  return amount.startsWith("-") || amount === "0" ? amount : `+${amount}`;
}

function toJson({ before, after, rows, totals, changes }: Comparison): object {
  const { source, exportName, dataset, month } = after;
  const sideOf = ({ publicationId, runId, submittedAt, publishedAt }: LedgerEntry) => ({
    publicationId,
    runId,
    submittedAt,
    publishedAt,
  });
  return { source, exportName, dataset, month, before: sideOf(before), after: sideOf(after), rows, totals, changes };
}
