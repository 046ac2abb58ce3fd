import { z } from "zod";
import { billhouse } from "./billhouse.ts";
import { provideExport } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { measureInTurn } from "./measurement.ts";
import { countOption } from "./mode.ts";
import type { Mode, Note } from "./mode.ts";
import { BETWEEN_PARTS, billhouseInTemporal, LOADING } from "./orchestrated.ts";
import { measureOrchestration } from "./orchestration.ts";
import { judgeOverhead } from "./overhead.ts";
import type { Compared } from "./overhead.ts";
import { describeOverhead } from "./temporal-table.ts";

/** What is measured where nothing else is asked for. */
export const PRESETS = { rows: 500_000, parts: 8, rounds: 3, repetitions: 15 } as const;

/** Of another account: what workers import before they are measured. */
const REHEARSED_ROWS = 1000;

/** An import as Temporal orchestrates it, beside the same in one process. */
export const temporal: Mode = {
  name: "temporal",
  describes: "an import under Temporal, with workers of their own, beside the same in one process",
  options: [
    countOption("--rows <count>", "rows of the export", PRESETS.rows),
    countOption("--parts <count>", "files that they are spread over, besides one file", PRESETS.parts),
    countOption("--rounds <count>", "how often each of these imports runs, in turn", PRESETS.rounds),
    countOption("--repetitions <count>", "how often those that have little to do run, in turn", PRESETS.repetitions),
  ],
  async run(options, note) {
    const { rows, parts, rounds, repetitions } = Options.parse(options);
    const small = await measureOrchestration(repetitions, note);
    const whole = await provideExport({ rows, parts: 1, isGzipped: true }, note);
    const spread = await provideExport({ rows, parts, isGzipped: true }, note);
    const rehearsal = await provideExport({ rows: REHEARSED_ROWS, parts: 1, isGzipped: true }, note, "rehearsal");
    const compared = [
      ...(await compare(whole, rehearsal, [1], rounds, note)),
      ...(await compare(spread, rehearsal, [1, 2], rounds, note)),
    ];
    const judgements = judgeOverhead(compared, small);
    return {
      text: describeOverhead(compared, small, judgements),
      figures: { compared, small, goals: judgements },
    };
  },
};

const Options = z.object({ rows: z.number(), parts: z.number(), rounds: z.number(), repetitions: z.number() });

async function compare(
  generated: GeneratedExport,
  rehearsal: GeneratedExport,
  workerCounts: readonly number[],
  rounds: number,
  note: Note,
): Promise<Compared[]> {
  const parts = generated.parts.length;
  const files = `${parts} ${parts === 1 ? "file" : "files"}`;
  const [inProcess, ...byWorkers] = await measureInTurn(
    [
      { ...billhouse([generated], rehearsal), name: `${files} in process` },
      ...workerCounts.map((workers) => ({
        ...billhouseInTemporal(generated, rehearsal, workers, note),
        name: `${files} in Temporal with ${workers} ${workers === 1 ? "worker" : "workers"}`,
      })),
    ],
    rounds,
    note,
  );
  return byWorkers.map((result, index) => ({
    parts,
    workers: workerCounts[index] ?? 0,
    rowCount: generated.rowCount,
    pairs: result.rounds.map((round, number) => ({
      inProcess: inProcess?.rounds[number]?.seconds ?? Number.NaN,
      inTemporal: round.seconds,
    })),
    loads: result.rounds.map((round, number) => ({
      inProcess: inProcess?.rounds[number]?.phases[LOADING] ?? Number.NaN,
      inTemporal: round.phases[LOADING] ?? Number.NaN,
    })),
    idleBetweenParts: result.rounds.map(({ phases }) => phases[BETWEEN_PARTS] ?? Number.NaN),
  }));
}
