import { Option } from "commander";
import { z } from "zod";
import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { clickHouseAlone } from "./bare-engine.ts";
import { billhouse } from "./billhouse.ts";
import { provideExport } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { formatJudgement, judge } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { measureInTurn, memoryOf } from "./measurement.ts";
import type { Result } from "./measurement.ts";
import { countOption, countsOption } from "./mode.ts";
import type { Mode, Note } from "./mode.ts";
import { formatSpread, spreadOf } from "./statistics.ts";

/** Imports of growing exports, one or several at once: what does not grow with them. */
export const scale: Mode = {
  name: "scale",
  describes: "imports of larger and larger exports, one or several at once: speed and memory",
  options: [
    countsOption(
      "--rows <counts>",
      "rows of the exports, separated by commas",
      [500_000, 1_000_000, 3_000_000, 10_000_000],
    ),
    countOption("--parts <count>", "files that the rows of an export are spread over", 1),
    countOption("--concurrent <count>", "how many exports of that size are imported at once", 1),
    new Option("--clickhouse", "also ClickHouse alone, with one export").default(false),
    countOption("--rounds <count>", "how often each size is measured, in turn", 1),
  ],
  async run(options, note) {
    const { rows, rounds, ...given } = Options.parse(options);
    const sizes: Size[] = [];
    for (const count of rows) sizes.push(...(await measureSize(count, rounds, given, note)));
    const judgements = judgeSizes(sizes, given.concurrent);
    return { text: describe(sizes, judgements), figures: { sizes, goals: judgements } };
  },
};

const Options = z.object({
  rows: z.array(z.number()),
  parts: z.number(),
  concurrent: z.number(),
  clickhouse: z.boolean(),
  rounds: z.number(),
});

type Size = ReturnType<typeof summaryOf>;

async function measureSize(
  rows: number,
  rounds: number,
  { parts, concurrent, clickhouse }: Omit<z.infer<typeof Options>, "rows" | "rounds">,
  note: Note,
): Promise<Size[]> {
  const exports: GeneratedExport[] = [];
  for (let index = 1; index <= concurrent; index++) {
    const seed = index === 1 ? "bench" : `bench${index}`;
    exports.push(await provideExport({ rows, parts, isGzipped: true }, note, seed));
  }
  const alone = clickhouse && exports[0] !== undefined ? [await clickHouseAlone(exports[0])] : [];
  const results = await measureInTurn([billhouse(exports), ...alone], rounds, note);
  return results.map((result) => summaryOf(result, rows));
}

function summaryOf({ name, rowCount, rounds }: Result, rows: number) {
  const seconds = spreadOf(rounds.map((round) => round.seconds));
  const cpuSeconds = spreadOf(rounds.map((round) => round.cpuSeconds));
  return {
    name,
    rows,
    rowCount,
    seconds,
    cpuSeconds,
    rowsPerSecond: rowCount / seconds.median,
    memory: memoryOf(rounds),
  };
}

/** The goals that these sizes can answer. */
function judgeSizes(sizes: readonly Size[], concurrent: number): Judgement[] {
  const of = (rows: number) => sizes.find((size) => size.name === "Billhouse" && size.rows === rows);
  const [small, middle, base, large] = [of(500_000), of(3_000_000), of(1_000_000), of(10_000_000)];
  const warehouse = {
    what: `warehouse's peak memory, ${concurrent} of 3,000,000 rows at once`,
    unit: "GB",
    bound: "at most",
    value: concurrent > 1 ? 2.5 : 2,
  } as const;
  const judgements: Judgement[] = [];
  if (middle !== undefined) judgements.push(judge(warehouse, peakOf(middle, "warehouse") / 1e9));
  if (small !== undefined && middle !== undefined) {
    const what = "importer's peak memory at 3,000,000 rows, times that at 500,000";
    const growth = peakOf(middle, "importer") / peakOf(small, "importer");
    judgements.push(judge({ what, unit: "", bound: "at most", value: 1.1 }, growth));
  }
  if (base !== undefined && large !== undefined) {
    const what = "rows/s at 10,000,000 rows, times those at 1,000,000";
    const speed = large.rowsPerSecond / base.rowsPerSecond;
    judgements.push(judge({ what, unit: "", bound: "at least", value: 0.85 }, speed));
  }
  return judgements;
}

function describe(sizes: readonly Size[], judgements: readonly Judgement[]): string {
  const table = formatTable(
    [
      { title: "", value: (size) => size.name },
      { title: "rows", value: (size) => formatCount(size.rowCount), align: "right" },
      { title: "seconds", value: (size) => formatSpread(size.seconds), align: "right" },
      { title: "rows/s", value: (size) => formatCount(Math.round(size.rowsPerSecond)), align: "right" },
      { title: "CPU seconds", value: (size) => formatSpread(size.cpuSeconds), align: "right" },
      { title: "importer's peak", value: (size) => formatPeak(size, "importer"), align: "right" },
      { title: "engine's peak", value: (size) => formatPeak(size, "warehouse", "engine"), align: "right" },
    ],
    sizes,
  );
  return [table, "", ...judgements.map(formatJudgement)].join("\n");
}

function peakOf({ memory }: Size, ...names: readonly string[]): number {
  return memory.find(({ name }) => names.includes(name))?.peakBytes ?? 0;
}

function formatPeak(size: Size, ...names: readonly string[]): string {
  const peak = peakOf(size, ...names);
  return peak === 0 ? "" : formatBytes(peak);
}
