import { isTrackingField, TRACKING_FIELDS, TRACKING_OPERATORS } from "./tracking-rule.ts";
import type { Condition, Match } from "./tracking-rule.ts";

/** Where something stands in a rule: names of settings, and places in lists from 0. */
export type RulePath = readonly (string | number)[];

/** Told of everything that is wrong with a rule: where, and what is expected there. */
export type Report = (path: RulePath, message: string) => void;

/** How many levels of `all`, `any` and `not` there may be. */
const MOST_LEVELS = 32;
const MOST_CHARACTERS = 1_000;
const CONDITION = ["field", "operator", "value"];
const EXPECTED_FEW_LEVELS = `expected no more than ${MOST_LEVELS} levels of all, any and not`;
const EXPECTED_MATCH = "expected a condition (field, operator, value), or one of all, any, not";

/** Reads a condition or a tree of them out of what JSON or YAML gives; undefined where something is wrong, which is reported. */
export function readMatch(value: unknown, path: RulePath, report: Report, level = 1): Match | undefined {
  if (!isMap(value)) return wrong(path, EXPECTED_MATCH, report);
  if (level > MOST_LEVELS) return wrong(path, EXPECTED_FEW_LEVELS, report);
  const keys = Object.keys(value);
  if (keys.some((key) => CONDITION.includes(key))) return readCondition(value, path, report);
  const [key, another] = keys;
  if (key === undefined || another !== undefined) return wrong(path, EXPECTED_MATCH, report);
  switch (key) {
    case "not": {
      const inner = readMatch(value["not"], [...path, key], report, level + 1);
      return inner === undefined ? undefined : { not: inner };
    }
    case "all":
    case "any": {
      const list = value[key];
      const place = [...path, key];
      if (!Array.isArray(list) || list.length === 0) {
        return wrong(place, "expected a list of conditions that is not empty", report);
      }
      const inner = list.map((one: unknown, index) => readMatch(one, [...place, index], report, level + 1));
      const read = inner.filter((one) => one !== undefined);
      if (read.length < inner.length) return undefined;
      return key === "all" ? { all: read } : { any: read };
    }
    default:
      return wrong([...path, key], EXPECTED_MATCH, report);
  }
}

/** Reads a text that conditions or targets may have; undefined where it is none, which is reported. */
export function readText(value: unknown, path: RulePath, report: Report, isEmptyAllowed = false): string | undefined {
  if (typeof value !== "string") return wrong(path, "expected a text", report);
  if (value === "" && !isEmptyAllowed) return wrong(path, "expected a text that is not empty", report);
  if (value.length > MOST_CHARACTERS) return wrong(path, `expected at most ${MOST_CHARACTERS} characters`, report);
  if (/\p{Cs}|\0/u.test(value)) {
    return wrong(path, "expected a text without NUL and without halves of characters", report);
  }
  return value;
}

/** Whether a value is a map, as JSON and YAML have them. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readCondition(
  value: Readonly<Record<string, unknown>>,
  path: RulePath,
  report: Report,
): Condition | undefined {
  for (const key of Object.keys(value).filter((one) => !CONDITION.includes(one))) {
    report([...path, key], `unknown setting; a condition has ${CONDITION.join(", ")}`);
  }
  const { field, operator: name, value: text } = value;
  const operator = TRACKING_OPERATORS.find((known) => known === name);
  const isField = typeof field === "string" && isTrackingField(field);
  if (!isField) report([...path, "field"], `expected one of ${TRACKING_FIELDS.join(", ")}, or tag:<key>`);
  if (operator === undefined) report([...path, "operator"], `expected one of ${TRACKING_OPERATORS.join(", ")}`);
  const read = readText(text, [...path, "value"], report, operator === "equals");
  const isComplete = Object.keys(value).length === CONDITION.length;
  if (!isField || operator === undefined || read === undefined || !isComplete) return undefined;
  return { field, operator, value: read };
}

function wrong(path: RulePath, message: string, report: Report): undefined {
  report(path, message);
  return undefined;
}
