import type { Condition, Match, TrackingRule } from "./tracking-rule.ts";

/** A match on one line; fields that are compared alike are named together. */
export function describeMatch(match: Match): string {
  return describe(match, false);
}

/** A condition on one line: resource_group prefix "rg-". */
export function describeCondition({
  field,
  operator,
  value,
}: {
  readonly field: string;
  readonly operator: string;
  readonly value: string;
}): string {
  return `${field} ${operator} ${JSON.stringify(value)}`;
}

/** Targets on one line: owner: web, environment: prod. */
export function describeTargets(targets: TrackingRule["targets"]): string {
  return Object.entries(targets)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

/** For which days a rule holds; empty for all of them. */
export function describePeriod({
  validFrom,
  validTo,
}: {
  readonly validFrom: string | null;
  readonly validTo: string | null;
}): string {
  return [
    ...(validFrom === null ? [] : [`from ${validFrom}`]),
    ...(validTo === null ? [] : [`before ${validTo}`]),
  ].join(", ");
}

function describe(match: Match, isInside: boolean): string {
  if ("field" in match) return describeCondition(match);
  if ("not" in match) return `not ${describe(match.not, true)}`;
  const [parts, word] = "all" in match ? [match.all, "and"] : [match.any, "or"];
  const [first, another] = parts;
  if (first !== undefined && another === undefined) return describe(first, isInside);
  const alike = word === "or" ? fieldsComparedAlike(parts) : undefined;
  const text = alike ?? parts.map((part) => describe(part, true)).join(` ${word} `);
  return isInside ? `(${text})` : text;
}

function fieldsComparedAlike(parts: readonly Match[]): string | undefined {
  const conditions = parts.filter((part): part is Condition => "field" in part);
  const [first] = conditions;
  if (first === undefined || conditions.length < parts.length) return undefined;
  const isAlike = conditions.every(({ operator, value }) => operator === first.operator && value === first.value);
  return isAlike ? describeCondition({ ...first, field: listed(conditions.map(({ field }) => field)) }) : undefined;
}

function listed(fields: readonly string[]): string {
  const last = fields.at(-1) ?? "";
  return fields.length < 2 ? last : `${fields.slice(0, -1).join(", ")} or ${last}`;
}
