import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { defineQuery, defineStatement } from "./query.ts";

const listOld = defineQuery<{ before: string; dead: string }, { evaluation_id: string }>(
  "old-evaluations",
  z.object({ evaluation_id: z.string() }),
);
const listAbandoned = defineQuery<{ tables: readonly string[]; dead: string }, { table: string; work_id: string }>(
  "abandoned-works",
  z.object({ table: z.string(), work_id: z.string() }),
);
const dropFrom = defineStatement<{ table: string; id: string }>("drop-evaluation");
const forget = defineStatement<{ evaluation_id: string }>("forget-evaluation");

/** Tables with a partition for each evaluation, and with one for each work. */
const EVALUATION_TABLES = ["tracking_assignments", "tracking_terms", "tracking_atoms", "tracking_evaluation_rules"];
const WORK_TABLES = ["tracking_subjects", "tracking_matches"];

const DAY_MS = 86_400_000;
const KEPT_DAYS = 7;
/** After how long nothing can be under way any more. */
const LONGEST_DAYS = 1;

/**
 * Drops old evaluations: the current one and those of the last seven days stay, of those that were killed and of trials those
 * of the last day. Gives their number.
 */
export async function dropEvaluations(
  warehouse: Warehouse,
  { now = new Date(), dryRun = false }: { readonly now?: Date; readonly dryRun?: boolean } = {},
): Promise<number> {
  const daysAgo = (days: number) =>
    new Date(now.getTime() - days * DAY_MS).toISOString().replace("T", " ").slice(0, 23);
  const dead = daysAgo(LONGEST_DAYS);
  const old = await listOld(warehouse, { before: daysAgo(KEPT_DAYS), dead });
  if (dryRun) return old.length;
  for (const { evaluation_id } of old) await dropEvaluation(warehouse, evaluation_id);
  for (const { table, work_id } of await listAbandoned(warehouse, { tables: WORK_TABLES, dead })) {
    await dropFrom(warehouse, { table, id: work_id });
  }
  return old.length;
}

/** Drops what a work had for itself. */
export async function clearWork(warehouse: Warehouse, workId: string): Promise<void> {
  for (const table of WORK_TABLES) await dropFrom(warehouse, { table, id: workId });
}

/** Drops one evaluation, and what it had for itself while it was worked on; what its row says of it stays. */
export async function dropEvaluation(warehouse: Warehouse, evaluationId: string): Promise<void> {
  await clearWork(warehouse, evaluationId);
  await forget(warehouse, { evaluation_id: evaluationId });
  for (const table of EVALUATION_TABLES) await dropFrom(warehouse, { table, id: evaluationId });
}
