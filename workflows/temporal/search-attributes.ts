import { upsertSearchAttributes, workflowInfo } from "@temporalio/workflow";
import { monthOf } from "../../src/domain/month.ts";
import type { DayRange } from "../../src/domain/month.ts";
import type { Run } from "../../src/domain/run.ts";
import { SEARCH_ATTRIBUTES } from "../../src/domain/workflow-names.ts";

/** What a workflow is found by. */
export type SearchAttributes = readonly {
  readonly key: { readonly name: string; readonly type: "KEYWORD" };
  readonly value: string;
}[];

/** What the import of a source is found by: also the month, where it is of one only. */
export function attributesOfSource(source: string, billingPeriod?: DayRange): SearchAttributes {
  const months = new Set(billingPeriod === undefined ? [] : [billingPeriod.first, billingPeriod.last].map(monthOf));
  return [keyword("source", source), ...(months.size === 1 ? [...months].map((month) => keyword("month", month)) : [])];
}

/** What the import of a run is found by. */
export function attributesOfRun({ source, dataset, month, runId }: Run): SearchAttributes {
  return [keyword("source", source), keyword("dataset", dataset), keyword("month", month), keyword("runId", runId)];
}

/** Gives this workflow its attributes where whoever started it did not. */
export function requireAttributes(attributes: SearchAttributes): void {
  const { typedSearchAttributes } = workflowInfo();
  const missing = attributes.filter(({ key }) => typedSearchAttributes.get(key) === undefined);
  if (missing.length > 0) upsertSearchAttributes([...missing]);
}

function keyword(name: keyof typeof SEARCH_ATTRIBUTES, value: string): SearchAttributes[number] {
  return { key: { name: SEARCH_ATTRIBUTES[name], type: "KEYWORD" }, value };
}
