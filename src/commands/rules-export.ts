import { readRuleSet } from "../../clickhouse/tracking-rules.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { renderRuleFile } from "../tracking-file.ts";
import type { RuleFileFormat } from "../tracking-file.ts";
import { tellBroken } from "./rules.ts";

/** In which form to write. */
export type ExportOptions = { readonly format: RuleFileFormat };

/** Writes the rules as a file that `rules apply` reads. */
export const exportRules: Command<ExportOptions> = (context, { format }) =>
  readWarehouse(context, async (warehouse) => {
    const { rules, broken, fallback } = await readRuleSet(warehouse);
    context.print(renderRuleFile({ rules, fallback }, format).replace(/\n$/, ""));
    tellBroken(context, broken);
    return EXIT.done;
  });
