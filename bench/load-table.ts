import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import type { GeneratedExport } from "./exports.ts";
import { formatJudgement } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { memoryOf } from "./measurement.ts";
import type { Measurement, Result } from "./measurement.ts";
import { formatSpread, scaled, spreadOf } from "./statistics.ts";
import type { Spread } from "./statistics.ts";

/** What came of a contestant, and how many times as fast as it the first one was. */
export type ComparedLoad = ReturnType<typeof compareLoads>[number];

/** Holds the first contestant against each of the others, round by round. */
export function compareLoads(
  generated: Pick<GeneratedExport, "rowCount" | "rawByteCount">,
  results: readonly Result[],
) {
  const [ours] = results;
  return results.map((result) => {
    const { name, remark, rowCount, rounds } = result;
    const factor = generated.rowCount / rowCount;
    const seconds = scaled(spreadOf(rounds.map((round) => round.seconds)), factor);
    return {
      name,
      remark,
      rowCount,
      seconds,
      /** Whether it got a share of the rows, and the figures are that many times what was measured. */
      multipliedBy: factor,
      cpuSeconds: scaled(spreadOf(rounds.map((round) => round.cpuSeconds)), factor),
      rowsPerSecond: generated.rowCount / seconds.median,
      rawMegabytesPerSecond: generated.rawByteCount / 1e6 / seconds.median,
      memory: memoryOf(rounds),
      phases: phasesOf(rounds),
      advantage: ours === undefined || ours === result ? undefined : advantageOf(ours, result),
      rounds,
    };
  });
}

/** The table, goals, and what is to be said of single contestants. */
export function describeLoads(compared: readonly ComparedLoad[], judgements: readonly Judgement[]): string {
  const table = formatTable(
    [
      { title: "", value: (row) => row.name },
      {
        title: "seconds",
        value: (row) => `${row.multipliedBy === 1 ? "" : "~"}${formatSpread(row.seconds)}`,
        align: "right",
      },
      { title: "rows/s", value: (row) => formatCount(Math.round(row.rowsPerSecond)), align: "right" },
      { title: "MB/s of CSV", value: (row) => row.rawMegabytesPerSecond.toFixed(1), align: "right" },
      { title: "CPU seconds", value: (row) => formatSpread(row.cpuSeconds), align: "right" },
      { title: "peak memory", value: (row) => formatMemory(row), align: "right" },
      { title: "Billhouse is so many times as fast", value: (row) => formatAdvantage(row.advantage), align: "right" },
    ],
    compared,
  );
  const remarks = compared.map(({ name, remark, rowCount, multipliedBy, rounds, phases, memory }) => {
    const share = `measured with ${formatCount(rowCount)} rows, its seconds are ${multipliedBy.toFixed(1)} times those`;
    const steps = phases.map((phase) => `${phase.name} ${formatSpread(phase.seconds)}`).join(", ");
    const idle = memory.map((process) => formatBytes(process.idleBytes)).join(", ");
    const said = [remark, multipliedBy === 1 ? "" : share, steps === "" ? "" : `seconds: ${steps}`].filter(Boolean);
    return `${name}: ${[countOf(rounds), ...said, `memory before the work ${idle}`].join("; ")}`;
  });
  return [table, "", ...judgements.map(formatJudgement), "", ...remarks, MEDIANS].join("\n");
}

const MEDIANS = "Median (least-most) of the rounds; memory is the greatest of all, of each process that took part.";

/** By the time for a row, each round beside the same round of the other. */
function advantageOf(ours: Result, other: Result): Spread {
  return spreadOf(
    other.rounds.map((round, index) => {
      const own = ours.rounds[index] ?? round;
      return round.seconds / other.rowCount / (own.seconds / ours.rowCount);
    }),
  );
}

function phasesOf(rounds: readonly Measurement[]) {
  const names = Object.keys(rounds[0]?.phases ?? {});
  return names.map((name) => ({ name, seconds: spreadOf(rounds.map((round) => round.phases[name] ?? 0)) }));
}

function formatMemory({ memory }: ComparedLoad): string {
  if (memory.length === 1) return memory.map(({ peakBytes }) => formatBytes(peakBytes)).join("");
  return memory.map(({ name, peakBytes }) => `${name} ${formatBytes(peakBytes)}`).join(", ");
}

function formatAdvantage(advantage: Spread | undefined): string {
  return advantage === undefined ? "" : formatSpread(advantage);
}

function countOf(rounds: readonly Measurement[]): string {
  return `${rounds.length} ${rounds.length === 1 ? "round" : "rounds"}`;
}
