import { ALL_DAYS, isDay } from "./month.ts";
import type { Day } from "./month.ts";
import { hasFewTerms, MOST_TERMS } from "./tracking-compile.ts";
import { isMap, readMatch, readText } from "./tracking-match.ts";
import type { Report, RulePath } from "./tracking-match.ts";
import { MOST_PRIORITY, SHORT_TARGET, shortRule, TRACKING_DEFAULTS, TRACKING_FALLBACKS } from "./tracking-rule.ts";
import type { TrackingFallback, TrackingRule } from "./tracking-rule.ts";

const COMMON = ["id", "priority", "name", "targets", "valid_from", "valid_to", "enabled"];
const FULL = [...COMMON, "match"];
const SHORT = [...COMMON, SHORT_TARGET];
const MOST_ID_CHARACTERS = 200;

/**
 * Reads a rule, in full or in its short form, out of what JSON or YAML gives. Numbers and flags may be texts, as in CSV.
 * Undefined where something is wrong, which is reported.
 */
export function readRule(value: unknown, path: RulePath, report: Report): TrackingRule | undefined {
  if (!isMap(value)) {
    report(path, `expected a rule: a map with id, match and targets, or with id and ${SHORT_TARGET}`);
    return undefined;
  }
  let isRight = true;
  const tell: Report = (place, message) => {
    isRight = false;
    report([...path, ...place], message);
  };
  const isShort = SHORT_TARGET in value;
  const known = isShort ? SHORT : FULL;
  for (const key of Object.keys(value).filter((one) => !known.includes(one))) {
    tell([key], `unknown setting; there are ${known.join(", ")}`);
  }
  const id = readId(value["id"], tell);
  const priority = readPriority(value["priority"], tell);
  const text = isShort ? readText(value[SHORT_TARGET], [SHORT_TARGET], tell) : "";
  const match = isShort ? undefined : readMatch(value["match"], ["match"], tell);
  const short = shortRule(id ?? "", text ?? "", { priority });
  const rule: TrackingRule = {
    id: short.id,
    priority: isShort ? short.priority : (priority ?? TRACKING_DEFAULTS.priority),
    name: readName(value["name"], tell) ?? (isShort ? short.name : short.id),
    match: match ?? short.match,
    targets: isShort
      ? { ...short.targets, ...readTargets(value["targets"] ?? {}, tell) }
      : readTargets(value["targets"], tell, 1),
    validFrom: readDay(value["valid_from"], "valid_from", tell),
    validTo: readDay(value["valid_to"], "valid_to", tell),
    enabled: readFlag(value["enabled"], tell) ?? TRACKING_DEFAULTS.enabled,
  };
  if (rule.validFrom !== null && rule.validTo !== null && rule.validFrom >= rule.validTo) {
    tell(["valid_to"], `expected a day behind valid_from (${rule.validFrom}): it is the first one that does not count`);
  }
  if (isRight && !hasFewTerms(rule)) {
    tell(["match"], `expected all and any that combine to at most ${MOST_TERMS} cases: make several rules of it`);
  }
  return isRight ? rule : undefined;
}

/** Reads what resources without a rule are given; undefined where nothing is said, or where it is wrong, which is reported. */
export function readFallback(value: unknown, path: RulePath, report: Report): TrackingFallback | undefined {
  if (isUnsaid(value)) return undefined;
  const found = TRACKING_FALLBACKS.find((known) => known === value);
  if (found === undefined) report(path, `expected one of ${TRACKING_FALLBACKS.join(", ")}`);
  return found;
}

/** A rule as `readRule` reads it: what JSON answers and files hold. */
export function ruleAsJson(rule: TrackingRule) {
  const { id, priority, name, match, targets, validFrom, validTo, enabled } = rule;
  return { id, priority, name, match, targets, valid_from: validFrom, valid_to: validTo, enabled };
}

function isUnsaid(value: unknown): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}

function readId(value: unknown, report: Report): string | undefined {
  const id = typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? String(value) : value;
  if (typeof id === "string" && id.length <= MOST_ID_CHARACTERS && /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u.test(id)) {
    return id;
  }
  report(["id"], `expected digits or text of 1 to ${MOST_ID_CHARACTERS} characters, without blanks at its ends`);
  return undefined;
}

function readPriority(value: unknown, report: Report): number | undefined {
  if (isUnsaid(value)) return undefined;
  const number = typeof value === "string" && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && Math.abs(number) <= MOST_PRIORITY) return number;
  report(["priority"], `expected a whole number from ${-MOST_PRIORITY} to ${MOST_PRIORITY}; the smaller one wins`);
  return undefined;
}

function readName(value: unknown, report: Report): string | undefined {
  return isUnsaid(value) ? undefined : readText(value, ["name"], report);
}

function readTargets(value: unknown, report: Report, least = 0): Record<string, string> {
  if (!isMap(value) || Object.keys(value).length < least) {
    report(["targets"], "expected names and texts, such as owner: platform");
    return {};
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => {
      readText(name, ["targets", name], report);
      if (name === "__proto__") report(["targets", name], "expected another name: JavaScript has this one for itself");
      const read = readText(text, ["targets", name], report);
      return read === undefined ? [] : [[name, read]];
    }),
  );
}

function readDay(value: unknown, setting: string, report: Report): Day | null {
  if (isUnsaid(value)) return null;
  if (typeof value === "string" && isDay(value) && value >= ALL_DAYS.first && value <= ALL_DAYS.last) return value;
  report([setting], `expected a day like 2026-09-03, from ${ALL_DAYS.first} to ${ALL_DAYS.last}`);
  return null;
}

function readFlag(value: unknown, report: Report): boolean | undefined {
  if (isUnsaid(value)) return undefined;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  report(["enabled"], "expected true or false");
  return undefined;
}
