import type { GeneratedExport } from "./exports.ts";

/** Something to find out about a generated export: a subcommand of the benchmark. */
export type Mode = {
  readonly name: string;
  readonly describes: string;
  /** Measures so many rounds; the text is for people, the figures for `--json`. */
  readonly run: (
    generated: GeneratedExport,
    rounds: number,
    note: (text: string) => void,
  ) => Promise<{ readonly text: string; readonly figures: unknown }>;
};
