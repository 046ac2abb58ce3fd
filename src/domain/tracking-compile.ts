import { InvalidRequestError } from "./errors.ts";
import { compareRuleIds, rankOfField } from "./tracking-rule.ts";
import type { Condition, Match, TrackingRule } from "./tracking-rule.ts";

/** A condition with a number, from 1; the same condition of many rules is one atom. */
export type Atom = Condition & { readonly number: number };

/** A part of a rule as ClickHouse evaluates it: the rule matches where one of its terms does. */
export type Term = {
  /** Number of the rule, from 1 in the order in which rules win: priority first, then id. */
  readonly rule: number;
  /** Atoms that all have to hold, and atoms of which none may. */
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
  /** How specific it is, the smaller number wins: the rank of its most specific field, and the place of that condition in the rule. */
  readonly rank: number;
  readonly place: number;
  /** The condition that stands there; ALWAYS where there are no positives. */
  readonly atom: number;
};

/** An enabled rule, and its place among the others. */
export type NumberedRule = {
  readonly rule: TrackingRule;
  readonly number: number;
  /** Counts the priorities that there are, from 1. */
  readonly level: number;
};

/** Rules in the form in which they are evaluated. */
export type CompiledRules = {
  readonly rules: readonly NumberedRule[];
  readonly atoms: readonly Atom[];
  readonly terms: readonly Term[];
};

/** The number of what holds for every resource. */
export const ALWAYS = 0;

/** The rank of a term that says only what may not be. */
export const NO_FIELD = 255;

/** How many terms one rule may have: `all` of many `any` multiply. */
export const MOST_TERMS = 256;

/**
 * Brings rules into the form in which they are evaluated: those that are enabled. Throws InvalidRequestError for a rule
 * with more than MOST_TERMS terms.
 */
export function compileRules(rules: readonly TrackingRule[]): CompiledRules {
  const numbered = numberRules(rules.filter(({ enabled }) => enabled));
  const book = createAtomBook();
  const terms = numbered.flatMap(({ rule, number }) => compileMatch(rule, number, book.numberOf));
  return { rules: numbered, atoms: book.atoms(), terms };
}

/** Whether a rule has no more terms than a rule may. */
export function hasFewTerms(rule: TrackingRule): boolean {
  try {
    compileMatch(rule, 1, createAtomBook().numberOf);
    return true;
  } catch (error) {
    if (error instanceof InvalidRequestError) return false;
    throw error;
  }
}

/** The order in which rules win where the same field matched. */
export function compareRules(one: TrackingRule, other: TrackingRule): number {
  return one.priority - other.priority || compareRuleIds(one.id, other.id);
}

function numberRules(rules: readonly TrackingRule[]): NumberedRule[] {
  let level = 0;
  let priority: number | undefined;
  return rules.toSorted(compareRules).map((rule, index) => {
    if (rule.priority !== priority) level++;
    priority = rule.priority;
    return { rule, number: index + 1, level };
  });
}

/** What a term demands: numbers of atoms, in ascending order. */
type Literals = { readonly positives: readonly number[]; readonly negatives: readonly number[] };

type Leaf = { readonly rank: number; readonly place: number; readonly atom: number };

const NOTHING_SAID: Literals = { positives: [], negatives: [] };

function compileMatch(rule: TrackingRule, number: number, numberOf: NumberOf): Term[] {
  const leaves = new Map<number, Leaf>();
  const reading: Reading = {
    refuse: () => tooMany(rule),
    numberOf: (condition) => {
      const atom = numberOf(condition);
      if (!leaves.has(atom)) leaves.set(atom, { rank: rankOfField(condition.field), place: leaves.size, atom });
      return atom;
    },
  };
  return termsOf(rule.match, false, reading).map((literals): Term => {
    const [best = { rank: NO_FIELD, place: 0, atom: ALWAYS }] = literals.positives
      .flatMap((atom) => leaves.get(atom) ?? [])
      .toSorted((a, b) => a.rank - b.rank || a.place - b.place);
    return { rule: number, ...literals, ...best };
  });
}

type Reading = {
  readonly refuse: () => InvalidRequestError;
  readonly numberOf: NumberOf;
};

function termsOf(match: Match, isNegated: boolean, reading: Reading): readonly Literals[] {
  if ("not" in match) return termsOf(match.not, !isNegated, reading);
  if ("field" in match) {
    const atom = reading.numberOf(match);
    return [isNegated ? { positives: [], negatives: [atom] } : { positives: [atom], negatives: [] }];
  }
  const inner = ("all" in match ? match.all : match.any).map((one) => termsOf(one, isNegated, reading));
  const isEach = "all" in match ? !isNegated : isNegated; // the negation of `any` is `all` of what is not
  const terms = isEach
    ? inner.reduce((left, right) => product(left, right, reading), [NOTHING_SAID])
    : distinct(inner.flat());
  if (terms.length > MOST_TERMS) throw reading.refuse();
  return terms;
}

/** Every combination that can be true; neither side has more than MOST_TERMS. */
function product(left: readonly Literals[], right: readonly Literals[], reading: Reading): readonly Literals[] {
  const possible = new Map<string, Literals>();
  for (const one of left) {
    for (const other of right) {
      const both = union(one, other);
      if (both.positives.some((atom) => both.negatives.includes(atom))) continue;
      possible.set(keyOf(both), both);
      if (possible.size > MOST_TERMS) throw reading.refuse(); // at once: there may be thousands of times as many
    }
  }
  return [...possible.values()];
}

function union(one: Literals, other: Literals): Literals {
  const all = (a: readonly number[], b: readonly number[]) =>
    a.length === 0 ? b : b.length === 0 ? a : [...new Set([...a, ...b])].toSorted((x, y) => x - y);
  return { positives: all(one.positives, other.positives), negatives: all(one.negatives, other.negatives) };
}

function distinct(terms: readonly Literals[]): readonly Literals[] {
  if (terms.length < 2) return terms;
  return [...new Map(terms.map((term) => [keyOf(term), term])).values()];
}

function keyOf({ positives, negatives }: Literals): string {
  return `${positives.join()};${negatives.join()}`;
}

/** Gives each condition its number. */
type AtomBook = {
  readonly atoms: () => readonly Atom[];
  readonly numberOf: NumberOf;
};

type NumberOf = (condition: Condition) => number;

function createAtomBook(): AtomBook {
  const known = new Map<string, Atom>();
  return {
    atoms: () => [...known.values()],
    numberOf: ({ field, operator, value }) => {
      const key = JSON.stringify([field, operator, value]);
      const found = known.get(key);
      if (found !== undefined) return found.number;
      const number = known.size + 1;
      known.set(key, { field, operator, value, number });
      return number;
    },
  };
}

function tooMany({ id, name }: TrackingRule): InvalidRequestError {
  return new InvalidRequestError(
    `Rule ${id} (${name}): its \`all\` and \`any\` combine to more than ${MOST_TERMS} cases. Make several rules of it.`,
  );
}
