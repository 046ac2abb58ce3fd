import type { CostQuestion } from "../src/domain/cost-question.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import type { CostKey } from "./cost-keys.ts";

/** Both windows side by side: sums of the one as m0, m1, …, those of the other as b0, b1, …. */
export function compareStage(
  { measures }: CostQuestion,
  keys: readonly CostKey[],
  now: string,
  before: string,
): string {
  const sums = (letter: string, condition: string) =>
    measures.map((measure, index) => {
      const sum = measure === "entries" ? "sumIf" : "sumOrNullIf";
      return `${sum}(p.m${index}, ${condition}) AS ${letter}${index}`;
    });
  const columns = [
    ...keys.map((_, index) => `k${index}`),
    ...sums("m", "p.is_before = 0"),
    ...sums("b", "p.is_before = 1"),
  ];
  return `SELECT ${columns.join(", ")}
FROM
(
SELECT *, 0 AS is_before FROM (
${now}
)
UNION ALL
SELECT *, 1 AS is_before FROM (
${before}
)
) AS p${groupBy(keys.length)}`;
}

/**
 * The greatest groups by the first measure over all periods, and the rest of each period in one row; apart for each
 * currency. `is_rest` says which row that is.
 */
export function topStage(
  { measures, compareTo }: CostQuestion,
  top: number,
  keys: readonly CostKey[],
  sums: string,
  parameters: BoundParameters,
): string {
  const words = keys.map((key, index) => ({ ...key, word: `k${index}` }));
  const apart = words.filter(({ isFolded, name }) => !isFolded && name !== "period").map(({ word }) => word);
  const folded = words.filter(({ isFolded }) => isFolded).map(({ word }) => word);
  const partition = (list: readonly string[]) => (list.length === 0 ? "" : `PARTITION BY ${list.join(", ")} `);
  const letters = compareTo === null ? ["m"] : ["m", "b"];
  const columns = [
    ...words.map(({ word, isFolded }) => (isFolded ? `if(g.is_rest, 'other', toString(g.${word})) AS ${word}` : word)),
    "is_rest",
    ...letters.flatMap((letter) =>
      measures.map((measure, index) => {
        const sum = measure === "entries" ? "sum" : "sumOrNull";
        return `${sum}(g.${letter}${index}) AS ${letter}${index}`;
      }),
    ),
  ];
  return `SELECT ${columns.join(", ")}
FROM
(
SELECT *, dense_rank() OVER (${partition(apart)}ORDER BY total DESC NULLS LAST, ${folded.join(", ")}) > ${parameters.bind(String(top), "UInt64")} AS is_rest
FROM
(
SELECT *, sum(m0) OVER (${partition([...apart, ...folded])}) AS total FROM (
${sums}
)
)
) AS g${groupBy(keys.length + 1)}`;
}

function groupBy(count: number): string {
  if (count === 0) return "";
  return `\nGROUP BY ${Array.from({ length: count }, (_, index) => index + 1).join(", ")}`;
}
