import { z } from "zod";
import { groupBy } from "../src/domain/group-by.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import { Count, defineQuery, Moment, Money } from "./query.ts";
import type { Reader } from "./query.ts";

/** The cost of something in one currency. */
export type MetricCost = { readonly metric: "actual" | "amortized"; readonly currency: string; readonly cost: string };

/** Which conflicts: all, those of a rule, of a resource; with the costs of which month; so many behind a place. */
export type ConflictFilter = {
  /** The newest that showed each resource where none is named; otherwise only resources with charges in it. */
  readonly month?: Month | undefined;
  readonly ruleId?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly limit: number;
  readonly after?: ConflictPlace | undefined;
};

/** The place of a conflict in the order of the list. */
export type ConflictPlace = { readonly resourceId: string; readonly validFrom: string | null };

const ConflictCandidate = z
  .object({
    rule_id: z.string(),
    priority: z.number().int(),
    field: z.string(),
    operator: z.string(),
    text: z.string(),
  })
  .transform(({ rule_id: ruleId, ...rest }) => ({ ruleId, ...rest }));

/** A rule that matches; field, operator and text are empty where it does by what does not hold. */
export type ConflictCandidate = z.infer<typeof ConflictCandidate>;

const ConflictRow = z.object({
  resource_id: z.string(),
  subscription_id: z.string(),
  first_day: z.string().nullable(),
  end_day: z.string().nullable(),
  candidate_count: Count,
  candidates: z.array(ConflictCandidate),
  winner: z.string(),
  reason: z.string(),
  month: z.string(),
  source: z.string(),
  run_id: z.string(),
  load_id: z.string(),
  evaluated_at: Moment,
  metric: z.enum(["actual", "amortized", ""]),
  currency: z.string(),
  cost: Money.nullable(),
});

type ConflictRow = z.infer<typeof ConflictRow>;

/** A resource that several rules match. */
export type Conflict = ConflictPlace & {
  readonly subscriptionId: string;
  /** The first day on which it is none any more; null where there is no end. */
  readonly validTo: string | null;
  /** In the order in which they win; at most the first 100. */
  readonly candidates: readonly ConflictCandidate[];
  readonly candidateCount: number;
  readonly winner: string;
  /** By what it won against the next one: priority, field or id. */
  readonly reason: string;
  /** The month of the costs. */
  readonly month: string;
  /** The run with the newest charges of the resource. */
  readonly source: string;
  readonly runId: string;
  readonly loadId: string;
  readonly costs: readonly MetricCost[];
  readonly evaluatedAt: string;
};

const listRows = defineQuery<
  {
    month: string;
    rule_id: string;
    resource_id: string;
    after_resource: string;
    after_from: string;
    limit: number;
  },
  ConflictRow
>("tracking-conflicts", ConflictRow);

const ConflictPairRow = z
  .object({
    winner: z.string(),
    winner_name: z.string(),
    loser: z.string(),
    loser_name: z.string(),
    metric: z.enum(["actual", "amortized"]),
    currency: z.string(),
    cost: Money,
    resources: Count,
  })
  .transform(({ winner_name: winnerName, loser_name: loserName, ...row }) => ({ ...row, winnerName, loserName }));

/** A rule that beats another one, and what the resources cost that both match. */
export type ConflictPair = z.infer<typeof ConflictPairRow>;

const listPairs = defineQuery<{ month: string; rule_id: string; limit: number }, ConflictPair>(
  "tracking-conflict-pairs",
  ConflictPairRow,
);

/** Resources that several rules match in the current evaluation, by resource. */
export async function listConflicts(reader: Reader, filter: ConflictFilter): Promise<Conflict[]> {
  const { ruleId = "", resourceId = "", limit, after } = filter;
  const rows = await listRows(reader, {
    month: dayOf(filter.month),
    rule_id: ruleId,
    resource_id: resourceId,
    after_resource: after?.resourceId ?? "",
    after_from: after?.validFrom ?? "1970-01-01",
    limit,
  });
  return [...groupBy(rows, (row) => JSON.stringify([row.resource_id, row.first_day])).values()].flatMap(conflictOf);
}

/** Pairs of rules that want the same resources: of each metric and currency the dearest first, at most so many. */
export function listConflictPairs(
  reader: Reader,
  { month, ruleId = "", limit }: Pick<ConflictFilter, "month" | "ruleId" | "limit">,
): Promise<ConflictPair[]> {
  return listPairs(reader, { month: dayOf(month), rule_id: ruleId, limit });
}

function dayOf(month: Month | undefined): string {
  return month === undefined ? "" : firstDayOf(month);
}

function conflictOf(rows: readonly ConflictRow[]): Conflict[] {
  const [first] = rows;
  if (first === undefined) return [];
  const costs = rows.flatMap(({ metric, currency, cost }) =>
    metric === "" || cost === null ? [] : [{ metric, currency, cost }],
  );
  return [
    {
      resourceId: first.resource_id,
      subscriptionId: first.subscription_id,
      validFrom: first.first_day,
      validTo: first.end_day,
      candidates: first.candidates,
      candidateCount: first.candidate_count,
      winner: first.winner,
      reason: first.reason,
      month: first.month,
      source: first.source,
      runId: first.run_id,
      loadId: first.load_id,
      costs,
      evaluatedAt: first.evaluated_at,
    },
  ];
}
