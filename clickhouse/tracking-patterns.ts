import { z } from "zod";
import { InvalidRequestError } from "../src/domain/errors.ts";
import { listConditions } from "../src/domain/tracking-rule.ts";
import type { TrackingRule } from "../src/domain/tracking-rule.ts";
import { clickHouseCode, clickHouseMessage } from "./client.ts";
import { defineQuery } from "./query.ts";
import type { Reader } from "./query.ts";

const askPatterns = defineQuery<{ patterns: readonly string[] }, unknown>("check-patterns", z.unknown());

/** What goes before a pattern, so that case is ignored; places in messages count from its beginning. */
const PREFIX = "(?i)";
const MOST_PATTERNS = 200;
const MOST_URL_CHARACTERS = 50_000; // patterns travel in the request's URL
const REFUSALS = ["36", "427", "447"]; // BAD_ARGUMENTS, CANNOT_COMPILE_REGEXP, HYPERSCAN_CANNOT_SCAN_TEXT

/** Why the warehouse refuses a regular expression, and at which of its characters, from 0, where that is told. */
export type BrokenPattern = { readonly reason: string; readonly index: number | null };

/** The regular expressions of rules that the warehouse refuses. */
export async function findBrokenPatterns(
  reader: Reader,
  rules: readonly TrackingRule[],
): Promise<ReadonlyMap<string, BrokenPattern>> {
  const broken = new Map<string, BrokenPattern>();
  for (const batch of batchesOf([...new Set(rules.flatMap(regexesOf))])) await search(reader, batch, broken);
  return broken;
}

/** The regular expressions of a rule. */
export function regexesOf({ match }: TrackingRule): string[] {
  return listConditions(match).flatMap(({ operator, value }) => (operator === "regex" ? [value] : []));
}

/** Throws InvalidRequestError where the warehouse refuses a regular expression of one of the rules. */
export async function requireCompilable(reader: Reader, rules: readonly TrackingRule[]): Promise<void> {
  const broken = await findBrokenPatterns(reader, rules);
  for (const rule of rules) {
    const wrong = describeBroken(rule, broken);
    if (wrong !== undefined) throw new InvalidRequestError(`Rule ${rule.id}: ${wrong}.`);
  }
}

/** What is wrong with the regular expressions of a rule; undefined where nothing is. */
export function describeBroken(rule: TrackingRule, broken: ReadonlyMap<string, BrokenPattern>): string | undefined {
  const pattern = regexesOf(rule).find((one) => broken.has(one));
  return pattern === undefined ? undefined : `the pattern ${JSON.stringify(pattern)} ${broken.get(pattern)?.reason}`;
}

async function search(reader: Reader, patterns: readonly string[], broken: Map<string, BrokenPattern>): Promise<void> {
  const [first, another] = patterns;
  if (first === undefined) return;
  try {
    await askPatterns(reader, { patterns });
  } catch (error) {
    if (!REFUSALS.includes(clickHouseCode(error) ?? "")) throw error;
    if (another === undefined) {
      broken.set(first, reasonOf(error));
      return;
    }
    const half = Math.ceil(patterns.length / 2);
    await search(reader, patterns.slice(0, half), broken);
    await search(reader, patterns.slice(half), broken);
  }
}

function reasonOf(error: unknown): BrokenPattern {
  const message = clickHouseMessage(error) ?? "";
  if (message.includes("reject_expensive_hyperscan_regexps")) {
    return { reason: "would take too long: expected repetitions of fewer times", index: null };
  }
  const told = /failed with error '(?<what>.*?)\.?'(?:\.|:|$)/s.exec(message)?.groups?.["what"];
  const place = /^(?<what>.*?)(?: started)? at index (?<index>\d+)$/s.exec(told ?? "")?.groups;
  const re2 = /, error: (?<what>.*?)\. Look at https/s.exec(message)?.groups?.["what"]?.replace(`: ${PREFIX}`, ": ");
  const index = place === undefined ? null : Math.max(0, Number(place["index"]) - PREFIX.length);
  const where = index === null ? "" : ` at character ${index + 1}`;
  const what = place?.["what"] ?? told ?? re2 ?? message;
  return { reason: `does not compile${where}: ${what}; expected a regular expression as RE2 has them`, index };
}

function batchesOf(patterns: readonly string[]): string[][] {
  const batches: string[][] = [];
  let size = 0;
  for (const pattern of patterns) {
    const last = batches.at(-1);
    const length = encodeURIComponent(pattern).length + 12;
    size += length;
    if (last === undefined || last.length >= MOST_PATTERNS || size > MOST_URL_CHARACTERS) {
      batches.push([pattern]);
      size = length;
    } else last.push(pattern);
  }
  return batches;
}
