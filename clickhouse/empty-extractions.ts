import { z } from "zod";
import type { EarlierAnswer } from "../src/domain/extraction.ts";
import { firstDayOf, isMonth } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import type { Run } from "../src/domain/run.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery } from "./query.ts";

const EmptyExtractionRow = z
  .object({
    dataset: z.enum(["actual", "amortized", "usage"]),
    month: z.custom<Month>((value) => typeof value === "string" && isMonth(value)),
    last_asked_at: z.string(),
  })
  .transform(({ dataset, month, last_asked_at }): EarlierAnswer => ({
    dataset,
    month,
    submittedAt: `${last_asked_at.replace(" ", "T")}Z`,
  }));

/** The months of which an API has said that there is nothing, of one export of a source as it is set now. */
export const listEmptyExtractions = defineQuery<{ source: string; export: string }, EarlierAnswer>(
  "empty-extractions",
  EmptyExtractionRow,
);

/** Remembers that an API has nothing of a month. */
export async function recordEmptyExtraction(
  warehouse: Pick<Warehouse, "insert">,
  { source, export: asked, dataset, month }: Pick<Run, "source" | "export" | "dataset" | "month">,
): Promise<void> {
  await warehouse.insert("empty_extractions", [{ source, export: asked, dataset, billing_month: firstDayOf(month) }]);
}
