import { uuid4 } from "@temporalio/workflow";
import type { Activities } from "../../activities/activities.ts";
import type { BegunImport } from "../../activities/begin-import.ts";
import type { EndedImport, EndImportInput, StartPruneInput } from "../../activities/end-import.ts";
import type { ImportPlan, PlanRunsInput } from "../../activities/plan-runs.ts";
import type { RunReport } from "../../src/domain/run-report.ts";
import type { Run } from "../../src/domain/run.ts";
import type { ImportRunInput } from "../import-run.ts";
import { beginningOf, wantedOf } from "../import-source.ts";
import type { AttemptRecord, ImportHost, ImportSourceInput } from "../import-source.ts";
import type { SourceProgress } from "../progress.ts";
import { activities, apart, beginAtHand } from "./activities.ts";
import { waitSeconds } from "./timer.ts";

// Steps that the orchestration takes one by one, made in one: each way to an activity and back takes as long as its work.

/** A run as the import of its source gives it to a child: with the end of that import, where it should be the last one. */
export type RunOfImport = ImportRunInput & { readonly end?: EndImportInput };

/** What a child gives back: the end of the import, where it brought that about. */
export type ReportOfRun = RunReport & { readonly ended?: EndedImport | null };

/** The import of a source whose steps are joined, and what it leaves to its workflow. */
export type JoinedImport = {
  readonly input: ImportSourceInput;
  /** The prune that it leaves behind if anything comes in. */
  readonly prune: StartPruneInput;
  readonly counts: () => Pick<SourceProgress, "runs">;
  readonly importRun: (run: RunOfImport) => Promise<ReportOfRun>;
};

/** What an import of a source needs of its host to be written down as an attempt, its beginning in one step and its end. */
export function joinAttempt({ input, prune, counts, importRun }: JoinedImport) {
  // Chosen here, so that it is the same attempt whatever is done anew.
  const attempt = { attemptId: uuid4(), startedAt: new Date().toISOString() };
  let begun: BegunImport | null = null;
  let plan: ImportPlan | null = null;
  let last: { readonly record: AttemptRecord; readonly ended: EndedImport } | null = null;

  async function planFirst(wanted: PlanRunsInput): Promise<ImportPlan> {
    if (begun?.plan) return begun.plan;
    if (begun !== null && begun.retryAfterSeconds > 0) await waitSeconds(begun.retryAfterSeconds);
    return apart.planRuns(wanted);
  }

  /** How the import ends if this run comes in; undefined where others follow it, or something has failed. */
  function endWith(run: Run): EndImportInput | undefined {
    if (plan === null || plan.isPartial || plan.problems.length > 0 || plan.runs.at(-1) !== run) return undefined;
    const { total, imported, failed } = counts().runs;
    if (failed > 0) return undefined;
    const done = { attempt, state: "done", runsFound: total, runsImported: imported + 1 } as const;
    return { record: { ...beginningOf(input.source), ...done }, prune };
  }

  return {
    activities: {
      ...activities,
      async findSource({ name }) {
        const wanted = { ...wantedOf(input), without: [], settled: [] };
        begun = await beginAtHand({ name, wanted, record: { ...beginningOf(name), attempt } });
        return begun === null ? apart.findSource({ name }) : begun.source;
      },
      async recordAttempt(record) {
        if (record.state !== "running") return activities.recordAttempt({ ...record, attempt });
        return begun === null ? apart.recordAttempt({ ...record, attempt }) : attempt;
      },
      async planRuns(wanted) {
        plan = await (plan === null ? planFirst(wanted) : activities.planRuns(wanted));
        return plan;
      },
    },
    async importRun(one) {
      const end = endWith(one.run);
      const { ended, ...report } = await importRun(end === undefined ? one : { ...one, end });
      if (end !== undefined && ended) last = { record: end.record, ended };
      return report;
    },
    endAttempt(record) {
      const ended =
        last !== null && isSame(record, last.record)
          ? Promise.resolve(last.ended)
          : activities.endImport({
              record: { ...record, attempt },
              prune: counts().runs.imported === 0 ? null : prune,
            });
      return { recorded: ended, checked: ended };
    },
  } satisfies Partial<ImportHost>;
}

/** The steps of a run that is written down as begun beside its first load. */
export function joinOpening(run: Run): Pick<Activities, "recordRun" | "loadPart"> {
  const [first] = run.parts;
  return {
    recordRun: (record) => (record.state === "importing" ? Promise.resolve() : activities.recordRun(record)),
    loadPart: (input) => activities.loadPart(input.part.path === first?.path ? { ...input, opens: run } : input),
  };
}

function isSame(one: AttemptRecord, other: AttemptRecord): boolean {
  const facts = ["state", "runsFound", "runsImported", "runsFailed", "error"] as const;
  return facts.every((fact) => one[fact] === other[fact]);
}
