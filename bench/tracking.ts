import { cp } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { evaluateTracking, extendTracking } from "../clickhouse/tracking-evaluation.ts";
import { readRuleSet, saveRules } from "../clickhouse/tracking-rules.ts";
import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { compareRuleSets } from "../src/domain/tracking-changes.ts";
import { formatFigure, formatJudgement, judge } from "./goals.ts";
import { inWarehouse } from "./in-warehouse.ts";
import type { OpenWarehouse } from "./in-warehouse.ts";
import { countOption, countsOption } from "./mode.ts";
import type { Mode, Note } from "./mode.ts";
import { inScratch } from "./scratch.ts";
import { generateRules } from "./tracking-rules.ts";
import { provideTrackingWarehouse, publishResources } from "./tracking-warehouse.ts";
import { readUsage } from "./usage.ts";

/** How long rules take to be assigned to resources. */
export const tracking: Mode = {
  name: "tracking",
  describes: "rules of resource tracking over a warehouse of many resources: all of them, and those that are new",
  options: [
    countOption("--resources <count>", "resources of the warehouse", 1_000_000),
    countsOption("--rules <counts>", "how many rules there are, each number by itself", [100, 10_000]),
    countOption("--added <count>", "resources that are published behind an evaluation", 10_000),
  ],
  async run(options, note) {
    const { resources, rules, added } = Options.parse(options);
    const dataDir = await provideTrackingWarehouse(resources, note);
    const measured: Measured[] = [];
    for (const count of rules) measured.push(await measure(dataDir, { rules: count, resources, added }, note));
    const judgements = measured.flatMap((one) => {
      const goal = GOALS.find((known) => known.rules === one.rules && known.resources === resources);
      const of = `${formatCount(one.rules)} rules on ${formatCount(resources)} resources`;
      return goal === undefined
        ? []
        : [
            judge({ what: of, unit: "s", bound: "at most", value: goal.seconds }, one.seconds),
            judge(
              { what: `${of}: growth of Node's memory`, unit: "MB", bound: "at most", value: MOST_GROWTH_MB },
              one.nodeGrowthBytes / 1e6,
            ),
          ];
    });
    const table = formatTable(
      [
        { title: "rules", value: (one: Measured) => formatCount(one.rules), align: "right" },
        { title: "seconds", value: (one) => formatFigure(one.seconds), align: "right" },
        { title: "CPU seconds", value: (one) => formatFigure(one.cpuSeconds), align: "right" },
        { title: "assigned", value: (one) => formatCount(one.assigned), align: "right" },
        { title: "conflicts", value: (one) => formatCount(one.conflicts), align: "right" },
        { title: "engine's peak", value: (one) => formatBytes(one.enginePeakBytes), align: "right" },
        { title: "Node grew by", value: (one) => formatBytes(one.nodeGrowthBytes), align: "right" },
        {
          title: `${formatCount(added)} more, seconds`,
          value: (one) => formatFigure(one.extensionSeconds),
          align: "right",
        },
      ],
      measured,
    );
    return {
      text: [table, "", ...judgements.map(formatJudgement)].join("\n"),
      figures: { resources, measured, goals: judgements },
    };
  },
};

const Options = z.object({ resources: z.number(), rules: z.array(z.number()), added: z.number() });

const GOALS = [
  { rules: 100, resources: 1_000_000, seconds: 5 },
  { rules: 10_000, resources: 1_000_000, seconds: 60 },
];
const MOST_GROWTH_MB = 100;
const SAMPLE_MS = 20;

type Measured = {
  readonly rules: number;
  readonly seconds: number;
  /** Of the engine. */
  readonly cpuSeconds: number;
  readonly assigned: number;
  readonly conflicts: number;
  readonly enginePeakBytes: number;
  /** How much more memory this process had at most while it evaluated. */
  readonly nodeGrowthBytes: number;
  readonly extensionSeconds: number;
};

/** Each in an engine of its own, so that its peak is that of its evaluation, and on a copy, so that no other has published there. */
function measure(
  dataDir: string,
  { rules, resources, added }: { readonly rules: number; readonly resources: number; readonly added: number },
  note: Note,
): Promise<Measured> {
  return inCopy(dataDir, async ({ warehouse, pid }) => {
    await replaceRules(warehouse, rules);
    const before = readUsage(pid);
    const memory = watchMemory();
    const { seconds, assigned, conflicts } = await evaluateTracking(warehouse);
    const nodeGrowthBytes = memory.stop();
    const after = readUsage(pid);
    note(`${formatCount(rules)} rules: ${seconds.toFixed(2)} s`);
    await publishResources(warehouse, { first: resources, count: added, run: `${rules} rules` });
    const extension = await extendTracking(warehouse);
    return {
      rules,
      seconds,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      assigned,
      conflicts,
      enginePeakBytes: after.peakBytes,
      nodeGrowthBytes,
      extensionSeconds: extension.seconds,
    };
  });
}

function inCopy<Result>(dataDir: string, work: (open: OpenWarehouse) => Promise<Result>): Promise<Result> {
  return inScratch(async (scratch) => {
    const copy = join(scratch, "warehouse");
    await cp(dataDir, copy, { recursive: true, verbatimSymlinks: true });
    return inWarehouse(copy, work);
  });
}

async function replaceRules(warehouse: Warehouse, count: number): Promise<void> {
  const wanted = { rules: generateRules(count), fallback: "last_segment" } as const;
  await saveRules(warehouse, compareRuleSets(await readRuleSet(warehouse), wanted, "removed"), "the benchmark");
}

function watchMemory() {
  const first = process.memoryUsage.rss();
  let most = first;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop(): number {
      clearInterval(timer);
      look();
      return most - first;
    },
  };
}
