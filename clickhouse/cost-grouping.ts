import { COST_RELATIONS, parseGrouping, requireDimension, shown } from "../src/domain/cost-dimensions.ts";
import type { CostRelation, Grouping } from "../src/domain/cost-dimensions.ts";
import type { CostFilter } from "../src/domain/cost-filter.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import { targetValue } from "./cost-tracking.ts";
import type { TrackingOfRows } from "./cost-tracking.ts";

/** Where a file names no resource, the last word of its id does. */
const RESOURCE_NAME = "if(c.resource_name = '', splitByChar('/', c.resource_id)[-1], c.resource_name)";

/** How many targets a message names. */
const MOST_NAMED = 20;

/** Azure takes names of tags without case, but tells them as they were written. */
const TAG_NAMES = "arrayMap(name -> lowerUTF8(name), mapKeys(c.tags))";

/**
 * The value that rows of `c` have of a grouping; a tag or target that is not there is empty, and the key of a tag is
 * compared without case. For a target the rows are joined with `trackingJoin`; without a set there are none.
 */
export function groupingExpression(
  grouping: Grouping,
  parameters: BoundParameters,
  tracking: TrackingOfRows | null,
): string {
  switch (grouping.kind) {
    case "dimension":
      return grouping.name === "resource_name" ? RESOURCE_NAME : `c.${requireDimension(grouping.name).name}`;
    case "tag":
      return `mapValues(c.tags)[indexOf(${TAG_NAMES}, ${lowered(grouping.key, parameters)})]`;
    case "tracking":
      if (tracking === null) throw noSuchTarget(grouping.target, []);
      return targetValue(grouping.target, tracking, parameters);
  }
}

/** Whether rows of `c` have a tag, whatever its value is. */
export function hasTag(key: string, parameters: BoundParameters): string {
  return `has(${TAG_NAMES}, ${lowered(key, parameters)})`;
}

/** The relations that hold a grouping. */
export function relationsOf(grouping: Grouping): readonly CostRelation[] {
  switch (grouping.kind) {
    case "dimension":
      return requireDimension(grouping.name).relations;
    case "tag":
      return ["lines"];
    case "tracking":
      return requireDimension("resource_id").relations;
  }
}

/** The relations that hold everything a filter speaks of. */
export function relationsOfFilter(filter: CostFilter): readonly CostRelation[] {
  if ("and" in filter) return heldByAll(filter.and.map(relationsOfFilter));
  if ("or" in filter) return heldByAll(filter.or.map(relationsOfFilter));
  if ("not" in filter) return relationsOfFilter(filter.not);
  if ("usdPerLine" in filter) return ["lines"];
  return relationsOf(parseGrouping(filter.dimension));
}

/** What all of several lists of relations have, smallest relation first. */
export function heldByAll(lists: readonly (readonly CostRelation[])[]): CostRelation[] {
  return COST_RELATIONS.filter((relation) => lists.every((list) => list.includes(relation)));
}

/** Refuses a tracking target that no rule names. */
export function noSuchTarget(target: string, known: readonly string[]): InvalidRequestError {
  const there = known.length === 0 ? "No rule names any" : `Rules name ${known.slice(0, MOST_NAMED).join(", ")}`;
  return new InvalidRequestError(
    `There is no tracking target ${shown(target)}. ${there}. Use one of them, a dimension or tag:<key>.`,
  );
}

function lowered(text: string, parameters: BoundParameters): string {
  return `lowerUTF8(${parameters.bind(text, "String")})`;
}
