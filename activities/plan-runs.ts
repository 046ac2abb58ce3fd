import { listKnownRuns } from "../clickhouse/known-runs.ts";
import { showUnseen } from "../clickhouse/visible-loads.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { Extraction } from "../src/domain/extraction.ts";
import { countReasons, planImport } from "../src/domain/plan.ts";
import type { ImportOptions, SkippedCount, SkippedRun } from "../src/domain/plan.ts";
import { nameOfRun, runKeyOf } from "../src/domain/run.ts";
import type { Run } from "../src/domain/run.ts";
import { isApiSource } from "../src/domain/source.ts";
import type { Source } from "../src/domain/source.ts";
import { discoverRuns } from "../src/sources/discover.ts";
import type { Problem } from "../src/sources/distinct-runs.ts";
import type { ActivityDependencies } from "./activities.ts";
import { createPlanExtractions } from "./plan-extractions.ts";

/** What to plan. Runs are named by their keys. */
export type PlanRunsInput = ImportOptions & {
  readonly source: Source;
  /** Ask an API anew; throws InvalidRequestError where the source is none. */
  readonly extract?: boolean | undefined;
  /** Only this invoice of the billing period's month. */
  readonly invoice?: string | undefined;
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
  /** What an API is to be asked for, newest month first; not there where a source's files are listed. */
  readonly extractions?: readonly Extraction[];
  readonly skipped: readonly SkippedRun[];
  readonly moreSkipped: readonly SkippedCount[];
  /** Deliveries that could not be read. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
};

const PARTS_PLANNED = 1000;
const SKIPPED_NAMED = 500;
const PROBLEMS_TOLD = 200;

/** What there is to do where files are only ever given. */
const NOTHING: ImportPlan = {
  found: 0,
  runs: [],
  isPartial: false,
  skipped: [],
  moreSkipped: [],
  problems: [],
  warnings: [],
};

/**
 * Lists everything a source holds and decides what of it is to be imported; of an API, what it is to be asked for. Opens
 * no data file. What the process that published last left unseen is made visible on the way. `given` finds the runs where
 * the source is not to be listed.
 */
export function createPlanRuns(dependencies: ActivityDependencies, given?: typeof discoverRuns) {
  const { warehouse, openStore, signal } = dependencies;
  const planExtractions = createPlanExtractions(dependencies);
  return async function planRuns(input: PlanRunsInput): Promise<ImportPlan> {
    const { source, billingPeriod } = input;
    if (given === undefined) {
      if (isApiSource(source)) return planExtractions(source, input);
      if (input.extract === true) throw noApi(source);
      if (source.kind === "push") return NOTHING;
    }
    const discover = given ?? discoverRuns;
    const found = await discover(source, openStore(source), { billingPeriod, signal });
    const [known] = await Promise.all([
      listKnownRuns(warehouse, { source: source.name, export: "", dataset: "", month: "" }),
      showUnseen(warehouse),
    ]);
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

function noApi({ name, kind }: Source): InvalidRequestError {
  return new InvalidRequestError(
    `${name}: is a ${kind} source, which has nothing to ask. ` +
      (kind === "push" ? "Files are given to it." : "`billhouse import` brings in what it holds."),
  );
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
