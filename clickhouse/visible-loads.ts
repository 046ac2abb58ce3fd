import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { defineQuery, defineStatement } from "./query.ts";

const countUnseen = defineQuery<Record<string, never>, { unseen: number }>(
  "unseen-publications",
  z.object({ unseen: z.coerce.number().int() }),
);

/**
 * Makes visible what the publications say: the last step of every change of them.
 */
export const showLoads = defineStatement<Record<string, never>>("show-loads");

/** Makes up for a process that ended before it did so; cheap where nothing is to be made up for. */
export async function showUnseen(warehouse: Warehouse): Promise<void> {
  const [found] = await countUnseen(warehouse, {});
  if ((found?.unseen ?? 0) !== 0) await showLoads(warehouse, {});
}

/** The loads that readers see at this moment. */
export const listVisibleLoads = defineQuery<Record<string, never>, { load_id: string }>(
  "visible-load-ids",
  z.object({ load_id: z.string() }),
);
