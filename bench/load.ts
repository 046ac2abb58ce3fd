import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { clickHouseAlone } from "./bare-engine.ts";
import { billhouse } from "./billhouse.ts";
import type { GeneratedExport } from "./exports.ts";
import type { Mode } from "./mode.ts";
import { measureInTurn } from "./measurement.ts";
import type { Measurement, Result } from "./measurement.ts";
import { formatSpread, spreadOf } from "./statistics.ts";

/** An import beside others who bring the same file into ClickHouse. The first one is held against each of the others. */
export const load: Mode = {
  name: "load",
  describes: "an import of Billhouse, beside ClickHouse alone reading the same local files",
  async run(generated, rounds, note) {
    const contestants = [billhouse(generated), await clickHouseAlone(generated)];
    const results = await measureInTurn(contestants, rounds, note);
    const [ours, ...others] = results;
    const ratios = others.map((other) => ratioOf(ours ?? other, other));
    const figures = results.map((result) => ({ ...result, ...summaryOf(generated, result) }));
    return { text: describe(generated, results, ratios), figures: { results: figures, ratios } };
  },
};

type Ratio = ReturnType<typeof ratioOf>;

/** Each round of one over the round of the other beside it. */
function ratioOf(ours: Result, other: Result) {
  const of = (figure: (round: Measurement) => number) =>
    spreadOf(ours.rounds.map((round, index) => figure(round) / figure(other.rounds[index] ?? round)));
  return { name: other.name, seconds: of((round) => round.seconds), cpuSeconds: of((round) => round.cpuSeconds) };
}

function summaryOf({ rowCount, rawByteCount }: GeneratedExport, { rounds }: Result) {
  const seconds = spreadOf(rounds.map((round) => round.seconds));
  return {
    seconds,
    cpuSeconds: spreadOf(rounds.map((round) => round.cpuSeconds)),
    rowsPerSecond: rowCount / seconds.median,
    rawMegabytesPerSecond: rawByteCount / 1e6 / seconds.median,
    memory: memoryOf(rounds),
    phases: phasesOf(rounds),
  };
}

/** The greatest peak of each process over all rounds. */
function memoryOf(rounds: readonly Measurement[]) {
  const names = rounds[0]?.memory.map(({ name }) => name) ?? [];
  return names.map((name) => {
    const all = rounds.flatMap((round) => round.memory.filter((process) => process.name === name));
    const idleBytes = spreadOf(all.map((process) => process.idleBytes)).median;
    return { name, peakBytes: Math.max(...all.map((process) => process.peakBytes)), idleBytes };
  });
}

function phasesOf(rounds: readonly Measurement[]) {
  const names = Object.keys(rounds[0]?.phases ?? {});
  return names.map((name) => ({ name, seconds: spreadOf(rounds.map((round) => round.phases[name] ?? 0)) }));
}

function describe(generated: GeneratedExport, results: readonly Result[], ratios: readonly Ratio[]): string {
  const rows = results.map((result) => ({ name: result.name, ...summaryOf(generated, result) }));
  const table = formatTable(
    [
      { title: "", value: (row) => row.name },
      { title: "seconds", value: (row) => formatSpread(row.seconds), align: "right" },
      { title: "rows/s", value: (row) => formatCount(Math.round(row.rowsPerSecond)), align: "right" },
      { title: "MB/s of CSV", value: (row) => row.rawMegabytesPerSecond.toFixed(1), align: "right" },
      { title: "CPU seconds", value: (row) => formatSpread(row.cpuSeconds), align: "right" },
    ],
    rows,
  );
  const against = ratios.map(
    ({ name, seconds, cpuSeconds }) =>
      `${results[0]?.name} / ${name}: ${formatSpread(seconds)} in time, ${formatSpread(cpuSeconds)} in CPU`,
  );
  const details = rows.flatMap(({ name, memory, phases }) => [
    ...memory.map(
      (process) =>
        `${name}, ${process.name}: peak memory ${formatBytes(process.peakBytes)}, ` +
        `of which ${formatBytes(process.idleBytes)} before the work began`,
    ),
    ...(phases.length === 0
      ? []
      : [`${name}, seconds: ${phases.map((phase) => `${phase.name} ${formatSpread(phase.seconds)}`).join(", ")}`]),
  ]);
  return [table, "", ...against, ...details].join("\n");
}
