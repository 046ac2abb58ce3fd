import { findTrackedResource } from "../../clickhouse/tracking-resources.ts";
import { testRules } from "../../clickhouse/tracking-test.ts";
import type { TrackedPeriod } from "../../clickhouse/tracking-periods.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import type { Day } from "../domain/month.ts";
import { describeCondition, describeTargets } from "../domain/tracking-text.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount } from "./format.ts";
import { openRuleFile } from "./rule-file.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";
import { presentDay } from "./present-day.ts";

/** Whose rules, for which resources, as they hold on which day. */
export type TestOptions = {
  readonly file: string;
  readonly resource: readonly string[];
  readonly on?: Day;
  readonly json: boolean;
};

const COLUMNS: readonly Column<TrackedPeriod>[] = [
  { title: "resource", value: ({ resourceId }) => resourceId },
  { title: "rule", value: ({ ruleId }) => ruleId || "none" },
  { title: "name", value: ({ ruleName }) => ruleName },
  { title: "matched", value: matchedBy },
  { title: "candidates", value: ({ candidates }) => formatCount(candidates), align: "right" },
  { title: "targets", value: ({ targets }) => describeTargets(targets) },
];

/** Says which rule of a file would win for resources. */
export const testFile: Command<TestOptions> = (context, { file, resource, on = presentDay(), json }) =>
  readWarehouse(context, async (warehouse) => {
    const { rules, fallback = "none" } = await openRuleFile(context, warehouse, file);
    const resourceIds: string[] = [];
    for (const text of resource) resourceIds.push(await findTrackedResource(warehouse, text));
    const { signal } = context;
    const tested = await testRules(warehouse, { ruleSet: { rules, fallback }, resourceIds, day: on, signal });
    const missed = tested.filter(({ ruleId }) => ruleId === "").length;
    if (json) context.print(JSON.stringify({ day: on, resources: tested }, null, 2));
    else {
      context.print(`${formatTable(COLUMNS, tested)}\n`);
      context.print(
        missed === 0
          ? "Each has a rule. Nothing was changed."
          : `${countOf(missed, "resource")} would have NO RULE. Nothing was changed.`,
      );
    }
    return missed === 0 ? EXIT.done : EXIT.failed;
  });

function matchedBy({ matchedField: field, matchedOperator: operator, matchedText: value }: TrackedPeriod): string {
  return field === "" ? "" : describeCondition({ field, operator, value });
}
