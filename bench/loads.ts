import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { publishSeries } from "../clickhouse/publish-series.ts";
import { formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { firstDayOf, parseMonth } from "../src/domain/month.ts";
import { imitateLoad, findTemplate, insertLoads } from "./imitated-loads.ts";
import { formatFigure, formatJudgement, judge } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { inWarehouse } from "./in-warehouse.ts";
import { prefixOf, provideLoadsWarehouse, sourceName, TEMPLATE_SOURCE } from "./loads-warehouse.ts";
import { countOption } from "./mode.ts";
import type { Mode } from "./mode.ts";
import { spreadOf } from "./statistics.ts";
import type { Spread } from "./statistics.ts";
import { timeReads } from "./timed-reads.ts";
import type { Read } from "./timed-reads.ts";

/** What a hundred times as many loads cost those who read, open and publish. */
export const loads: Mode = {
  name: "loads",
  describes: "a warehouse of many small loads beside one of a hundredth of them: reads, opening, publishing",
  options: [
    countOption("--sources <count>", "sources; each has 13 months of 3 publications, a load each", 500),
    countOption("--few <count>", "sources of the warehouse that it is held against", 5),
    countOption("--rows <count>", "rows of a load", 200),
    countOption("--repetitions <count>", "how often each question is asked in a round", 20),
    countOption("--rounds <count>", "how often each warehouse is opened and asked, in turn", 3),
  ],
  async run(options, note) {
    const { sources, few, rows, repetitions, rounds } = Options.parse(options);
    const warehouses = [
      await provideLoadsWarehouse({ sources, rowsPerLoad: rows }, note),
      await provideLoadsWarehouse({ sources: few, rowsPerLoad: rows }, note),
      await provideLoadsWarehouse({ sources: few, rowsPerLoad: Math.round((rows * sources) / few) }, note),
    ];
    const measured = warehouses.map(() => [] as Times[]);
    for (let round = 1; round <= rounds; round++) {
      for (const [index, { dataDir, loads: count }] of warehouses.entries()) {
        measured[index]?.push(await measure(dataDir, repetitions));
        note(`round ${round} of ${rounds}: ${formatCount(count)} loads`);
      }
    }
    const compared = FIGURES.map((figure) => compare(figure, measured));
    const judgements = compared.flatMap(({ name, ratio, goal }) =>
      ratio === undefined
        ? []
        : [judge({ what: `${name}, times as long`, unit: "", bound: "at most", value: goal }, ratio)],
    );
    const titles = warehouses.map(
      ({ loads: count, rowCount }) => `${formatCount(count)} loads, ${formatCount(rowCount)} rows`,
    );
    return { text: describe(titles, compared, judgements), figures: { warehouses, compared, goals: judgements } };
  },
};

const Options = z.object({
  sources: z.number(),
  few: z.number(),
  rows: z.number(),
  repetitions: z.number(),
  rounds: z.number(),
});

/** Milliseconds by what took them. */
type Times = Readonly<Record<string, number>>;

/** What is compared: with as many rows in fewer loads where all are read, else with loads of the same size. */
type Figure = { readonly name: string; readonly goal: number; readonly against: "few loads" | "as many rows" };

const PUBLISHES = 5;
const OPENING = "opening";
const PUBLISHING = "publishing a run";
const MONTH = parseMonth("2026-03");
const READS: readonly (Read & Figure)[] = [
  { name: "a source's month", file: "source-month-by-day", goal: 2, against: "few loads" },
  { name: "a source's month, all lines", file: "source-month-by-resource-group", goal: 2, against: "few loads" },
  { name: "a sum over everything", file: "everything-daily", goal: 5, against: "as many rows" },
  { name: "a sum over everything, all lines", file: "everything", goal: 5, against: "as many rows" },
].map((read) => {
  const parameters = { source: sourceName(3), month: firstDayOf(MONTH) };
  const isOfAll = read.against === "as many rows";
  return { ...read, against: isOfAll ? "as many rows" : "few loads", parameters: isOfAll ? {} : parameters };
});
const FIGURES: readonly Figure[] = [
  { name: OPENING, goal: 2, against: "few loads" },
  ...READS,
  { name: PUBLISHING, goal: 2, against: "few loads" },
];

async function measure(dataDir: string, repetitions: number): Promise<Times> {
  return inWarehouse(dataDir, async ({ warehouse, openedInSeconds }) => {
    const reads = await timeReads(warehouse, READS, repetitions);
    return {
      [OPENING]: openedInSeconds * 1000,
      ...Object.fromEntries(reads.map(({ name, p50 }) => [name, p50])),
      [PUBLISHING]: await timePublishing(warehouse),
    };
  });
}

/** Publishes further runs of one source and month; each time the warehouse has one load more, which is kept. */
async function timePublishing(warehouse: Warehouse): Promise<number> {
  const template = await findTemplate(warehouse, TEMPLATE_SOURCE);
  const milliseconds: number[] = [];
  for (let number = 4; number < 4 + PUBLISHES; number++) {
    const load = imitateLoad(template, { source: sourceName(2), month: MONTH, number, prefix: prefixOf(2) });
    await insertLoads(warehouse, template, [load], 1);
    const started = performance.now();
    await publishSeries(warehouse, load.run, { kind: "publish", run: load.run, ownLoadIds: [load.loadId] }, 100);
    milliseconds.push(performance.now() - started);
  }
  return spreadOf(milliseconds).median;
}

type Compared = Figure & { readonly spreads: readonly Spread[]; readonly ratio: number | undefined };

function compare(figure: Figure, measured: readonly (readonly Times[])[]): Compared {
  const spreads = measured.map((rounds) => spreadOf(rounds.map((times) => times[figure.name] ?? 0)));
  const [many, other] = [spreads[0], spreads[figure.against === "few loads" ? 1 : 2]];
  const ratio = many === undefined || other === undefined ? undefined : many.median / other.median;
  return { name: figure.name, goal: figure.goal, against: figure.against, spreads, ratio };
}

function describe(titles: readonly string[], compared: readonly Compared[], judgements: readonly Judgement[]): string {
  const table = formatTable(
    [
      { title: "milliseconds", value: (row) => row.name },
      ...titles.map((title, index) => ({
        title,
        value: (row: Compared) => formatMilliseconds(row.spreads[index]),
        align: "right" as const,
      })),
      { title: "ratio", value: (row) => (row.ratio === undefined ? "" : formatFigure(row.ratio)), align: "right" },
      { title: "held against", value: (row) => row.against },
    ],
    compared,
  );
  return [table, "", ...judgements.map(formatJudgement), "", "Median (least-most) of the rounds' medians."].join("\n");
}

function formatMilliseconds(spread: Spread | undefined): string {
  if (spread === undefined) return "";
  return `${formatFigure(spread.median)} (${formatFigure(spread.min)}-${formatFigure(spread.max)})`;
}
