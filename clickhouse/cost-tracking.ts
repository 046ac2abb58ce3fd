import type { ClickHouseSettings } from "@clickhouse/client";
import { SHORT_TARGET } from "../src/domain/tracking-rule.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import type { TrackingSet } from "./tracking-set.ts";

/**
 * Settings of a statement that reads whose a cost is. Of the two sides of the join the resources are the one to be looked
 * up in: by itself ClickHouse turns the sides round when it has seen them once, and takes several times as long.
 */
export const TRACKING_SETTINGS = {
  join_algorithm: "hash",
  query_plan_join_swap_table: "false",
} as const satisfies ClickHouseSettings;

/** An evaluation, as rows are read with it. */
export type TrackingOfRows = TrackingSet & {
  /** What says of which day a row is: `c.date` unless it is given, or the month where there is no day. */
  readonly day?: string;
};

/**
 * What joins rows of `c` with the rules of their resources. Every row stays, and there is one of it: a resource has one row
 * with all of its periods, unless it has changed since. Ids have more than a hundred characters: looked up by a digest of
 * 128 bits it takes half the time.
 */
export function trackingJoin({ evaluationId, hasPeriods, hasGrown }: TrackingSet, parameters: BoundParameters): string {
  const evaluation = parameters.bind(evaluationId, "UUID");
  const columns = hasPeriods ? "valid_from AS first_days, rule AS numbers" : "rule[1] AS number";
  return `
LEFT ANY JOIN
(
    SELECT ${digestOf("resource_id")} AS resource, ${columns}
    FROM tracking_assignments${hasGrown ? " FINAL" : ""}
    WHERE evaluation_id = ${evaluation} AND NOT removed AND arrayMax(rule) > 0
) AS t ON t.resource = ${digestOf("c.resource_id")}`;
}

/** The number of the rule of a row of `c` that was joined; 0 where it has none. Periods have no gaps between them. */
export function ruleNumber({ hasPeriods, day = "c.date" }: TrackingOfRows): string {
  return hasPeriods ? `t.numbers[arrayCount(first_day -> first_day <= ${day}, t.first_days)]` : "t.number";
}

/** The value that a target has for a row of `c` that was joined; empty where there is none. */
export function targetValue(target: string, tracking: TrackingOfRows, parameters: BoundParameters): string {
  const evaluation = parameters.bind(tracking.evaluationId, "UUID");
  const value = `targets[${parameters.bind(target, "String")}]`;
  const values = `(SELECT arraySort(groupArray((number, ${value}))) FROM tracking_evaluation_rules WHERE evaluation_id = ${evaluation} AND ${value} != '')`;
  const number = ruleNumber(tracking);
  const found = `transform(${number}, ${values}.1, ${values}.2, '')`;
  if (tracking.fallback === "none" || target !== SHORT_TARGET) return found;
  return `if(${number} = 0, upperUTF8(splitByChar('/', toString(c.resource_id))[-1]), ${found})`;
}

function digestOf(column: string): string {
  return `reinterpretAsUInt128(murmurHash3_128(${column}))`;
}
