import { ALL_LINES, diffMonth } from "../../clickhouse/diff-month.ts";
import type { Comparison, Side } from "../../clickhouse/diff-month.ts";
import type { DiffBy, DiffLine } from "../../clickhouse/diff.ts";
import { requireSourceNames } from "../../clickhouse/source-names.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { nameOf, parseMoment } from "../domain/diff-answers.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { groupBy } from "../domain/group-by.ts";
import { formatMoment } from "../domain/moment.ts";
import { parseMonth } from "../domain/month.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount, formatDifference } from "./format.ts";
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

const COLUMNS: readonly Column<DiffLine>[] = [
  { title: "metric", value: ({ metric }) => metric },
  { title: "currency", value: ({ currency }) => currency },
  { title: "before", value: ({ before }) => before },
  { title: "after", value: ({ after }) => after },
  { title: "difference", value: ({ difference }) => formatDifference(difference) },
  { title: "rows before", value: ({ rowsBefore }) => formatCount(rowsBefore), align: "right" },
  { title: "rows after", value: ({ rowsAfter }) => formatCount(rowsAfter), align: "right" },
];
const SHOWN_LINES = 20;

/** Shows what changed of a month between two of its publications. */
export const diff: Command<DiffOptions> = (context, { json, ...options }) => {
  const month = parseMonth(options.month);
  const [from, to] = [options.from, options.to].map((text) => (text === undefined ? undefined : parseMoment(text)));
  return readWarehouse(context, async (warehouse) => {
    await requireSourceNames(warehouse, options.sourceName);
    const { sourceName: sources, dataset, by } = options;
    const limit = options.limit ?? (json ? ALL_LINES : SHOWN_LINES);
    const { comparisons, incomparable } = await diffMonth(warehouse, { month, sources, dataset, from, to, by, limit });
    if (comparisons.length + incomparable.length === 0) {
      throw new InvalidRequestError(
        `${month}: nothing is published of it that could be compared. \`billhouse publications --history\` lists what is.`,
      );
    }
    if (json) context.print(JSON.stringify({ comparisons, incomparable }, null, 2));
    else {
      for (const comparison of comparisons) printComparison(context, comparison);
      for (const reason of incomparable) context.print(reason);
    }
    return EXIT.done;
  });
};

function printComparison({ print }: Context, comparison: Comparison): void {
  const { before, after, rows, totals, changes } = comparison;
  print(nameOf(comparison));
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

function describe({ runId, publishedAt, submittedAt, publicationId }: Side): string {
  const times = `submitted ${formatMoment(submittedAt)}, published ${formatMoment(publishedAt)} UTC`;
  return `run ${runId}, ${times}, publication ${publicationId}`;
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}
