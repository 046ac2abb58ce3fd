import { Option } from "commander";
import { z } from "zod";
import { clickHouseAlone, clickHouseAtBest } from "./bare-engine.ts";
import { billhouse } from "./billhouse.ts";
import { exportOptions, ExportOptions, sizeOf } from "./export-options.ts";
import { provideExport } from "./exports.ts";
import { judge } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { compareLoads, describeLoads } from "./load-table.ts";
import { measureInTurn, memoryOf } from "./measurement.ts";
import type { Result } from "./measurement.ts";
import { countOption } from "./mode.ts";
import type { Mode } from "./mode.ts";
import { csvParse } from "./peers/csv-parse.ts";
import { duckdbOfNode } from "./peers/duckdb.ts";
import { gunzipAlone } from "./peers/gunzip.ts";
import { pythonPeers } from "./peers/python.ts";
import { PRESETS, temporal as orchestration } from "./temporal.ts";

/** An import beside others who bring the same file to where it can be asked. Billhouse is held against each of them. */
export const load: Mode = {
  name: "load",
  describes: "an import of Billhouse, beside ClickHouse alone, DuckDB and others with the same local files",
  options: [
    ...exportOptions(),
    countOption("--rounds <count>", "how often each contestant works, in turn; those that take minutes once", 3),
    new Option("--only <names...>", "only these contestants, by the beginnings of their names").default([]),
    new Option("--peers", "also the Python packages of DuckDB, Polars and dlt (downloads them once)").default(false),
    countOption("--dlt-rows <count>", "how many rows dlt gets: its time is multiplied to that of all rows", 50_000),
    new Option("--temporal", "under Temporal instead of beside others: the mode temporal").default(false),
  ],
  async run(options, note) {
    const { rounds, peers, only, dltRows, temporal, ...size } = Options.parse(options);
    if (temporal) return orchestration.run({ ...PRESETS, rows: size.rows, rounds }, note);
    const generated = await provideExport(sizeOf(size), note);
    const others = [
      await clickHouseAlone(generated),
      await clickHouseAtBest(generated),
      await duckdbOfNode(generated),
      await csvParse(generated),
      ...(peers ? await pythonPeers(generated, dltRows, note) : []),
      ...(size.plain ? [] : [gunzipAlone(generated)]),
    ];
    const isWanted = (name: string) => only.length === 0 || only.some((wanted) => isBeginning(wanted, name));
    const contestants = [billhouse([generated]), ...others.filter(({ name }) => isWanted(name))];
    const results = await measureInTurn(contestants, rounds, note);
    const compared = compareLoads(generated, results);
    const judgements = judgeLoads(results, compared);
    return {
      text: describeLoads(compared, judgements),
      figures: { export: generated, results: compared, goals: judgements },
    };
  },
};

const Options = ExportOptions.extend({
  rounds: z.number(),
  only: z.array(z.string()),
  peers: z.boolean(),
  dltRows: z.number(),
  temporal: z.boolean(),
});

/** How many times as fast as a peer Billhouse is to be, and what memory its importer may take. */
const SPEED_GOALS: Readonly<Record<string, number>> = {
  "ClickHouse alone": 0.8,
  "DuckDB (Node)": 1.8,
  "csv-parse": 8,
  Polars: 1,
};
const IMPORTER_MEGABYTES = 200;

function judgeLoads(results: readonly Result[], compared: ReturnType<typeof compareLoads>): Judgement[] {
  const speeds = compared.flatMap(({ name, advantage }) => {
    const value = SPEED_GOALS[name];
    if (value === undefined || advantage === undefined) return [];
    return [judge({ what: `speed, times that of ${name}`, unit: "", bound: "at least", value }, advantage.median)];
  });
  const importer = memoryOf(results[0]?.rounds ?? []).find(({ name }) => name === "importer");
  const goal = { what: "importer's peak memory", unit: "MB", bound: "at most", value: IMPORTER_MEGABYTES } as const;
  return importer === undefined ? speeds : [...speeds, judge(goal, importer.peakBytes / 1e6)];
}

function isBeginning(wanted: string, name: string): boolean {
  return name.toLowerCase().startsWith(wanted.toLowerCase());
}
