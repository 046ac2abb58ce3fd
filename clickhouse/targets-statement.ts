import { COST_QUESTION } from "../src/domain/cost-question.ts";
import type { CostQuestion } from "../src/domain/cost-question.ts";
import { SHORT_TARGET } from "../src/domain/tracking-rule.ts";
import { pageClause } from "./answer-columns.ts";
import { createParameters } from "./bound-parameters.ts";
import { conditionOf } from "./cost-condition.ts";
import { usdOfLine } from "./cost-measures.ts";
import { rowsOf, timeConditions } from "./cost-relation.ts";
import type { CostSet } from "./cost-relation.ts";
import type { CostStatement } from "./cost-statement.ts";
import { ruleNumber } from "./cost-tracking.ts";
import type { TagKeysQuestion } from "./tag-keys-statement.ts";
import { smallestRelation } from "./smallest-relation.ts";
import type { TrackingSet } from "./tracking-set.ts";

/**
 * The tracking targets that rules name, as `value`, and how many lines have each, as `entries`; in the order of their
 * names, those that no line has included.
 */
export function renderTargets(question: TagKeysQuestion, set: CostSet, tracking: TrackingSet): CostStatement {
  const { time, search, filter, limit, offset } = question;
  const parameters = createParameters();
  const asked: CostQuestion = { ...COST_QUESTION, time, filter, groupBy: [{ kind: "tracking", target: SHORT_TARGET }] };
  const rows = rowsOf(smallestRelation(asked, set, null, tracking), set, parameters, tracking);
  const read = { ...tracking, day: rows.day };
  const where = [
    ...rows.where,
    ...timeConditions(rows, time, parameters),
    ...(filter === null ? [] : [conditionOf(filter, usdOfLine("actual"), parameters, read)]),
  ];
  const number = ruleNumber(read);
  const entries = rows.relation === "lines" ? "1" : "c.entries";
  const evaluation = parameters.bind(tracking.evaluationId, "UUID");
  const short = parameters.bind(SHORT_TARGET, "String");
  const ofOthers = tracking.fallback === "none" ? "" : `\n    UNION ALL\n    SELECT 0 AS number, ${short} AS target`;
  const sql = `SELECT r.target AS value, sum(l.entries) AS entries
FROM
(
    SELECT number, arrayJoin(mapKeys(mapFilter((name, value) -> value != '', targets))) AS target
    FROM tracking_evaluation_rules
    WHERE evaluation_id = ${evaluation}${ofOthers}
) AS r
LEFT JOIN
(
    ${rows.head}SELECT ${number} AS rule_number, sumIf(${entries}, ${number} != 0 OR c.resource_id != '') AS entries
    FROM ${rows.from}
    ${where.length === 0 ? "" : `WHERE ${where.join("\n        AND ")}`}
    GROUP BY 1
) AS l ON l.rule_number = r.number
WHERE position(lowerUTF8(r.target), lowerUTF8(${parameters.bind(search, "String")})) > 0
GROUP BY value
ORDER BY value${pageClause({ limit, offset }, parameters)}`;
  return { sql, parameters: parameters.values() };
}
