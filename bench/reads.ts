import { z } from "zod";
import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { formatFigure, formatJudgement, judge } from "./goals.ts";
import { inWarehouse } from "./in-warehouse.ts";
import { countOption } from "./mode.ts";
import type { Mode } from "./mode.ts";
import { MONTHS, provideReadsWarehouse } from "./reads-warehouse.ts";
import { timeReads } from "./timed-reads.ts";
import type { Read, ReadTimes } from "./timed-reads.ts";

/** What people ask of a year of costs, over HTTP. */
export const reads: Mode = {
  name: "reads",
  describes: `questions to a warehouse of ${MONTHS} months with three publications each`,
  options: [
    countOption("--rows <count>", "rows that count, over all months; three times as many are stored", 10_000_000),
    countOption("--repetitions <count>", "how often each question is asked", 30),
  ],
  async run(options, note) {
    const { rows, repetitions } = Options.parse(options);
    const { dataDir, rowCount, resource, builtInSeconds } = await provideReadsWarehouse(rows, note);
    const questions = questionsOf(resource);
    const times = await inWarehouse(dataDir, ({ warehouse }) => timeReads(warehouse, questions, repetitions));
    const judgements = questions.flatMap(({ name, goal }) => {
      const p50 = times.find((time) => time.name === name)?.p50;
      return p50 === undefined ? [] : [judge({ what: name, unit: "ms", bound: "at most", value: goal }, p50)];
    });
    const table = formatTable(
      [
        { title: "", value: (time) => time.name },
        { title: "p50 ms", value: (time) => formatFigure(time.p50), align: "right" },
        { title: "p95 ms", value: (time) => formatFigure(time.p95), align: "right" },
        { title: "engine's p50 ms", value: (time) => formatFigure(time.engineP50), align: "right" },
        { title: "first ms", value: (time) => formatFigure(time.first), align: "right" },
        { title: "rows read", value: (time) => formatCount(time.rowsRead), align: "right" },
        { title: "bytes read", value: (time) => formatBytes(time.bytesRead), align: "right" },
        { title: "rows", value: (time) => formatCount(time.resultRows), align: "right" },
      ],
      times satisfies readonly ReadTimes[],
    );
    const about =
      `${formatCount(rowCount)} current rows of ${formatCount(rowCount * 3)}, ${MONTHS} months; asked ${repetitions} ` +
      "times after three to get warm. First: the first time after opening, the files in the page cache.";
    return {
      text: [table, "", ...judgements.map(formatJudgement), "", about].join("\n"),
      figures: { rowCount, builtInSeconds, times, goals: judgements },
    };
  },
};

const Options = z.object({ rows: z.number(), repetitions: z.number() });

/** A question and the milliseconds that it may take. */
export type Question = Read & { readonly goal: number };

/** The questions, and what they may take with 10,000,000 current rows. */
export function questionsOf(resource: string): Question[] {
  const month = { month: "2026-04-01" };
  const year = { from: "2025-06-01", until: "2026-06-01" };
  return [
    { name: "a month by day", file: "month-by-day", parameters: month, goal: 15 },
    { name: "a month by subscription", file: "month-by-subscription", parameters: month, goal: 15 },
    { name: "a year by meter category", file: "year-by-meter-category", parameters: year, goal: 40 },
    { name: "a resource's days of a year", file: "resource-by-day", parameters: { ...year, resource }, goal: 30 },
    { name: "a month by tag, all lines", file: "month-by-tag", parameters: { ...month, tag: "env" }, goal: 300 },
  ];
}
