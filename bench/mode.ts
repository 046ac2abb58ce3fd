import { InvalidArgumentError, Option } from "commander";

/** Something to find out: a subcommand of the benchmark. */
export type Mode = {
  readonly name: string;
  readonly describes: string;
  /** Beside those that every mode has. */
  readonly options: readonly Option[];
  /** Measures, with the options as commander gives them; the text is for people, the figures for `--json`. */
  readonly run: (options: unknown, note: Note) => Promise<Findings>;
};

/** Says what is going on. */
export type Note = (text: string) => void;

/** What a mode has found out. */
export type Findings = { readonly text: string; readonly figures: unknown };

/** An option that is a whole number from 1 on. */
export function countOption(flags: string, description: string, preset: number): Option {
  return new Option(flags, description).argParser(readCount).default(preset);
}

/** An option that is a list of whole numbers from 1 on. */
export function countsOption(flags: string, description: string, preset: readonly number[]): Option {
  return new Option(flags, description)
    .argParser((text) => text.split(",").map(readCount))
    .default(preset, preset.join(","));
}

function readCount(text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1 on, without separators.");
}
