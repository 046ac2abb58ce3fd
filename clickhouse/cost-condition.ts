import { parseGrouping, requireDimension } from "../src/domain/cost-dimensions.ts";
import type { Grouping } from "../src/domain/cost-dimensions.ts";
import type { CostCondition, CostFilter } from "../src/domain/cost-filter.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import { groupingExpression, hasTag } from "./cost-grouping.ts";
import type { TrackingOfRows } from "./cost-tracking.ts";

const AMOUNT = /^-?\d{1,40}(\.\d{1,30})?$/;

/**
 * A filter as a condition over rows of `c`: words of ours and the names of parameters, nothing that the caller wrote.
 * `usd` is the amount that `usdPerLine` speaks of.
 */
export function conditionOf(
  filter: CostFilter,
  usd: string,
  parameters: BoundParameters,
  tracking: TrackingOfRows | null,
): string {
  const part = (inner: CostFilter) => conditionOf(inner, usd, parameters, tracking);
  if ("and" in filter) return `(${filter.and.map(part).join(" AND ")})`;
  if ("or" in filter) return `(${filter.or.map(part).join(" OR ")})`;
  if ("not" in filter) return `NOT ${part(filter.not)}`;
  if ("usdPerLine" in filter) return amountCondition(filter.usdPerLine, usd, parameters);
  return comparison(filter, parameters, tracking);
}

function amountCondition(
  { min, max }: { readonly min?: string; readonly max?: string },
  usd: string,
  parameters: BoundParameters,
): string {
  const bound = (sign: string, text: string | undefined) => {
    if (text === undefined) return [];
    if (!AMOUNT.test(text)) {
      throw new InvalidRequestError(`${JSON.stringify(text.slice(0, 80))} is not an amount. Give one like 12.5.`);
    }
    return [`ifNull(${usd} ${sign} ${parameters.bind(text, "Decimal(76, 30)")}, 0)`];
  };
  const bounds = [...bound(">=", min), ...bound("<=", max)];
  return bounds.length === 0 ? "1" : `(${bounds.join(" AND ")})`;
}

function comparison(
  { dimension, op, values = [] }: CostCondition,
  parameters: BoundParameters,
  tracking: TrackingOfRows | null,
): string {
  const grouping = parseGrouping(dimension);
  if (op === "exists") return presence(grouping, parameters, tracking);
  if (op === "missing") return `NOT ${presence(grouping, parameters, tracking)}`;
  const value = groupingExpression(grouping, parameters, tracking);
  if (isDayGrouping(grouping)) return `${value} IN (${parameters.bind(values, "Array(Date)")})`;
  if (op === "regex") {
    return anyOf(values.map((pattern) => `match(${value}, ${parameters.bind(pattern, "String")})`));
  }
  const { left, right } = withoutCase(grouping, value, values, parameters);
  switch (op) {
    case "eq":
    case "in":
      return `${left} IN (${right.all()})`;
    case "prefix":
      return anyOf(values.map((text) => `startsWith(${left}, ${right.one(text)})`));
    case "contains":
      return anyOf(values.map((text) => `position(${left}, ${right.one(text)}) > 0`));
  }
}

/** Text is compared in lower case. What is stored so, and is asked for in plain letters, is compared as it lies: by its index. */
function withoutCase(grouping: Grouping, value: string, values: readonly string[], parameters: BoundParameters) {
  const isStored = grouping.kind === "dimension" && requireDimension(grouping.name).kind === "identifier";
  if (isStored && values.every((text) => /^\p{ASCII}*$/u.test(text))) {
    return {
      left: value,
      right: {
        one: (text: string) => parameters.bind(text.toLowerCase(), "String"),
        all: () =>
          parameters.bind(
            values.map((text) => text.toLowerCase()),
            "Array(String)",
          ),
      },
    };
  }
  return {
    left: `lowerUTF8(${value})`,
    right: {
      one: (text: string) => `lowerUTF8(${parameters.bind(text, "String")})`,
      all: () => `arrayMap(text -> lowerUTF8(text), ${parameters.bind(values, "Array(String)")})`,
    },
  };
}

function presence(grouping: Grouping, parameters: BoundParameters, tracking: TrackingOfRows | null): string {
  if (grouping.kind === "tag") return hasTag(grouping.key, parameters);
  if (isDayGrouping(grouping)) return "1";
  return `${groupingExpression(grouping, parameters, tracking)} != ''`;
}

function isDayGrouping(grouping: Grouping): boolean {
  return grouping.kind === "dimension" && requireDimension(grouping.name).kind === "day";
}

function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(" OR ")})`;
}
