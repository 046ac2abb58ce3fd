import { Option } from "commander";
import { z } from "zod";
import type { ExportSize } from "./exports.ts";
import { countOption } from "./mode.ts";

/** What the options of an export's size give. */
export const ExportOptions = z.object({ rows: z.number(), parts: z.number(), plain: z.boolean() });

/** How large the generated export is to be. */
export function exportOptions(): Option[] {
  return [
    countOption("--rows <count>", "rows of the export", 500_000),
    countOption("--parts <count>", "files that the rows are spread over", 1),
    new Option("--plain", "files that are not gzipped").default(false),
  ];
}

/** The size that the options ask for. */
export function sizeOf({ rows, parts, plain }: z.infer<typeof ExportOptions>): ExportSize {
  return { rows, parts, isGzipped: !plain };
}
