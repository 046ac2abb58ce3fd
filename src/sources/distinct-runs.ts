import { groupBy } from "../domain/group-by.ts";
import type { Run } from "../domain/run.ts";
import { runKeyOf, seriesOf } from "../domain/run.ts";
import { baseName } from "./layout.ts";

/** Something that a person has to mend, and where. The message starts with the place. */
export type Problem = { readonly place: string; readonly message: string };

/**
 * One of each run that was delivered twice identically. Runs that claim the same place in their series (the same run
 * id, or the same moment) with different files are ambiguous: none of them is kept, and a problem names them.
 */
export function distinctRuns(found: readonly Run[]): { runs: Run[]; problems: Problem[] } {
  const runs = [...groupBy(found, contentOf).values()].flatMap((copies) => copies.toSorted(inOrder).slice(0, 1));
  const ambiguous = new Set<Run>();
  const problems: Problem[] = [];
  const claims: readonly [string, (run: Run) => string][] = [
    ["have the same run id", runKeyOf],
    ["were submitted at the same moment", (run) => JSON.stringify([seriesOf(run), run.submittedAt])],
  ];
  for (const [claim, keyOf] of claims) {
    for (const rivals of groupBy(
      runs.filter((run) => !ambiguous.has(run)),
      keyOf,
    ).values()) {
      if (rivals.length === 1) continue;
      const places = rivals.map(placeOf).toSorted();
      for (const run of rivals) ambiguous.add(run);
      problems.push({
        place: places[0] ?? "",
        message:
          `${places.join(" and ")}: ${claim} but hold different files, so none of them can be taken for the newer: ` +
          "remove the ones that are wrong",
      });
    }
  }
  return { runs: runs.filter((run) => !ambiguous.has(run)).toSorted(inOrder), problems };
}

function contentOf(run: Run): string {
  const files = run.parts.map((part) => [baseName(part.path), part.byteCount]);
  return JSON.stringify([runKeyOf(run), run.days, run.declaredRowCount, files]);
}

function placeOf(run: Run): string {
  return run.manifestPath ?? run.parts[0]?.path ?? run.export;
}

/** By series, then time; the place only makes the order of copies certain. */
function inOrder(one: Run, other: Run): number {
  const key = (run: Run) => [seriesOf(run), run.submittedAt, placeOf(run)].join("\n");
  return key(one) < key(other) ? -1 : 1;
}
