import type { Dataset } from "../domain/run.ts";

const HINTS: readonly (readonly [RegExp, Dataset])[] = [
  [/amorti[sz]/i, "amortized"],
  [/focus/i, "focus"],
  [/actual/i, "actual"],
  [/usage/i, "usage"],
];

/**
 * The dataset of files whose type is written nowhere (manifests of 2021, files without a manifest): what the export's
 * name hints at, else its folders from the inside out, else "actual".
 */
export function guessDataset(exportName: string, exportFolder: string): Dataset {
  for (const name of [exportName, ...exportFolder.split("/").toReversed()]) {
    const hint = hintedDataset(name);
    if (hint !== undefined) return hint;
  }
  return "actual";
}

/** The dataset that a name hints at; undefined where it says nothing. */
export function hintedDataset(name: string): Dataset | undefined {
  return HINTS.find(([pattern]) => pattern.test(name))?.[1];
}
