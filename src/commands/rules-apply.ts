import type { TrackingReport } from "../../activities/track-resources.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { readRuleSet, saveRules } from "../../clickhouse/tracking-rules.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { compareRuleSets } from "../domain/tracking-changes.ts";
import type { RuleChanges } from "../domain/tracking-changes.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { countOf, formatCount } from "./format.ts";
import { openRuleFile } from "./rule-file.ts";
import { describeEvaluation } from "./rules-evaluate.ts";
import { tellBroken } from "./rules.ts";
import { trackHere, trackInTemporal } from "./track-resources.ts";

/** Which file to apply, and whether it is all that there is to be. */
export type ApplyRulesOptions = {
  readonly file: string;
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
};

type Change = RuleChanges["changes"][number];

const SHOWN_CHANGES = 50;

/** Writes the rules of a file, all or nothing, and assigns resources anew. */
export const applyRules: Command<ApplyRulesOptions> = (context, { file, replace, dryRun, json }) =>
  changeWarehouse(context, async (warehouse) => {
    const wanted = await openRuleFile(context, warehouse, file);
    const { rules, broken, fallback } = await readRuleSet(warehouse);
    const { changes, ...change } = compareRuleSets({ rules, fallback }, wanted, replace ? "removed" : "kept");
    const others = rules.filter(({ id }) => !changes.some((one) => one.id === id)).map(({ id }) => id);
    if (!dryRun) await saveRules(warehouse, change, authorOf(context));
    if (!json) {
      printChanges(context, changes, others.length);
      if (change.fallback !== undefined) context.print(`fallback: ${fallback} -> ${change.fallback}`);
    }
    const evaluation = dryRun ? null : await evaluate(context, warehouse);
    if (evaluation === undefined) return EXIT.failed;
    const done = { dryRun, changes, fallback: change.fallback ?? null, untouched: others, evaluation };
    if (json) context.print(JSON.stringify(done, null, 2));
    else context.print(evaluation === null ? nothingChanged({ file, replace }) : evaluated(evaluation));
    tellBroken(context, evaluation?.brokenRules ?? broken, evaluation?.brokenCount);
    return EXIT.done;
  });

/** Undefined when Ctrl-C has ended the showing of what goes on in Temporal. */
async function evaluate(context: Context, warehouse: Warehouse): Promise<TrackingReport | undefined> {
  const changes = { anew: false };
  try {
    return isTemporalSet(context.env)
      ? await trackInTemporal(context, changes)
      : await trackHere(context, warehouse, changes);
  } catch (error) {
    context.note(
      "billhouse: the rules are WRITTEN, but resources were not assigned. `billhouse rules evaluate` does that.",
    );
    throw error;
  }
}

function evaluated(evaluation: TrackingReport): string {
  return (
    `${describeEvaluation(evaluation)}\n` +
    "`billhouse rules coverage` shows how much of the cost that is, `billhouse rules conflicts --pairs` what is doubtful."
  );
}

function nothingChanged({ file, replace }: Pick<ApplyRulesOptions, "file" | "replace">): string {
  const command = `billhouse rules dry-run -f ${file}${replace ? " --replace" : ""}`;
  return `Nothing was changed (dry run). \`${command}\` shows what it would change in resources and money.`;
}

/** Who writes, as the history shows it. */
function authorOf({ env }: Pick<Context, "env">): string {
  return env["USER"] ?? env["USERNAME"] ?? "command line";
}

function printChanges({ print }: Context, changes: readonly Change[], others: number): void {
  const differing = changes.filter(({ change }) => change !== "unchanged");
  for (const { id, name, change, differences } of differing.slice(0, SHOWN_CHANGES)) {
    const label = name === id || name === "" ? id : `${id} ${name}`;
    print(`${change.padEnd(9)}  ${label}${differences.length === 0 ? "" : `  (${differences.join(", ")})`}`);
  }
  const more = differing.length - SHOWN_CHANGES;
  if (more > 0) print(`and ${formatCount(more)} more; --json has them all`);
  const counts = (["added", "changed", "removed", "unchanged"] as const)
    .map((change) => ({ change, count: changes.filter((one) => one.change === change).length }))
    .filter(({ count }) => count > 0)
    .map(({ change, count }) => `${formatCount(count)} ${change}`);
  print(
    `${counts.length === 0 ? "The file has no rules" : `${countOf(changes.length, "rule")}: ${counts.join(", ")}`}.`,
  );
  if (others > 0) print(`Not in the file, left as they are: ${countOf(others, "rule")}. --replace removes them.`);
}
