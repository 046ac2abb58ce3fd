import { findRule, readRuleHistory, readRuleSet } from "../../clickhouse/tracking-rules.ts";
import type { BrokenRule, KeptRule, RuleVersion } from "../../clickhouse/tracking-rules.ts";
import { ruleAsJson } from "../../clickhouse/tracking-schema.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { formatMoment } from "../domain/moment.ts";
import type { TrackingFallback, TrackingRule } from "../domain/tracking-rule.ts";
import { describeMatch, describePeriod, describeTargets } from "../domain/tracking-text.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

const COLUMNS: readonly Column<KeptRule>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "priority", value: ({ priority }) => priority, align: "right" },
  { title: "name", value: ({ name }) => name },
  { title: "targets", value: ({ targets }) => describeTargets(targets) },
  { title: "holds", value: holdsWhen },
  { title: "changed (UTC)", value: ({ updatedAt }) => formatMoment(updatedAt) },
  { title: "matches", value: ({ match }) => describeMatch(match) },
];

/** Lists the rules, the one that wins first. */
export const listRules: Command<{ readonly json: boolean }> = (context, { json }) =>
  readWarehouse(context, async (warehouse) => {
    const { rules, broken, fallback } = await readRuleSet(warehouse);
    if (json) context.print(JSON.stringify({ rules: rules.map(keptAsJson), broken, fallback }, null, 2));
    else if (rules.length + broken.length === 0) {
      context.print("There are no rules yet. `billhouse rules apply -f rules.yaml` adds those of a file.");
    } else {
      context.print(`${formatTable(COLUMNS, rules)}\n`);
      context.print(`${countOf(rules.length, "rule")}; ${describeFallback(fallback)}.`);
      tellBroken(context, broken);
    }
    return EXIT.done;
  });

/** Shows one rule, and with `history` every version of it, the newest first. */
export const showRule: Command<{ readonly id: string; readonly history: boolean; readonly json: boolean }> = (
  context,
  { id, history, json },
) =>
  readWarehouse(context, async (warehouse) => {
    if (history) {
      const versions = await readRuleHistory(warehouse, id);
      if (versions.length === 0) await findRule(warehouse, id); // says that there is none
      if (json) context.print(JSON.stringify({ id, versions: versions.map(versionAsJson) }, null, 2));
      else for (const version of versions) printVersion(context, version);
      return EXIT.done;
    }
    const rule = await findRule(warehouse, id);
    if (json) context.print(JSON.stringify(keptAsJson(rule), null, 2));
    else printRule(context, rule, rule);
    return EXIT.done;
  });

/** Says on stderr which rows of the table are no rules: these, of so many. */
export function tellBroken(
  { note }: Pick<Context, "note">,
  broken: readonly BrokenRule[],
  count: number = broken.length,
): void {
  if (count === 0) return;
  note(`billhouse: ${countOf(count, "row")} of tracking_rules cannot be read and NOT USED:`);
  for (const { id, reason } of broken) note(`  ${id}: ${reason}`);
  if (count > broken.length) note(`  and ${countOf(count - broken.length, "other")}`);
  note("  Apply a file that has these rules, or insert their rows anew.");
}

function describeFallback(fallback: TrackingFallback): string {
  return fallback === "none"
    ? "a resource without a rule has no targets"
    : "a resource without a rule is named by its last segment (fallback)";
}

function printVersion(context: Context, version: RuleVersion): void {
  const { updatedAt, updatedBy, removed, rule, reason } = version;
  const what = removed ? "removed" : rule === null ? "cannot be read" : "written";
  context.print(`${formatMoment(updatedAt)} UTC, ${what}${updatedBy === "" ? "" : ` by ${updatedBy}`}`);
  if (rule === null) context.print(`  ${reason}`);
  else if (!removed) printRule(context, rule, null);
  context.print("");
}

function printRule({ print }: Context, rule: TrackingRule, kept: KeptRule | null): void {
  const facts: (readonly [string, string])[] = [
    ["id", rule.id],
    ["name", rule.name],
    ["priority", `${rule.priority} (the smaller one wins)`],
    ["matches", describeMatch(rule.match)],
    ["targets", describeTargets(rule.targets) || "none"],
    ["holds", holdsWhen(rule)],
  ];
  if (kept !== null) {
    const by = kept.updatedBy === "" ? "" : ` by ${kept.updatedBy}`;
    facts.push(["changed", `${formatMoment(kept.updatedAt)} UTC${by}`]);
  }
  for (const [name, value] of facts) print(`${kept === null ? "  " : ""}${name.padEnd(9)} ${value}`);
}

function holdsWhen(rule: TrackingRule): string {
  return rule.enabled ? describePeriod(rule) || "always" : "disabled";
}

function keptAsJson(rule: KeptRule): object {
  return { ...ruleAsJson(rule), updated_at: rule.updatedAt, updated_by: rule.updatedBy };
}

function versionAsJson({ updatedAt, updatedBy, removed, rule, reason }: RuleVersion): object {
  return {
    updated_at: updatedAt,
    updated_by: updatedBy,
    removed,
    rule: rule === null ? null : ruleAsJson(rule),
    ...(rule === null ? { reason } : {}),
  };
}
