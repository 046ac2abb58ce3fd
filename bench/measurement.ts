import { z } from "zod";

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

/** Something that brings a generated export into ClickHouse, each round from an empty directory. */
export type Contestant = { readonly name: string; readonly measure: () => Promise<Measurement> };

/** A contestant and all its rounds. */
export type Result = { readonly name: string; readonly rounds: readonly Measurement[] };

/** Lets the contestants work in turn, A B A B, so that what else the machine does hits them alike. */
export async function measureInTurn(
  contestants: readonly Contestant[],
  rounds: number,
  note: (text: string) => void,
): Promise<Result[]> {
  const results = contestants.map(({ name }) => ({ name, rounds: [] as Measurement[] }));
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { name, measure }] of contestants.entries()) {
      const measurement = await measure();
      results[index]?.rounds.push(measurement);
      const { seconds, cpuSeconds } = measurement;
      note(`round ${round} of ${rounds}: ${name} ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU seconds`);
    }
  }
  return results;
}
