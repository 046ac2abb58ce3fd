import { z } from "zod";
import { FORMATS } from "./formats.ts";

const RowsPage = z.object({
  data: z.array(z.record(z.string(), z.unknown())).meta({
    description: "The rows. Amounts are text with all their digits; null is what no row tells.",
  }),
  rows: z.int().meta({ description: "How many rows are here." }),
  currency: z
    .string()
    .nullable()
    .meta({ description: "The currency of all amounts; null where there are several, or none." }),
  currencies: z.array(z.string()),
  publications: z.string().meta({ description: "Names the set of publications that this was computed from." }),
  asOf: z.string().meta({ description: "The moment as of which it shows them." }),
  from: z.string().nullable(),
  to: z.string().nullable().meta({ description: "The day behind the last one." }),
  tracking: z.string().optional().meta({
    description: "Names the evaluation of the tracking rules that it was read with; where targets were asked for.",
  }),
  warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })),
  next: z.string().nullable().meta({ description: "The cursor of the next page; null on the last one." }),
});
const File = z.string().meta({ format: "binary" });

/** What an answer with rows is, in each of its formats; for the documentation, since ClickHouse writes the rows. */
export const ROWS_ANSWER: unknown = {
  200: {
    description:
      "The rows. Other formats than JSON have no limit, and tell the rest in headers: Billhouse-Rows, -Currencies, " +
      "-Publications, -As-Of, -Tracking, -Warnings (a list in JSON) and -Next.",
    content: {
      "application/json": { schema: RowsPage },
      "application/x-ndjson": { schema: z.string() },
      "text/csv": { schema: z.string() },
      [FORMATS.parquet.mediaType]: { schema: File },
      [FORMATS.arrow.mediaType]: { schema: File },
    },
  },
};
