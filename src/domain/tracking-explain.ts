import type { Day } from "./month.ts";
import { rankOfField } from "./tracking-rule.ts";
import type { Condition, Match, TrackingField, TrackingRule } from "./tracking-rule.ts";

/** Whether a rule matches a resource, and by what. */
export type MatchExplanation = {
  readonly isMatch: boolean;
  /** Conditions that hold and by which it matches; where it does not, those that hold are left out. */
  readonly matched: readonly Condition[];
  /** Conditions that do not hold; of `any` all of them, of `all` each one would have to. */
  readonly missed: readonly Condition[];
  /** Conditions that hold and must not. */
  readonly hindered: readonly Condition[];
};

/** What became of a rule for a resource on a day. */
export type RuleOutcome =
  | "won"
  | "lost by priority"
  | "lost by field"
  | "lost by id"
  | "did not match"
  | "not valid"
  | "disabled";

/** A rule, and why it is the one or not. */
export type RuleExplanation = Omit<MatchExplanation, "isMatch"> & {
  readonly rule: TrackingRule;
  readonly outcome: RuleOutcome;
  /** The most specific field by which it matches; null where it does not, or matches by what does not hold. */
  readonly field: TrackingField | null;
};

const NOTHING = { matched: [], missed: [], hindered: [] };

/** Says why a rule matches or does not, when it is known which conditions hold. */
export function explainMatch(match: Match, holds: (condition: Condition) => boolean): MatchExplanation {
  return explain(match, false, holds);
}

/**
 * Says of each rule what became of it on a day, in the order of the rules. Which one won, and which conditions hold, is
 * what the warehouse found; the winner is an empty text where none did.
 */
export function explainRules(
  rules: readonly TrackingRule[],
  found: { readonly day: Day; readonly winner: string; readonly holds: (condition: Condition) => boolean },
): RuleExplanation[] {
  const { day, winner, holds } = found;
  const explained = rules.map((rule) => ({ rule, ...explainMatch(rule.match, holds) }));
  const won = explained.find(({ rule }) => rule.id === winner);
  return explained.map(({ rule, isMatch, ...conditions }) => {
    const field = isMatch ? mostSpecific(conditions.matched) : null;
    const outcome = (): RuleOutcome => {
      if (!rule.enabled) return "disabled";
      if (!isValidOn(rule, day)) return "not valid";
      if (!isMatch || won === undefined) return "did not match";
      return won.rule === rule ? "won" : `lost by ${reasonOfLoss(won, { rule, ...conditions })}`;
    };
    return { rule, outcome: outcome(), field, ...conditions };
  });
}

/** Whether a day is one of those from `validFrom` until before `validTo`; null is no limit. */
export function isValidOn(
  { validFrom, validTo }: { readonly validFrom: string | null; readonly validTo: string | null },
  day: Day,
): boolean {
  return (validFrom === null || validFrom <= day) && (validTo === null || day < validTo);
}

type Explained = Pick<RuleExplanation, "rule" | "matched">;

function reasonOfLoss(winner: Explained, loser: Explained): "priority" | "field" | "id" {
  if (winner.rule.priority !== loser.rule.priority) return "priority";
  return rankOf(winner.matched) === rankOf(loser.matched) ? "id" : "field";
}

function mostSpecific(conditions: readonly Condition[]): TrackingField | null {
  const [first] = conditions.toSorted((a, b) => rankOfField(a.field) - rankOfField(b.field));
  return first?.field ?? null;
}

function rankOf(conditions: readonly Condition[]): number {
  const field = mostSpecific(conditions);
  return field === null ? Number.POSITIVE_INFINITY : rankOfField(field);
}

function explain(match: Match, isNegated: boolean, holds: (condition: Condition) => boolean): MatchExplanation {
  if ("not" in match) return explain(match.not, !isNegated, holds);
  if ("field" in match) {
    const isHeld = holds(match);
    const list = isHeld ? (isNegated ? "hindered" : "matched") : isNegated ? undefined : "missed";
    return { isMatch: isHeld !== isNegated, ...NOTHING, ...(list === undefined ? {} : { [list]: [match] }) };
  }
  const isEach = "all" in match ? !isNegated : isNegated; // the negation of `any` is `all` of what is not
  const inner = ("all" in match ? match.all : match.any).map((one) => explain(one, isNegated, holds));
  const isMatch = isEach ? inner.every((one) => one.isMatch) : inner.some((one) => one.isMatch);
  return { isMatch, ...joined(inner.filter((one) => one.isMatch === isMatch)) };
}

/** What decided: the conditions of a part that came out otherwise say nothing. */
function joined(parts: readonly MatchExplanation[]): Omit<MatchExplanation, "isMatch"> {
  const all = (pick: (part: MatchExplanation) => readonly Condition[]) => [
    ...new Map(parts.flatMap(pick).map((condition) => [JSON.stringify(condition), condition])).values(),
  ];
  return {
    matched: all((part) => part.matched),
    missed: all((part) => part.missed),
    hindered: all((part) => part.hindered),
  };
}
