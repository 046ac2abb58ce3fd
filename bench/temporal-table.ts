import { formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { formatJudgement } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { besideLoads, overheadOf } from "./overhead.ts";
import type { Compared, Orchestration, Pair } from "./overhead.ts";
import { formatSpread, scaled, spreadOf } from "./statistics.ts";
import type { Spread } from "./statistics.ts";

/** The tables and goals. */
export function describeOverhead(
  compared: readonly Compared[],
  small: Orchestration,
  judgements: readonly Judgement[],
): string {
  return [
    describeCompared(compared),
    "",
    describeSmall(small),
    "",
    ...judgements.map(formatJudgement),
    "",
    MEDIANS,
  ].join("\n");
}

const MEDIANS =
  "Median (least-most); what is longer is taken between neighbours; beside loads: before the first and behind the last one. 2 parts load at once in process and in each worker; " +
  "between parts: how long a slot stands empty before a part, on average.";

function describeCompared(compared: readonly Compared[]): string {
  return formatTable(
    [
      { title: "files", value: ({ parts }) => parts, align: "right" },
      { title: "workers", value: ({ workers }) => workers, align: "right" },
      { title: "s in process", value: ({ pairs }) => formatSpread(overheadOf(pairs).inProcess), align: "right" },
      { title: "s in Temporal", value: ({ pairs }) => formatSpread(overheadOf(pairs).inTemporal), align: "right" },
      { title: "rows/s in process", value: (row) => formatRate(row, "inProcess"), align: "right" },
      { title: "rows/s in Temporal", value: (row) => formatRate(row, "inTemporal"), align: "right" },
      { title: "ms longer", value: ({ pairs }) => formatThousandths(overheadOf(pairs).more), align: "right" },
      {
        title: "% longer",
        value: ({ pairs }) => formatSpread(scaled(overheadOf(pairs).share, 100), 1),
        align: "right",
      },
      {
        title: "ms longer beside loads",
        value: (row) => formatThousandths(overheadOf(besideLoads(row)).more),
        align: "right",
      },
      {
        title: "ms between parts",
        value: ({ idleBetweenParts }) => formatThousandths(spreadOf(idleBetweenParts)),
        align: "right",
      },
    ],
    compared,
  );
}

function describeSmall({ nothingNew, oneRun }: Orchestration): string {
  const rows: readonly { readonly what: string; readonly pairs: readonly Pair[] }[] = [
    { what: "nothing new", pairs: nothingNew },
    { what: "one run of one small file", pairs: oneRun },
  ];
  return formatTable(
    [
      { title: "", value: ({ what }) => what },
      {
        title: "ms in process",
        value: ({ pairs }) => formatThousandths(overheadOf(pairs).inProcess),
        align: "right",
      },
      {
        title: "ms in Temporal",
        value: ({ pairs }) => formatThousandths(overheadOf(pairs).inTemporal),
        align: "right",
      },
      { title: "ms longer", value: ({ pairs }) => formatThousandths(overheadOf(pairs).more), align: "right" },
    ],
    rows,
  );
}

function formatRate({ rowCount, pairs }: Compared, where: "inProcess" | "inTemporal"): string {
  return formatCount(Math.round(rowCount / overheadOf(pairs)[where].median));
}

function formatThousandths(seconds: Spread): string {
  return formatSpread(scaled(seconds, 1000), 0);
}
