import { groupingText, parseGrouping } from "../src/domain/cost-dimensions.ts";
import { impliedGroupings } from "../src/domain/cost-question.ts";
import type { CostQuestion, Granularity } from "../src/domain/cost-question.ts";
import type { ComparedWindow } from "../src/domain/cost-window.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import { groupingExpression } from "./cost-grouping.ts";
import type { CostRows } from "./cost-relation.ts";
import type { TrackingOfRows } from "./cost-tracking.ts";

/** What rows are grouped by: `period` and one for each grouping, asked for or implied. */
export type CostKey = {
  /** As the answer's columns are called before aliases. */
  readonly name: string;
  /** Its value in rows of `c`; those of a compared window are shifted to the window that they are compared with. */
  readonly expression: (rows: CostRows, shift: ComparedWindow | null) => string;
  /** Whether what has another value of it may be added up as `other`. */
  readonly isFolded: boolean;
};

/** What the answer to a question is grouped by, in the order of its columns. */
export function keysOf(
  question: CostQuestion,
  parameters: BoundParameters,
  tracking: TrackingOfRows | null,
): CostKey[] {
  const { granularity, groupBy } = question;
  const apart = impliedGroupings({ ...question, groupBy: [] });
  const groupings = [...groupBy, ...impliedGroupings(question).map(parseGrouping)];
  return [
    ...(granularity === "none" ? [] : [periodKey(granularity, parameters)]),
    ...groupings.map((grouping) => {
      const expression = groupingExpression(grouping, parameters, tracking);
      const name = groupingText(grouping);
      return { name, expression: () => expression, isFolded: !apart.includes(name) };
    }),
  ];
}

function periodKey(granularity: Exclude<Granularity, "none">, parameters: BoundParameters): CostKey {
  return {
    name: "period",
    expression: ({ day }, shift) => periodOf(granularity, shifted(day, granularity, shift, parameters)),
    isFolded: false,
  };
}

function shifted(
  day: string,
  granularity: Granularity,
  shift: ComparedWindow | null,
  parameters: BoundParameters,
): string {
  if (shift === null) return day;
  if (shift.months === null || granularity === "day" || granularity === "week") {
    return `addDays(${day}, ${parameters.bind(String(shift.days), "Int32")})`;
  }
  return `addMonths(${day}, ${parameters.bind(String(shift.months), "Int32")})`;
}

function periodOf(granularity: Exclude<Granularity, "none">, day: string): string {
  switch (granularity) {
    case "day":
      return day;
    case "week":
      return `toMonday(${day})`;
    case "month":
      return `toStartOfMonth(${day})`;
    case "quarter":
      return `toStartOfQuarter(${day})`;
    case "year":
      return `toStartOfYear(${day})`;
  }
}
