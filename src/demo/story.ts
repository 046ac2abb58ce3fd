import { formatDuration } from "../commands/format.ts";

/** Tells people what happens: numbered steps with lines below them. */
export type Story = {
  /** Writes text below the current step. */
  readonly say: (text: string) => void;
  /** Announces a step, does it, and says how long it took. */
  readonly step: <T>(title: string, work: () => Promise<T>) => Promise<T>;
};

/** A story on some output. */
export function createStory(print: (text: string) => void): Story {
  let number = 0;
  const say = (text: string) => print(text.replace(/^(?=.)/gm, "   "));
  return {
    say,
    async step(title, work) {
      const begin = performance.now();
      number += 1;
      print(`\n${number}. ${title}\n`);
      const result = await work();
      say(`\n(${formatDuration(performance.now() - begin)})`);
      return result;
    },
  };
}

/** Amounts of one column, padded so that their decimal points stand below each other. All digits stay; none is "-". */
export function alignPoints(amounts: readonly (string | null)[]): string[] {
  const split = amounts.map((amount) => (amount ?? "-").split("."));
  const wholeWidth = Math.max(0, ...split.map(([whole = ""]) => whole.length));
  return split.map(
    ([whole = "", fraction]) => whole.padStart(wholeWidth) + (fraction === undefined ? "" : `.${fraction}`),
  );
}
