import { listKnownRuns } from "../clickhouse/known-runs.ts";
import { showUnseen } from "../clickhouse/visible-loads.ts";
import { countReasons, planImport } from "../src/domain/plan.ts";
import type { ImportOptions, SkippedCount, SkippedRun } from "../src/domain/plan.ts";
import { nameOfRun, runKeyOf } from "../src/domain/run.ts";
import type { Run } from "../src/domain/run.ts";
import type { Source } from "../src/domain/source.ts";
import { discoverRuns } from "../src/sources/discover.ts";
import type { Problem } from "../src/sources/distinct-runs.ts";
import type { ActivityDependencies } from "./activities.ts";

/** What to plan. Runs are named by their keys. */
export type PlanRunsInput = ImportOptions & {
  readonly source: Source;
  /** Runs that cannot be imported, so that earlier ones may answer instead. */
  readonly without: readonly string[];
  /** Runs that this import is through with. */
  readonly settled: readonly string[];
};

/** What an import of a source has to do. Plain JSON of bounded size, whatever the source holds. */
export type ImportPlan = {
  /** How many runs there are. */
  readonly found: number;
  /** Runs to import, newest first within each series; more of them follow when these are settled if `isPartial`. */
  readonly runs: readonly Run[];
  readonly isPartial: boolean;
  readonly skipped: readonly SkippedRun[];
  readonly moreSkipped: readonly SkippedCount[];
  /** Deliveries that could not be read. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
};

const PARTS_PLANNED = 1000;
const SKIPPED_NAMED = 500;
const PROBLEMS_TOLD = 200;

/**
 * Lists everything a source holds and decides what of it is to be imported. Opens no data file. What the process that
 * published last left unseen is made visible on the way.
 */
export function createPlanRuns({ warehouse, openStore, signal }: ActivityDependencies, discover = discoverRuns) {
  return async function planRuns(input: PlanRunsInput): Promise<ImportPlan> {
    const { source, billingPeriod } = input;
    const found = await discover(source, openStore(source), { billingPeriod, signal });
    await showUnseen(warehouse);
    const known = await listKnownRuns(warehouse, { source: source.name, export: "", dataset: "", month: "" });
    const without = new Set(input.without);
    const settled = new Set(input.settled);
    const candidates = found.runs.filter((run) => !without.has(runKeyOf(run)));
    const planned = planImport(candidates, known, input).filter(({ run }) => !settled.has(runKeyOf(run)));
    const wanted = planned.flatMap(({ run, action }) => (action === "import" ? [run] : []));
    const runs = withinLimit(wanted);
    const skipped = planned.flatMap((plan): SkippedRun[] =>
      plan.action === "skip" ? [{ ...nameOfRun(plan.run), reason: plan.reason }] : [],
    );
    return {
      found: found.runs.length,
      runs,
      isPartial: runs.length < wanted.length,
      skipped: skipped.slice(0, SKIPPED_NAMED),
      moreSkipped: countReasons(...skipped.slice(SKIPPED_NAMED)),
      problems: atMost(found.problems, (count) => ({
        place: source.name,
        message: `${source.name}: ${count} more deliveries cannot be read. \`billhouse inspect\` lists them.`,
      })),
      warnings: atMost(
        found.warnings,
        (count) => `${count} more notes of this kind. \`billhouse inspect\` lists them.`,
      ),
    };
  };
}

/** The first runs, at least one of them, that together have no more parts than are planned at once. */
function withinLimit(runs: readonly Run[]): readonly Run[] {
  const planned: Run[] = [];
  let partCount = 0;
  for (const run of runs) {
    partCount += run.parts.length;
    if (planned.length > 0 && partCount > PARTS_PLANNED) break;
    planned.push(run);
  }
  return planned;
}

function atMost<Item>(items: readonly Item[], describeRest: (count: number) => Item): readonly Item[] {
  if (items.length <= PROBLEMS_TOLD) return items;
  return [...items.slice(0, PROBLEMS_TOLD), describeRest(items.length - PROBLEMS_TOLD)];
}
