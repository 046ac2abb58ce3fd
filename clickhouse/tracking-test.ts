import type { Day } from "../src/domain/month.ts";
import { isValidOn } from "../src/domain/tracking-explain.ts";
import type { RuleSet } from "../src/domain/tracking-rule.ts";
import type { Warehouse } from "./client.ts";
import { tryRules } from "./tracking-evaluation.ts";
import { listTrialPeriods } from "./tracking-periods.ts";
import type { TrackedPeriod } from "./tracking-periods.ts";

/** Which rules for which resources, by their ids as they are stored, on which day. */
export type RuleTest = {
  readonly ruleSet: RuleSet;
  readonly resourceIds: readonly string[];
  readonly day: Day;
  readonly signal?: AbortSignal | undefined;
};

/** Says which rule of a set would win for each resource on a day, in their order. Nothing that readers see is changed. */
export async function testRules(
  warehouse: Warehouse,
  { ruleSet, resourceIds, day, signal }: RuleTest,
): Promise<TrackedPeriod[]> {
  const trial = await tryRules(warehouse, ruleSet, { resourceIds, ...(signal === undefined ? {} : { signal }) });
  try {
    const periods = await listTrialPeriods(warehouse, {
      evaluation_id: trial.evaluationId,
      fallback: ruleSet.fallback,
    });
    return resourceIds.flatMap((id) => periods.filter((period) => period.resourceId === id && isValidOn(period, day)));
  } finally {
    await trial.discard();
  }
}
