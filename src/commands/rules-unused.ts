import { listUnusedRules } from "../../clickhouse/tracking-unused.ts";
import type { UnusedRule } from "../../clickhouse/tracking-unused.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount } from "./format.ts";
import { presentDay } from "./present-day.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";
import { readTrackingState, tellTrackingState } from "./tracking-state.ts";

const SHOWN_RIVALS = 3;

const COLUMNS: readonly Column<UnusedRule>[] = [
  { title: "rule", value: ({ ruleId }) => ruleId },
  { title: "priority", value: ({ priority }) => priority, align: "right" },
  { title: "name", value: ({ name }) => name },
  { title: "use", value: ({ use }) => use },
  { title: "resources", value: ({ resources }) => formatCount(resources), align: "right" },
  { title: "beaten by", value: rivalsOf },
];

/** Lists rules that match nothing, and those that match but never win. */
export const unused: Command<{ readonly json: boolean }> = (context, { json }) =>
  readWarehouse(context, async (warehouse) => {
    const evaluation = await readTrackingState(warehouse);
    const rules = await listUnusedRules(warehouse, { day: presentDay() });
    if (json) context.print(JSON.stringify({ evaluation, rules }, null, 2));
    else if (rules.length === 0) context.print("No rule that was evaluated and holds today is without a resource.");
    else {
      context.print(`${formatTable(COLUMNS, rules)}\n`);
      context.print(
        `${countOf(rules.length, "rule")}. \`billhouse rules show ID\` shows what one matches, \`rules explain RESOURCE\` ` +
          "why it does not match or win.",
      );
    }
    tellTrackingState(context, evaluation);
    return EXIT.done;
  });

function rivalsOf({ beatenBy }: UnusedRule): string {
  const shown = beatenBy.slice(0, SHOWN_RIVALS).map(({ ruleId, resources }) => `${ruleId} (${formatCount(resources)})`);
  const more = beatenBy.length - shown.length;
  return [...shown, ...(more > 0 ? [`${formatCount(more)} more`] : [])].join(", ");
}
