import { targetsOfFilter } from "../src/domain/cost-filter.ts";
import type { CostFilter } from "../src/domain/cost-filter.ts";
import type { TimeWindow } from "../src/domain/cost-window.ts";
import { pageClause } from "./answer-columns.ts";
import { createParameters } from "./bound-parameters.ts";
import { conditionOf } from "./cost-condition.ts";
import { usdOfLine } from "./cost-measures.ts";
import { rowsOf, timeConditions } from "./cost-relation.ts";
import type { CostSet } from "./cost-relation.ts";
import type { CostStatement } from "./cost-statement.ts";
import type { TrackingSet } from "./tracking-set.ts";

/** Which tag keys are asked for. */
export type TagKeysQuestion = {
  readonly time: TimeWindow;
  /** Text that keys contain, compared without case; empty for all. */
  readonly search: string;
  readonly filter: CostFilter | null;
  readonly limit: number | null;
  readonly offset: number;
};

/** The keys of tags, as `value`, and how many lines have each, as `entries`; in the order of the keys. */
export function renderTagKeys(
  question: TagKeysQuestion,
  set: CostSet,
  tracking: TrackingSet | null = null,
): CostStatement {
  const { time, search, filter, limit, offset } = question;
  const parameters = createParameters();
  const joined = filter !== null && targetsOfFilter(filter).length > 0 ? tracking : null;
  const rows = rowsOf("lines", set, parameters, joined);
  const where = [
    ...rows.where,
    ...timeConditions(rows, time, parameters),
    ...(filter === null ? [] : [conditionOf(filter, usdOfLine("actual"), parameters, tracking)]),
  ];
  const found = `position(lowerUTF8(key), lowerUTF8(${parameters.bind(search, "String")})) > 0`;
  const sql = `${rows.head}SELECT
    arrayJoin(arrayFilter(key -> ${found}, mapKeys(c.tags))) AS value,
    count() AS entries
FROM ${rows.from}
${where.length === 0 ? "" : `WHERE ${where.join("\n    AND ")}\n`}GROUP BY value
ORDER BY value${pageClause({ limit, offset }, parameters)}`;
  return { sql, parameters: parameters.values() };
}
