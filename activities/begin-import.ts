import type { AttemptRecord } from "../clickhouse/attempts.ts";
import { ThrottledError } from "../src/domain/errors.ts";
import { settled } from "../src/domain/settled.ts";
import type { Source } from "../src/domain/source.ts";
import type { Activities } from "./activities.ts";
import type { ImportPlan, PlanRunsInput } from "./plan-runs.ts";

/** Which import begins: of which source, of what of it, and as which attempt. */
export type BeginImportInput = {
  readonly name: string;
  readonly wanted: Omit<PlanRunsInput, "source">;
  readonly record: AttemptRecord;
};

/** What an import begins with. */
export type BegunImport = {
  readonly source: Source;
  /** Null where planning failed or took long. It is then begun anew, after so many seconds. */
  readonly plan: ImportPlan | null;
  readonly retryAfterSeconds: number;
};

/** What a beginning takes. Planning is stopped when the signal says so. */
type Steps = Pick<Activities, "findSource" | "recordAttempt"> & {
  readonly planRuns: (input: PlanRunsInput, stop: AbortSignal) => Promise<ImportPlan>;
};

/** Of a large container a listing takes minutes, and may be told of then. */
const PLANNING_MS = 2000;

/**
 * Looks a source up, writes down that an import of it has begun, and plans it meanwhile. In one step, because each way to
 * a host and back takes as long as the work. Fails where `findSource` and `recordAttempt` do.
 */
export function createBeginImport({ findSource, recordAttempt, planRuns }: Steps) {
  return async function beginImport({ name, wanted, record }: BeginImportInput): Promise<BegunImport> {
    const source = await findSource({ name });
    const planning = planRuns({ ...wanted, source }, AbortSignal.timeout(PLANNING_MS)).then(
      (plan) => ({ plan, retryAfterSeconds: 0 }),
      (error: unknown) => ({ plan: null, retryAfterSeconds: retryAfterOf(error) }), // whoever plans anew is told why
    );
    const [planned] = await settled(planning, recordAttempt(record));
    return { source, ...planned };
  };
}

function retryAfterOf(error: unknown): number {
  return error instanceof ThrottledError ? (error.retryAfterSeconds ?? 0) : 0;
}
