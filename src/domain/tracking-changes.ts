import { ruleAsJson } from "./tracking-read.ts";
import type { RuleSet, TrackingFallback, TrackingRule } from "./tracking-rule.ts";
import { describeMatch, describeTargets } from "./tracking-text.ts";

/** Rules that are wanted; undefined leaves the fallback as it is. */
export type WantedRules = {
  readonly rules: readonly TrackingRule[];
  readonly fallback: TrackingFallback | undefined;
};

/** What becomes of a rule. */
export type RuleChange = {
  readonly id: string;
  readonly name: string;
  readonly change: "added" | "changed" | "unchanged" | "removed";
  /** What is different, as `setting: before -> after`. */
  readonly differences: readonly string[];
};

/** What has to be done so that the rules are those that are wanted. */
export type RuleChanges = {
  readonly changes: readonly RuleChange[];
  /** Rules to be written, and ids of those to be removed. */
  readonly saved: readonly TrackingRule[];
  readonly removed: readonly string[];
  /** The new fallback, where it is another one. */
  readonly fallback: TrackingFallback | undefined;
};

/** Compares rules that there are with those that are wanted; the others are kept or removed. */
export function compareRuleSets(before: RuleSet, wanted: WantedRules, othersAre: "kept" | "removed"): RuleChanges {
  const known = new Map(before.rules.map((rule) => [rule.id, rule]));
  const compared = wanted.rules.map((rule) => ({ rule, ...compareRules(known.get(rule.id), rule) }));
  const names = new Set(wanted.rules.map(({ id }) => id));
  const others = othersAre === "kept" ? [] : before.rules.filter(({ id }) => !names.has(id));
  return {
    changes: [
      ...compared.map(({ rule: { id, name }, change, differences }) => ({ id, name, change, differences })),
      ...others.map(({ id, name }) => ({ id, name, change: "removed" as const, differences: [] })),
    ],
    saved: compared.filter(({ change }) => change !== "unchanged").map(({ rule }) => rule),
    removed: others.map(({ id }) => id),
    fallback: wanted.fallback === before.fallback ? undefined : wanted.fallback,
  };
}

/** The rules that there would be. */
export function combineRuleSets(before: RuleSet, wanted: WantedRules, othersAre: "kept" | "removed"): RuleSet {
  const names = new Set(wanted.rules.map(({ id }) => id));
  const others = othersAre === "kept" ? before.rules.filter(({ id }) => !names.has(id)) : [];
  return { rules: [...others, ...wanted.rules], fallback: wanted.fallback ?? before.fallback };
}

function compareRules(
  before: TrackingRule | undefined,
  after: TrackingRule,
): Pick<RuleChange, "change" | "differences"> {
  if (before === undefined) return { change: "added", differences: [] };
  const [old, now] = [settingsOf(before), settingsOf(after)];
  const isSame = (name: keyof typeof now) => old[name].kept === now[name].kept;
  const different = SETTINGS.filter((name) => !isSame(name));
  const differences = different.map((name) => `${name}: ${old[name].shown || "none"} -> ${now[name].shown || "none"}`);
  return { change: different.length === 0 ? "unchanged" : "changed", differences };
}

const SETTINGS = ["priority", "name", "match", "targets", "valid_from", "valid_to", "enabled"] as const;

/** Each setting as it is compared, and as people read it. */
function settingsOf(rule: TrackingRule): Record<(typeof SETTINGS)[number], { kept: string; shown: string }> {
  const { match, targets, ...rest } = ruleAsJson(rule);
  const plain = (value: string | number | boolean | null) => ({
    kept: JSON.stringify(value),
    shown: value === null ? "" : String(value),
  });
  const sorted = Object.entries(targets).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return {
    priority: plain(rest.priority),
    name: plain(rest.name),
    match: { kept: JSON.stringify(match), shown: describeMatch(match) },
    targets: { kept: JSON.stringify(sorted), shown: describeTargets(targets) },
    valid_from: plain(rest.valid_from),
    valid_to: plain(rest.valid_to),
    enabled: plain(rest.enabled),
  };
}
