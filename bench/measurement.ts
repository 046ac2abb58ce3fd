import { z } from "zod";
import type { Note } from "./mode.ts";

const ProcessMemory = z.object({
  name: z.string(),
  /** The most that was resident at once, and the same before the work began. */
  peakBytes: z.number(),
  idleBytes: z.number(),
});

/** One round of one contestant. */
export const Measurement = z.object({
  seconds: z.number(),
  /** Of all processes that took part. */
  cpuSeconds: z.number(),
  memory: z.array(ProcessMemory),
  /** Seconds from the first beginning to the last end of each step, where there are several. */
  phases: z.record(z.string(), z.number()),
});

/** One round of one contestant. */
export type Measurement = z.infer<typeof Measurement>;

/** What the process of a contestant answers: its figures, and what arrived, for whoever measures to compare. */
export const Arrived = Measurement.extend({ rows: z.string(), total: z.string() });

/** Something that brings a generated export to where it can be asked, each round from an empty directory. */
export type Contestant = {
  readonly name: string;
  /** What it does that others do not, or not as well; empty where there is nothing to say. */
  readonly remark: string;
  /** How many rows it gets: fewer than the others where it takes minutes. */
  readonly rowCount: number;
  /** How many rounds it works at most. */
  readonly mostRounds: number;
  readonly measure: () => Promise<Measurement>;
};

/** A contestant and all its rounds. */
export type Result = Pick<Contestant, "name" | "remark" | "rowCount"> & { readonly rounds: readonly Measurement[] };

/** Lets the contestants work in turn, A B A B, so that what else the machine does hits them alike. */
export async function measureInTurn(contestants: readonly Contestant[], rounds: number, note: Note): Promise<Result[]> {
  const results = contestants.map((one) => ({ contestant: one, rounds: [] as Measurement[] }));
  for (let round = 1; round <= rounds; round++) {
    for (const { contestant, rounds: done } of results) {
      if (round > contestant.mostRounds) continue;
      const measurement = await contestant.measure();
      done.push(measurement);
      const { seconds, cpuSeconds } = measurement;
      note(
        `round ${round} of ${rounds}: ${contestant.name} ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU seconds`,
      );
    }
  }
  return results.map(({ contestant: { name, remark, rowCount }, rounds: done }) => ({
    name,
    remark,
    rowCount,
    rounds: done,
  }));
}

/** The greatest peak of each process over all rounds. */
export function memoryOf(rounds: readonly Measurement[]): { name: string; peakBytes: number; idleBytes: number }[] {
  const names = rounds[0]?.memory.map(({ name }) => name) ?? [];
  return names.map((name) => {
    const all = rounds.flatMap((round) => round.memory.filter((process) => process.name === name));
    const greatest = (of: (process: (typeof all)[number]) => number) => Math.max(...all.map(of));
    return { name, peakBytes: greatest((one) => one.peakBytes), idleBytes: greatest((one) => one.idleBytes) };
  });
}
