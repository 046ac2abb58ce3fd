import { z } from "zod";
import { firstDayOf, isMonth } from "../src/domain/month.ts";
import type { Day, Month } from "../src/domain/month.ts";
import type { RuleSet } from "../src/domain/tracking-rule.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, Money } from "./query.ts";
import { tryRules } from "./tracking-evaluation.ts";
import type { TrackingEvaluation } from "./tracking-evaluation.ts";

/** Which rules to try, and how much of what they would change is told. */
export type DryRunQuestion = {
  readonly ruleSet: RuleSet;
  /** The billing month whose costs are counted; the newest with costs where none is named. */
  readonly month?: Month | undefined;
  /** The day for which the rules of resources are told. */
  readonly day: Day;
  /** At most so many targets, rules (of each metric and currency) and resources. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
};

const Figures = {
  metric: z.enum(["actual", "amortized"]),
  currency: z.string(),
  cost: Money,
  before: Money,
  after: Money,
  difference: Money,
  resources_before: Count,
  resources_after: Count,
};

const LineRow = z.object({
  kind: z.enum(["total", "rule", "target"]),
  target: z.string(),
  value: z.string(),
  ...Figures,
});
type LineRow = z.infer<typeof LineRow>;

/** What has a rule, a rule or a target's value: its cost in the month and its resources, now and then. */
export type DryRunLine = {
  readonly metric: "actual" | "amortized";
  readonly currency: string;
  readonly before: string;
  readonly after: string;
  readonly difference: string;
  readonly resourcesBefore: number;
  readonly resourcesAfter: number;
};

const Side = z.record(z.string(), z.string());
const ChangeRow = z
  .object({
    changed: Count,
    resource_id: z.string(),
    rule_before: z.string(),
    targets_before: Side,
    rule_after: z.string(),
    targets_after: Side,
    costs: z.array(z.object({ metric: z.enum(["actual", "amortized"]), currency: z.string(), cost: Money })),
  })
  .transform((row) => ({
    changed: row.changed,
    change: {
      resourceId: row.resource_id,
      before: { ruleId: row.rule_before, targets: row.targets_before },
      after: { ruleId: row.rule_after, targets: row.targets_after },
      costs: row.costs,
    },
  }));

/** A resource that would have another rule or other targets; the same on both sides where only other days differ. */
export type DryRunChange = z.infer<typeof ChangeRow>["change"];

/** What rules would change. */
export type DryRun = Pick<TrackingEvaluation, "resources" | "assigned" | "conflicts" | "brokenRules" | "seconds"> & {
  /** The billing month of the costs; null where nothing is published. */
  readonly month: Month | null;
  readonly day: Day;
  /** Resources that would have another rule or other targets, be it only for some days. */
  readonly changed: number;
  /** All costs of the month, and what of them has a rule. */
  readonly coverage: readonly (DryRunLine & { readonly cost: string })[];
  readonly targets: readonly (DryRunLine & { readonly target: string; readonly value: string })[];
  readonly rules: readonly (DryRunLine & { readonly ruleId: string })[];
  /** The dearest first, whatever the currency. */
  readonly changes: readonly DryRunChange[];
};

type Trial = { evaluation_id: string; fallback: string; month: string; limit: number };

const NewestMonth = z.object({ month: z.string().refine(isMonth).nullable() });
const askNewestMonth = defineQuery<Record<string, never>, z.infer<typeof NewestMonth>>(
  "tracking-newest-month",
  NewestMonth,
);
const listLines = defineQuery<Trial, LineRow>("tracking-dry-run-lines", LineRow);
const listChanges = defineQuery<Trial & { day: Day }, z.infer<typeof ChangeRow>>(
  "tracking-dry-run-resources",
  ChangeRow,
);

/**
 * Evaluates rules over all resources and compares that with what readers see now, which is not changed. Of the costs of
 * one month, each currency by itself.
 */
export async function dryRunRules(warehouse: Warehouse, question: DryRunQuestion): Promise<DryRun> {
  const { ruleSet, day, limit, signal } = question;
  const { fallback } = ruleSet;
  const month = question.month ?? (await newestMonth(warehouse));
  const trial = await tryRules(warehouse, ruleSet, signal === undefined ? {} : { signal });
  try {
    const evaluation_id = trial.evaluationId;
    const asked = { evaluation_id, fallback, month: month === null ? NO_MONTH : firstDayOf(month), limit };
    const lines = await listLines(warehouse, asked);
    const linesOf = (kind: LineRow["kind"]) => lines.filter((line) => line.kind === kind);
    const changes = await listChanges(warehouse, { ...asked, day });
    const { resources, assigned, conflicts, brokenRules, seconds } = trial;
    return {
      month,
      day,
      resources,
      assigned,
      conflicts,
      brokenRules,
      seconds,
      changed: changes[0]?.changed ?? 0,
      coverage: linesOf("total").map((row) => ({ cost: row.cost, ...lineOf(row) })),
      targets: linesOf("target").map((row) => ({ target: row.target, value: row.value, ...lineOf(row) })),
      rules: linesOf("rule").map((row) => ({ ruleId: row.value, ...lineOf(row) })),
      changes: changes.map(({ change }) => change),
    };
  } finally {
    await trial.discard();
  }
}

/** A month of which there are no costs. */
const NO_MONTH = "1970-01-01";

async function newestMonth(warehouse: Warehouse): Promise<Month | null> {
  const [found] = await askNewestMonth(warehouse, {});
  return found?.month ?? null;
}

function lineOf({ metric, currency, before, after, difference, ...row }: LineRow): DryRunLine {
  const { resources_before: resourcesBefore, resources_after: resourcesAfter } = row;
  return { metric, currency, before, after, difference, resourcesBefore, resourcesAfter };
}
