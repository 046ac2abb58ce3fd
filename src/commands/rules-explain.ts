import { explainResource } from "../../clickhouse/tracking-explain.ts";
import type { Explanation } from "../../clickhouse/tracking-explain.ts";
import { findTrackedResource } from "../../clickhouse/tracking-resources.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import type { Day } from "../domain/month.ts";
import { describePeriod, describeTargets } from "../domain/tracking-text.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf } from "./format.ts";
import { presentDay } from "./present-day.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** Which resource to explain, on which day, and whether with rules that do not match. */
export type ExplainOptions = {
  readonly resource: string;
  readonly on?: Day;
  readonly all: boolean;
  readonly json: boolean;
};

type Explained = Explanation["rules"][number];

const COLUMNS: readonly Column<Explained>[] = [
  { title: "rule", value: ({ ruleId }) => ruleId },
  { title: "priority", value: ({ priority }) => priority ?? "", align: "right" },
  { title: "name", value: ({ name }) => name },
  { title: "outcome", value: ({ outcome }) => outcome },
  { title: "because", value: ({ reason }) => reason },
];

/** Shows why a resource has the rule that it has: each rule, and why it did or did not win. */
export const explain: Command<ExplainOptions> = (context, { resource, on = presentDay(), all, json }) =>
  readWarehouse(context, async (warehouse) => {
    const resourceId = await findTrackedResource(warehouse, resource);
    const explanation = await explainResource(warehouse, { resourceId, day: on, signal: context.signal });
    if (json) context.print(JSON.stringify(explanation, null, 2));
    else printExplanation(context, explanation, { all });
    return EXIT.done;
  });

function printExplanation(
  { print, note }: Context,
  explanation: Explanation,
  { all }: Pick<ExplainOptions, "all">,
): void {
  const { resourceId, day, fields, assignments, winner, isEvaluated, rules } = explanation;
  print(resourceId);
  for (const { field, values } of fields) print(`  ${field.padEnd(18)} ${values.join(", ")}`);
  print("");
  for (const assignment of assignments) {
    const { ruleId, ruleName, targets } = assignment;
    const period = describePeriod(assignment);
    const name = ruleId === "" ? "no rule" : `rule ${ruleId}${ruleName === "" ? "" : ` (${ruleName})`}`;
    print(`${period === "" ? "" : `${period}: `}${name}${describeTargets(targets) && `: ${describeTargets(targets)}`}`);
  }
  const shown = all ? rules : rules.filter(({ outcome }) => outcome !== "did not match");
  if (shown.length > 0) print(`\n${formatTable(COLUMNS, shown)}`);
  const hidden = rules.length - shown.length;
  print(`\nOn ${day} ${winner === null ? "no rule wins" : `rule ${winner} wins`}.`);
  if (hidden > 0) print(`${countOf(hidden, "rule")} did not match; --all shows why.`);
  if (!isEvaluated) {
    note("billhouse: rules have changed and are NOT EVALUATED yet: costs show it after `billhouse rules evaluate`.");
  }
}
