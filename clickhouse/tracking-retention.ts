import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";

const listOld = defineQuery<{ before: string; dead: string }, { evaluation_id: string }>(
  "old-evaluations",
  z.object({ evaluation_id: z.string() }),
);
const listAbandoned = defineQuery<{ tables: readonly string[]; dead: string }, { table: string; work_id: string }>(
  "abandoned-works",
  z.object({ table: z.string(), work_id: z.string() }),
);
const measureParts = defineQuery<
  { tables: readonly string[]; ids: readonly string[] },
  { rows: number; bytes: number }
>("tracking-parts", z.object({ rows: Count, bytes: Count }));
const dropFrom = defineStatement<{ table: string; id: string }>("drop-evaluation");
const forget = defineStatement<{ evaluation_id: string }>("forget-evaluation");
const forgetExtensions = defineStatement<{ dead: string }>("forget-extensions");

/** Tables with a partition for each evaluation, and with one for each work. */
const EVALUATION_TABLES = ["tracking_assignments", "tracking_terms", "tracking_atoms", "tracking_evaluation_rules"];
const WORK_TABLES = ["tracking_subjects", "tracking_matches"];

const DAY_MS = 86_400_000;
const KEPT_DAYS = 7;
/** After how long nothing can be under way any more. */
const LONGEST_DAYS = 1;

/** What evaluations that nobody wants any more give back. Plain JSON. */
export type FreedEvaluations = {
  /** Those that are old, were tried only, or were killed. */
  readonly evaluations: number;
  /** Passes over resources that were killed and have left what they had for themselves. */
  readonly works: number;
  readonly rows: number;
  readonly bytes: number;
};

/**
 * Drops old evaluations: the current one and those of the last seven days stay, of those that were killed and of trials those
 * of the last day. A dry run drops nothing and says the same.
 */
export async function dropEvaluations(
  warehouse: Warehouse,
  {
    now = new Date(),
    dryRun = false,
    signal,
  }: { readonly now?: Date; readonly dryRun?: boolean; readonly signal?: AbortSignal } = {},
): Promise<FreedEvaluations> {
  const daysAgo = (days: number) =>
    new Date(now.getTime() - days * DAY_MS).toISOString().replace("T", " ").slice(0, 23);
  const dead = daysAgo(LONGEST_DAYS);
  const old = (await listOld(warehouse, { before: daysAgo(KEPT_DAYS), dead })).map(({ evaluation_id: id }) => id);
  const abandoned = await listAbandoned(warehouse, { tables: WORK_TABLES, dead });
  const works = [...new Set(abandoned.map(({ work_id }) => work_id))].filter((id) => !old.includes(id));
  const sizes = [
    ...(await measureParts(warehouse, { tables: [...EVALUATION_TABLES, ...WORK_TABLES], ids: old })),
    ...(await measureParts(warehouse, { tables: WORK_TABLES, ids: works })),
  ];
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
  if (!dryRun) {
    for (const id of old) {
      signal?.throwIfAborted();
      await dropEvaluation(warehouse, id);
    }
    for (const id of works) await clearWork(warehouse, id);
    await forgetExtensions(warehouse, { dead });
  }
  return {
    evaluations: old.length,
    works: works.length,
    rows: sum(sizes.map(({ rows }) => rows)),
    bytes: sum(sizes.map(({ bytes }) => bytes)),
  };
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
