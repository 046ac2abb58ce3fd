/** A figure that is to be reached. */
export type Goal = {
  /** Which figure, and its unit behind it where it has one. */
  readonly what: string;
  readonly unit: string;
  readonly bound: "at least" | "at most";
  readonly value: number;
};

/** A goal beside what was measured. */
export type Judgement = Goal & { readonly figure: number; readonly isMet: boolean };

/** Whether the figure reaches the goal. */
export function judge(goal: Goal, figure: number): Judgement {
  return { ...goal, figure, isMet: goal.bound === "at least" ? figure >= goal.value : figure <= goal.value };
}

/** For people: met      importer's peak memory: 143 MB, at most 200 MB. */
export function formatJudgement({ what, unit, bound, value, figure, isMet }: Judgement): string {
  const of = (number: number) => (unit === "" ? formatFigure(number) : `${formatFigure(number)} ${unit}`);
  return `${isMet ? "met    " : "NOT met"}  ${what}: ${of(figure)}, ${bound} ${of(value)}`;
}

/** Three digits, as far as they are worth something: 143, 14.3, 1.43. */
export function formatFigure(figure: number): string {
  const size = Math.abs(figure);
  return figure.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
