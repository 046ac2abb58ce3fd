import { judge } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { spreadOf } from "./statistics.ts";

/** Seconds of the same import in process and under Temporal, right after one another. */
export type Pair = { readonly inProcess: number; readonly inTemporal: number };

/** Imports of one export in process, and by some workers under Temporal, round by round. */
export type Compared = {
  readonly parts: number;
  readonly workers: number;
  readonly rowCount: number;
  readonly pairs: readonly Pair[];
  /** Seconds for which a slot stood empty before a part was loaded in it, on average, of each round. */
  readonly idleBetweenParts: readonly number[];
};

/** Imports that are as good as nothing but orchestration. */
export type Orchestration = {
  /** Everything is published. */
  readonly nothingNew: readonly Pair[];
  /** One run of one small part. */
  readonly oneRun: readonly Pair[];
};

/** What an import is to take more at most: of so many rows, and of nothing new. */
const GOALS = { percent: 3, ofRows: 500_000, nothingNewMs: 150 };

/** What Temporal adds to an import, in seconds, and as a share of what it takes in process; pair by pair. */
export function overheadOf(pairs: readonly Pair[]) {
  return {
    inProcess: spreadOf(pairs.map(({ inProcess }) => inProcess)),
    inTemporal: spreadOf(pairs.map(({ inTemporal }) => inTemporal)),
    more: spreadOf(pairs.map(({ inProcess, inTemporal }) => inTemporal - inProcess)),
    share: spreadOf(pairs.map(({ inProcess, inTemporal }) => inTemporal / inProcess - 1)),
  };
}

/** The goals that these imports can answer. */
export function judgeOverhead(compared: readonly Compared[], { nothingNew }: Orchestration): Judgement[] {
  const goal = { unit: "%", bound: "at most", value: GOALS.percent } as const;
  const loads = compared
    .filter(({ rowCount, workers }) => rowCount === GOALS.ofRows && workers === 1)
    .map(({ parts, pairs }) => {
      const what = `longer than in process, ${parts} ${parts === 1 ? "file" : "files"}`;
      return judge({ ...goal, what }, overheadOf(pairs).share.median * 100);
    });
  const what = "longer than in process, nothing new";
  const idle = { what, unit: "ms", bound: "at most", value: GOALS.nothingNewMs } as const;
  return [...loads, judge(idle, overheadOf(nothingNew).more.median * 1000)];
}
