import { parseGrouping, shown } from "./cost-dimensions.ts";
import { MOST_DEPTH, parseCostFilter } from "./cost-filter.ts";
import type { CostFilter, FilterOp } from "./cost-filter.ts";
import { tokensOf } from "./cost-filter-tokens.ts";
import type { FilterToken } from "./cost-filter-tokens.ts";
import { InvalidRequestError } from "./errors.ts";

/** What is left to be read of a line. */
type Rest = {
  readonly tokens: readonly FilterToken[];
  next: number;
};

const LISTED: readonly FilterOp[] = ["in", "prefix", "contains", "regex"];

/**
 * Reads a filter from one line of text, as `meter_category = 'Virtual Machines' and not tag:env in ('prod', 'test')`.
 *
 * ```
 * filter     = all { "or" all }
 * all        = one { "and" one }
 * one        = "not" one | "(" filter ")" | condition
 * condition  = name ( "=" value | "!=" value | [ "not" ] op values | "exists" | "missing" )
 * op         = "in" | "prefix" | "contains" | "regex"
 * values     = value | "(" value { "," value } ")"
 * name       = a dimension, or tag: and a key; a key with other than letters, digits and _ - . / : is quoted: tag:'cost center'
 * value      = text in single quotes; a quote in it is written twice, and everything else stands for itself
 * ```
 *
 * `and` binds closer than `or`, words are read in any case. Throws InvalidRequestError that says at which character
 * something else was expected.
 */
export function parseFilterLine(line: string): CostFilter {
  const rest: Rest = { tokens: tokensOf(line), next: 0 };
  const filter = readFilter(rest, 0);
  const end = current(rest);
  if (end.kind !== "end") throw unexpected(end, "and, or, or the end");
  return parseCostFilter(filter);
}

function readFilter(rest: Rest, depth: number): CostFilter {
  const parts = [readAll(rest, depth)];
  while (takeWord(rest, "or")) parts.push(readAll(rest, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { or: parts };
}

function readAll(rest: Rest, depth: number): CostFilter {
  const parts = [readOne(rest, depth)];
  while (takeWord(rest, "and")) parts.push(readOne(rest, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { and: parts };
}

function readOne(rest: Rest, depth: number): CostFilter {
  if (depth > MOST_DEPTH) {
    throw new InvalidRequestError(`${placeOf(current(rest))} is nested deeper than ${MOST_DEPTH}. Make it flatter.`);
  }
  if (takeWord(rest, "not")) return { not: readOne(rest, depth + 1) };
  if (!takeSign(rest, "(")) return readCondition(rest);
  const filter = readFilter(rest, depth + 1);
  if (!takeSign(rest, ")")) throw unexpected(current(rest), "and, or, or a closing parenthesis");
  return filter;
}

function readCondition(rest: Rest): CostFilter {
  const name = current(rest);
  if (name.kind !== "word") throw unexpected(name, "a dimension such as meter_category, or tag:<key>");
  rest.next += 1;
  const dimension = requireName(name);
  if (takeSign(rest, "=")) return { dimension, op: "eq", values: [readValue(rest)] };
  if (takeSign(rest, "!=")) return { not: { dimension, op: "eq", values: [readValue(rest)] } };
  if (takeWord(rest, "exists")) return { dimension, op: "exists" };
  if (takeWord(rest, "missing")) return { dimension, op: "missing" };
  const isNegated = takeWord(rest, "not");
  const op = LISTED.find((known) => takeWord(rest, known));
  if (op === undefined) {
    const others = isNegated ? "" : "=, !=, exists, missing, ";
    throw unexpected(current(rest), `${others}in, prefix, contains or regex`);
  }
  const condition: CostFilter = { dimension, op, values: readValues(rest) };
  return isNegated ? { not: condition } : condition;
}

function readValues(rest: Rest): string[] {
  if (!takeSign(rest, "(")) return [readValue(rest)];
  const values = [readValue(rest)];
  while (takeSign(rest, ",")) values.push(readValue(rest));
  if (!takeSign(rest, ")")) throw unexpected(current(rest), "a comma or a closing parenthesis");
  return values;
}

function readValue(rest: Rest): string {
  const token = current(rest);
  if (token.kind !== "text") throw unexpected(token, "a value in single quotes");
  rest.next += 1;
  return token.text;
}

function requireName(token: FilterToken): string {
  try {
    parseGrouping(token.text);
    return token.text;
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    throw new InvalidRequestError(`${placeOf(token)}: ${error.message}`, { cause: error });
  }
}

function takeWord(rest: Rest, word: string): boolean {
  const { kind, text } = current(rest);
  return take(rest, kind === "word" && text.toLowerCase() === word);
}

function takeSign(rest: Rest, sign: string): boolean {
  const { kind, text } = current(rest);
  return take(rest, kind === "sign" && text === sign);
}

function take(rest: Rest, isThere: boolean): boolean {
  if (isThere) rest.next += 1;
  return isThere;
}

/** The tokens end with one that says so, and nothing reads past it. */
function current(rest: Rest): FilterToken {
  return rest.tokens[rest.next] ?? { kind: "end", text: "", position: 0 };
}

function unexpected(token: FilterToken, expected: string): InvalidRequestError {
  const found = token.kind === "end" ? "the filter ends" : `there is ${shown(token.text)}`;
  return new InvalidRequestError(`${placeOf(token)}: ${found}, expected ${expected}.`);
}

function placeOf({ position }: FilterToken): string {
  return `filter, character ${position}`;
}
