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
  /** From the beginning of the first load to the end of the last one, of each of the pairs. */
  readonly loads: readonly Pair[];
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

/** The imports without their loads. */
export function besideLoads({ pairs, loads }: Compared): Pair[] {
  return pairs.map(({ inProcess, inTemporal }, index) => ({
    inProcess: inProcess - (loads[index]?.inProcess ?? 0),
    inTemporal: inTemporal - (loads[index]?.inTemporal ?? 0),
  }));
}

/**
 * The goals that these imports can answer, as shares of an import of one file. What that one has more beside its load is
 * orchestration: a load is the same work in process and under Temporal, and takes a tenth longer or shorter each time, which
 * is more than everything that is looked for here. What a run adds is that without what an import of nothing has; what a
 * part adds is what an import of more files has more than that of one, for each of them.
 */
export function judgeOverhead(compared: readonly Compared[], { nothingNew }: Orchestration): Judgement[] {
  const idle = overheadOf(nothingNew).more.median;
  const percent = (what: string, share: number) =>
    judge({ what: `longer than in process, ${what}`, unit: "%", bound: "at most", value: GOALS.percent }, share * 100);
  const judgeOne = (one: Compared) => {
    const more = overheadOf(besideLoads(one)).more.median;
    const whole = overheadOf(one.pairs).inProcess.median;
    return [percent("an import of 1 file beside its load", more / whole), percent("a run", (more - idle) / whole)];
  };
  const judgePart = (one: Compared, many: Compared) => {
    const whole = overheadOf(one.pairs);
    const more = overheadOf(many.pairs).more.median - whole.more.median;
    return percent("a further part", more / (many.parts - 1) / whole.inProcess.median);
  };
  const judged = compared.filter(({ rowCount, workers }) => rowCount === GOALS.ofRows && workers === 1);
  const one = judged.find(({ parts }) => parts === 1);
  const many = judged.find(({ parts }) => parts > 1);
  return [
    ...(one === undefined ? [] : judgeOne(one)),
    ...(one === undefined || many === undefined ? [] : [judgePart(one, many)]),
    judge(
      { what: "longer than in process, nothing new", unit: "ms", bound: "at most", value: GOALS.nothingNewMs },
      idle * 1000,
    ),
  ];
}
