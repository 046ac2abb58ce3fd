import { z } from "zod";
import { defineQuery, defineStatement } from "./query.ts";

/**
 * Makes visible what the publications say: the last step of every change of them. Where a process ended before it, the
 * next one that looks at the publications makes up for it.
 */
export const showLoads = defineStatement<Record<string, never>>("show-loads");

/** The loads that readers see at this moment. */
export const listVisibleLoads = defineQuery<Record<string, never>, { load_id: string }>(
  "visible-load-ids",
  z.object({ load_id: z.string() }),
);
