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

/** What is to take longer at most: an import of so many rows, a run and a part of it, and an import of nothing new. */
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

/**
 * The goals that these imports can answer. What a run adds is what an import of one file has more than one of nothing; what
 * a part adds is what an import of more files has more than that, for each of them: both as shares of the load of one file.
 */
export function judgeOverhead(compared: readonly Compared[], { nothingNew }: Orchestration): Judgement[] {
  const percent = (what: string, share: number) =>
    judge({ what: `longer than in process, ${what}`, unit: "%", bound: "at most", value: GOALS.percent }, share * 100);
  const judged = compared.filter(({ rowCount, workers }) => rowCount === GOALS.ofRows && workers === 1);
  const imports = judged.map(({ parts, pairs }) =>
    percent(`the whole import of ${parts} ${parts === 1 ? "file" : "files"}`, overheadOf(pairs).share.median),
  );
  const idle = overheadOf(nothingNew).more.median;
  const one = judged.find(({ parts }) => parts === 1);
  const many = judged.find(({ parts }) => parts > 1);
  const whole = one === undefined ? undefined : overheadOf(one.pairs);
  return [
    ...imports,
    ...(whole === undefined ? [] : [percent("a run", (whole.more.median - idle) / whole.inProcess.median)]),
    ...(whole === undefined || many === undefined
      ? []
      : [
          percent(
            "a further part",
            (overheadOf(many.pairs).more.median - whole.more.median) / (many.parts - 1) / whole.inProcess.median,
          ),
        ]),
    judge(
      { what: "longer than in process, nothing new", unit: "ms", bound: "at most", value: GOALS.nothingNewMs },
      idle * 1000,
    ),
  ];
}
