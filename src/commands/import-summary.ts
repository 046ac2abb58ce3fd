import type { SourceResult } from "../../workflows/import-all.ts";
import { describeFailure } from "../../workflows/import-source.ts";
import type { RunOutcome } from "../../workflows/import-source.ts";
import type { Context } from "../context.ts";
import { countReasons } from "../domain/plan.ts";
import { METRICS } from "../domain/run.ts";
import { describeRejects } from "./describe-rejects.ts";
import { countOf, formatBytes, formatCount, formatDuration } from "./format.ts";
import { describeEvaluation } from "./rules-evaluate.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

type Line = { readonly source: string; readonly run: RunOutcome };

const COLUMNS: readonly Column<Line>[] = [
  { title: "source", value: ({ source }) => source },
  { title: "export", value: ({ run }) => run.exportName },
  { title: "dataset", value: ({ run }) => run.dataset },
  { title: "month", value: ({ run }) => run.month },
  { title: "run", value: ({ run }) => run.runId },
  { title: "outcome", value: ({ run }) => run.outcome },
  { title: "rows", value: ({ run }) => rowsOf(run), align: "right" },
  { title: "total", value: ({ run }) => totalOf(run) },
];

/** Prints what an import did: the runs it worked on, what was skipped and why, and every problem in full. */
export function printImport(context: Context, results: readonly SourceResult[], milliseconds: number): void {
  const lines = results.flatMap(({ source, runs }) => runs.map((run): Line => ({ source, run })));
  const worked = lines.filter(({ run }) => run.outcome !== "skipped");
  if (worked.length > 0) context.print(`${formatTable(COLUMNS, worked)}\n`);
  for (const note of notesOf(lines)) context.print(note);
  for (const result of results) {
    if (result.error === null && result.alreadyRunning === true) {
      context.print(`${result.source}: another import is at it.`);
    }
    if (result.error === null && result.tracking !== undefined) {
      context.print(`${result.source}: ${describeEvaluation(result.tracking)}`);
    }
    for (const warning of result.warnings) context.print(`${result.source}: note: ${warning}`);
    for (const error of errorsOf(result)) context.print(`${result.source}: ${error}`);
  }
  context.print(countsOf(lines, results, milliseconds));
}

function countsOf(lines: readonly Line[], results: readonly SourceResult[], milliseconds: number): string {
  const count = (outcome: RunOutcome["outcome"]) => lines.filter(({ run }) => run.outcome === outcome).length;
  const failedSources = results.filter((result) => result.error !== null).length;
  const problems = results.reduce((sum, result) => sum + result.problems.length, 0);
  const [wouldImport, wouldAsk] = [count("would import"), count("would ask")];
  const facts = [
    ...(wouldImport > 0 ? [`${countOf(wouldImport, "run")} would be imported`] : []),
    ...(wouldAsk > 0 ? [`${countOf(wouldAsk, "question")} to APIs would be asked`] : []),
    ...(wouldImport + wouldAsk > 0 ? [] : [`${countOf(count("imported"), "run")} imported`]),
    skippedOf(results),
    `${count("failed")} failed`,
    ...(problems > 0 ? [countOf(problems, "problem")] : []),
    ...(failedSources > 0 ? [`${countOf(failedSources, "source")} could not be read`] : []),
  ];
  return `${facts.join(", ")} (${formatDuration(milliseconds)}).`;
}

function skippedOf(results: readonly SourceResult[]): string {
  const reasons = countReasons(
    ...results.flatMap((result) => [
      ...result.runs.flatMap((run) => (run.outcome === "skipped" ? [run] : [])),
      ...result.moreSkipped,
    ]),
  );
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return "0 skipped";
  return `${total} skipped (${reasons.map(({ reason, count }) => `${count} ${reason}`).join(", ")})`;
}

function notesOf(lines: readonly Line[]): string[] {
  return lines.flatMap(({ source, run }) => {
    if (run.outcome !== "imported") return [];
    const { publication, rowsMalformed: malformed = 0 } = run.report;
    const { isCurrent, silences, silenced } = publication;
    const name = `${source}: ${run.exportName} ${run.dataset} ${run.month}`;
    return [
      ...(isCurrent ? [] : [`${name}: a later run answers, this one only fills in days that it lacks.`]),
      ...(silences > 0 ? [`${name}: answers for ${countOf(silences, "subscription day")} of other exports.`] : []),
      ...(silenced > 0 ? [`${name}: other exports answer for ${countOf(silenced, "subscription day")} of it.`] : []),
      ...(malformed > 0
        ? [
            `${name}: tags or additional info of ${countOf(malformed, "row")} cannot be read as JSON; their text is kept.`,
          ]
        : []),
    ];
  });
}

function errorsOf({ error, problems, runs }: SourceResult): string[] {
  return [
    ...(error === null ? [] : [error]),
    ...problems.map((problem) => problem.message),
    ...runs.flatMap((run) => (run.outcome === "failed" ? [describeFailure(run)] : [])),
  ];
}

function rowsOf(run: RunOutcome): string {
  return run.outcome === "imported" ? formatCount(run.report.rowsLoaded) : "";
}

function totalOf(run: RunOutcome): string {
  if (run.outcome === "would import") return `${countOf(run.partCount, "part")}, ${formatBytes(run.byteCount)}`;
  if (run.outcome !== "imported") return "";
  const amounts = run.report.totals.flatMap(({ billing_currency, ...total }) =>
    METRICS[run.dataset].map(
      (metric) => `${total[metric]} ${billing_currency}${METRICS[run.dataset].length > 1 ? ` ${metric}` : ""}`,
    ),
  );
  const { rejects } = run.report;
  return [...amounts, ...(rejects.length > 0 ? [describeRejects(rejects)] : [])].join(", ");
}
