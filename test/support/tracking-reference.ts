import type { Condition, Match, TrackingRule } from "../../src/domain/tracking-rule.ts";
import { FIRST_DAY, LAST_DAY } from "./tracking.ts";
import type { Assignment, TestResource } from "./tracking.ts";

// A plain, slow way to say whose a resource is, that shares nothing with the one of the warehouse: it looks at each rule, each
// condition and each day on which a rule begins or ends.

/** A rule that matches a resource, and the condition by which it does: the most specific one, of several the first. */
export type Candidate = { readonly rule: TrackingRule; readonly by: Condition | undefined };

/** Whose a resource is for some days, and every rule that matches then, in the order in which they win. */
export type ReferencePeriod = Assignment & { readonly reason: string; readonly winning: readonly Candidate[] };

const ORDER = [
  "last_segment",
  "resource_id",
  "resource_name",
  "tag",
  "resource_group",
  "subscription_id",
  "subscription_name",
  "resource_type",
  "region",
  "meter_category",
  "cost_center",
];
const NOWHERE = 1000;

/** Whose a resource is, by days. */
export function assignByHand(rules: readonly TrackingRule[], resource: TestResource): ReferencePeriod[] {
  const candidates = rules
    .filter(({ enabled }) => enabled)
    .flatMap((rule): Candidate[] => {
      const found = search(rule.match, resource);
      return found === undefined ? [] : [{ rule, by: mostSpecific(found) }];
    })
    .toSorted(inOrder);
  const days = candidates.flatMap(({ rule: { validFrom, validTo } }) => [validFrom ?? FIRST_DAY, validTo ?? LAST_DAY]);
  const begins = [...new Set([FIRST_DAY, ...days])].filter((day) => day !== LAST_DAY).toSorted();
  return begins.map((from, index) => {
    const winning = candidates.filter(
      ({ rule: { validFrom, validTo } }) => (validFrom ?? FIRST_DAY) <= from && from < (validTo ?? LAST_DAY),
    );
    const [first, second] = winning;
    return {
      resource: resource.id,
      from,
      to: begins[index + 1] ?? LAST_DAY,
      rule: first?.rule.id ?? "",
      field: first?.by?.field ?? "",
      text: first?.by?.value ?? "",
      candidates: winning.length,
      reason: reasonOf(first, second),
      winning,
    };
  });
}

/** The conditions by which a match holds, in their order; undefined where it does not. */
function search(match: Match, resource: TestResource): Condition[] | undefined {
  if ("field" in match) return holds(match, resource) ? [match] : undefined;
  if ("not" in match) return searchAgainst(match.not, resource);
  if ("all" in match) return every(match.all.map((one) => search(one, resource)));
  return some(match.any.map((one) => search(one, resource)));
}

/** The same for what may not hold. */
function searchAgainst(match: Match, resource: TestResource): Condition[] | undefined {
  if ("field" in match) return holds(match, resource) ? undefined : [];
  if ("not" in match) return search(match.not, resource);
  if ("all" in match) return some(match.all.map((one) => searchAgainst(one, resource)));
  return every(match.any.map((one) => searchAgainst(one, resource)));
}

function every(parts: readonly (Condition[] | undefined)[]): Condition[] | undefined {
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function some(parts: readonly (Condition[] | undefined)[]): Condition[] | undefined {
  return parts.every((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function holds({ field, operator, value }: Condition, resource: TestResource): boolean {
  const wanted = fold(value);
  return valuesOf(field, resource)
    .map(fold)
    .some((text) => {
      switch (operator) {
        case "equals":
          return text === wanted;
        case "contains":
          return text.includes(wanted);
        case "prefix":
          return text.startsWith(wanted);
        case "suffix":
          return text.endsWith(wanted);
        case "wildcard":
          return isLike(text, wanted);
        case "regex":
          return new RegExp(value, "isu").test(text);
      }
    });
}

function valuesOf(field: Condition["field"], resource: TestResource): readonly string[] {
  switch (field) {
    case "last_segment":
      return [resource.id.slice(resource.id.lastIndexOf("/") + 1)];
    case "resource_id":
      return [resource.id];
    case "resource_name":
      return [resource.name];
    case "resource_group":
      return [resource.group];
    case "subscription_id":
      return [resource.subscription];
    case "subscription_name":
      return [resource.subscriptionName];
    case "resource_type":
      return [resource.type];
    case "region":
      return [resource.region];
    case "meter_category":
      return resource.meterCategories;
    case "cost_center":
      return resource.costCenters;
    default:
      return Object.entries(resource.tags).flatMap(([key, text]) => (fold(`tag:${key}`) === fold(field) ? [text] : []));
  }
}

/** Whether a text is like one in which a star stands for anything. */
function isLike(text: string, wanted: string): boolean {
  const [first, ...rest] = Array.from(wanted);
  if (first === undefined) return text === "";
  const others = rest.join("");
  if (first !== "*") return text.startsWith(first) && isLike(text.slice(first.length), others);
  return Array.from({ length: text.length + 1 }, (_, at) => text.slice(at)).some((end) => isLike(end, others));
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ");
}

function mostSpecific(conditions: readonly Condition[]): Condition | undefined {
  return conditions.toSorted((a, b) => rankOf(a) - rankOf(b))[0];
}

function rankOf(condition: Condition | undefined): number {
  return condition === undefined ? NOWHERE : ORDER.indexOf(condition.field.replace(/:.*/s, ""));
}

function inOrder(one: Candidate, other: Candidate): number {
  return (
    one.rule.priority - other.rule.priority ||
    rankOf(one.by) - rankOf(other.by) ||
    compareIds(one.rule.id, other.rule.id)
  );
}

function compareIds(one: string, other: string): number {
  const isNumber = (id: string) => /^[0-9]+$/.test(id);
  if (isNumber(one) && isNumber(other) && Number(one) !== Number(other)) return Number(one) - Number(other);
  if (isNumber(one) !== isNumber(other)) return isNumber(one) ? -1 : 1;
  return one < other ? -1 : 1;
}

function reasonOf(first: Candidate | undefined, second: Candidate | undefined): string {
  if (first === undefined) return "none";
  if (second === undefined) return "only";
  if (first.rule.priority !== second.rule.priority) return "priority";
  return rankOf(first.by) === rankOf(second.by) ? "id" : "field";
}
