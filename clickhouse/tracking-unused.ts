import { z } from "zod";
import type { Day } from "../src/domain/month.ts";
import { Count, defineQuery } from "./query.ts";
import type { Reader } from "./query.ts";

const UnusedRow = z
  .object({
    rule_id: z.string(),
    name: z.string(),
    priority: z.number().int(),
    resources: Count,
    beaten_by: z.array(z.object({ rule_id: z.string(), resources: Count })),
    is_cut: z.union([z.boolean(), z.number()]).transform(Boolean),
  })
  .transform(({ rule_id: ruleId, name, priority, resources, beaten_by: beaten, is_cut: isCut }) => ({
    ruleId,
    name,
    priority,
    /** Where a resource has more candidates than are kept, only that it wins nowhere is sure. */
    use: resources === 0 && !isCut ? ("never matches" as const) : ("never wins" as const),
    /** How many it matches. */
    resources,
    /** The rules that win there, the most frequent one first. */
    beatenBy: beaten.map((rival) => ({ ruleId: rival.rule_id, resources: rival.resources })),
  }));

/** A rule that wins for no resource. */
export type UnusedRule = z.infer<typeof UnusedRow>;

const listRows = defineQuery<{ day: string }, UnusedRule>("tracking-unused", UnusedRow);

/** The rules of the current evaluation that hold on a day and win nowhere: those that never match first. */
export function listUnusedRules(reader: Reader, { day }: { readonly day: Day }): Promise<UnusedRule[]> {
  return listRows(reader, { day });
}
