import { COST_RELATIONS, parseGrouping, requireDimension } from "../src/domain/cost-dimensions.ts";
import type { CostRelation, Grouping } from "../src/domain/cost-dimensions.ts";
import type { CostFilter } from "../src/domain/cost-filter.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { BoundParameters } from "./bound-parameters.ts";

/** Where a file names no resource, the last word of its id does. */
const RESOURCE_NAME = "if(c.resource_name = '', splitByChar('/', c.resource_id)[-1], c.resource_name)";

/** Azure takes names of tags without case, but tells them as they were written. */
const TAG_NAMES = "arrayMap(name -> lowerUTF8(name), mapKeys(c.tags))";

/** The value that rows of `c` have of a grouping; a tag that is not there is empty, and its key is compared without case. */
export function groupingExpression(grouping: Grouping, parameters: BoundParameters): string {
  switch (grouping.kind) {
    case "dimension":
      return grouping.name === "resource_name" ? RESOURCE_NAME : `c.${requireDimension(grouping.name).name}`;
    case "tag":
      return `mapValues(c.tags)[indexOf(${TAG_NAMES}, ${lowered(grouping.key, parameters)})]`;
    case "tracking":
      throw noSuchTarget(grouping.target);
  }
}

/** Whether rows of `c` have a tag, whatever its value is. */
export function hasTag(key: string, parameters: BoundParameters): string {
  return `has(${TAG_NAMES}, ${lowered(key, parameters)})`;
}

/** The relations that hold a grouping. */
export function relationsOf(grouping: Grouping): readonly CostRelation[] {
  return grouping.kind === "dimension" ? requireDimension(grouping.name).relations : ["lines"];
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

/** Refuses a tracking target that is not configured. */
export function noSuchTarget(target: string): InvalidRequestError {
  return new InvalidRequestError(
    `There is no tracking target ${JSON.stringify(target.slice(0, 80))}. Group by a dimension or by tag:<key>.`,
  );
}

function lowered(text: string, parameters: BoundParameters): string {
  return `lowerUTF8(${parameters.bind(text, "String")})`;
}
