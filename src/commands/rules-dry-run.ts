import { dryRunRules } from "../../clickhouse/tracking-dry-run.ts";
import type { DryRun, DryRunChange, DryRunLine } from "../../clickhouse/tracking-dry-run.ts";
import { readRuleSet } from "../../clickhouse/tracking-rules.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import type { Month } from "../domain/month.ts";
import { combineRuleSets } from "../domain/tracking-changes.ts";
import { describeTargets } from "../domain/tracking-text.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount, formatDifference, formatDuration } from "./format.ts";
import { presentDay } from "./present-day.ts";
import { openRuleFile } from "./rule-file.ts";
import { tellBroken } from "./rules.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** Which file to try, and how much of what it would change to show. */
export type DryRunOptions = {
  readonly file: string;
  readonly replace: boolean;
  readonly month?: Month;
  readonly limit: number;
  readonly json: boolean;
};

const FIGURES: readonly Column<DryRunLine>[] = [
  { title: "metric", value: ({ metric }) => metric },
  { title: "currency", value: ({ currency }) => currency },
  { title: "before", value: ({ before }) => before },
  { title: "after", value: ({ after }) => after },
  { title: "difference", value: ({ difference }) => formatDifference(difference) },
  { title: "resources", value: ({ resourcesBefore }) => formatCount(resourcesBefore), align: "right" },
  { title: "then", value: ({ resourcesAfter }) => formatCount(resourcesAfter), align: "right" },
];
const CHANGES: readonly Column<DryRunChange>[] = [
  { title: "before", value: ({ before }) => describeSide(before) },
  { title: "after", value: ({ after }) => describeSide(after) },
  { title: "cost", value: ({ costs }) => costs.map((one) => `${one.cost} ${one.currency} (${one.metric})`).join(", ") },
  { title: "resource", value: ({ resourceId }) => resourceId },
];

const NOTHING = "No resource would have another rule or other targets. Nothing was changed (dry run).";

/** Shows what a rule file would change, in resources and money. */
export const dryRun: Command<DryRunOptions> = (context, { file, replace, month, limit, json }) =>
  readWarehouse(context, async (warehouse) => {
    const wanted = await openRuleFile(context, warehouse, file);
    const { broken, ...kept } = await readRuleSet(warehouse);
    const ruleSet = combineRuleSets(kept, wanted, replace ? "removed" : "kept");
    const found = await dryRunRules(warehouse, { ruleSet, month, day: presentDay(), limit, signal: context.signal });
    if (json) context.print(JSON.stringify(found, null, 2));
    else printDryRun(context, found, `billhouse rules apply -f ${file}${replace ? " --replace" : ""}`);
    tellBroken(context, broken);
    return EXIT.done;
  });

function printDryRun({ print }: Context, found: DryRun, apply: string): void {
  const { resources, assigned, conflicts, seconds, changed, month, coverage, targets, rules, changes } = found;
  const counts = `${formatCount(assigned)} would have a rule, ${countOf(conflicts, "conflict")}`;
  print(`${countOf(resources, "resource")} in ${formatDuration(seconds * 1000)}: ${counts}.`);
  if (changed === 0) return print(NOTHING);
  print(`${countOf(changed, "resource")} would have another rule or other targets.\n`);
  if (month !== null) {
    print(`Costs of ${month} with a rule, and their resources:\n${formatTable(FIGURES, coverage)}\n`);
    const byTarget: readonly Column<(typeof targets)[number]>[] = [
      { title: "target", value: ({ target }) => target },
      { title: "value", value: ({ value }) => value },
      ...FIGURES,
    ];
    if (targets.length > 0) print(`By target, the largest difference first:\n${formatTable(byTarget, targets)}\n`);
    const byRule: readonly Column<(typeof rules)[number]>[] = [
      { title: "rule", value: ({ ruleId }) => ruleId },
      ...FIGURES,
    ];
    if (rules.length > 0) print(`By rule:\n${formatTable(byRule, rules)}\n`);
  }
  print(`By resource, the dearest first:\n${formatTable(CHANGES, changes)}`);
  const more = changed - changes.length;
  print(more > 0 ? `and ${formatCount(more)} more; --limit shows them\n` : "");
  print(`Nothing was changed (dry run). \`${apply}\` does it.`);
}

function describeSide({ ruleId, targets }: DryRunChange["before"]): string {
  const told = describeTargets(targets);
  return `${ruleId === "" ? "no rule" : ruleId}${told === "" ? "" : ` (${told})`}`;
}
