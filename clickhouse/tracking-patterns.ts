import { z } from "zod";
import { InvalidRequestError } from "../src/domain/errors.ts";
import { listConditions } from "../src/domain/tracking-rule.ts";
import type { TrackingRule } from "../src/domain/tracking-rule.ts";
import { clickHouseCode, clickHouseMessage } from "./client.ts";
import { defineQuery } from "./query.ts";
import type { Reader } from "./query.ts";

type AskPatterns = (reader: Reader, parameters: { patterns: readonly string[] }) => Promise<unknown>;

const askRe2: AskPatterns = defineQuery("check-patterns", z.unknown());
const askVectorscan: AskPatterns = defineQuery("check-patterns-at-once", z.unknown());

/** What goes before a pattern, so that case is ignored; places in messages count from its beginning. */
const PREFIX = "(?i)";
const MOST_PATTERNS = 200;
const MOST_URL_CHARACTERS = 50_000; // patterns travel in the request's URL
const REFUSALS = ["36", "427"]; // BAD_ARGUMENTS, CANNOT_COMPILE_REGEXP

/**
 * How often the counted repetitions of a pattern may repeat, all together: vectorscan takes time that grows with their square
 * to compile them, up to minutes, and nothing can stop it. Classes such as \pL are of hundreds of parts each time.
 */
const MOST_REPETITIONS = 250;
const MOST_REPETITIONS_OF_CLASSES = 20;
const FEWER =
  `expected repetitions like {2,60} that add up to at most ${MOST_REPETITIONS}, ` +
  `or where there are classes like \\pL multiply to at most ${MOST_REPETITIONS_OF_CLASSES}`;

/** Why the warehouse refuses a regular expression, and at which of its characters, from 0, where that is told. */
export type BrokenPattern = { readonly reason: string; readonly index: number | null };

/**
 * The regular expressions of rules that the warehouse refuses: those that RE2 does not know, and the few that vectorscan
 * does not, which finds all of them at once.
 */
export async function findBrokenPatterns(
  reader: Reader,
  rules: readonly TrackingRule[],
): Promise<ReadonlyMap<string, BrokenPattern>> {
  const broken = new Map<string, BrokenPattern>();
  const patterns = [...new Set(rules.flatMap(regexesOf))];
  for (const pattern of patterns) {
    const index = findExcess(pattern);
    if (index !== null) broken.set(pattern, { reason: `repeats too often at character ${index + 1}: ${FEWER}`, index });
  }
  for (const batch of batchesOf(patterns.filter((pattern) => !broken.has(pattern)))) {
    const wrong = await findRefused(reader, askRe2, batch);
    for (const [pattern, message] of wrong) {
      const said = [...(await askAgain(reader, pattern, message)), message].map((one) => reasonOf(pattern, one));
      broken.set(pattern, said.find(({ index }) => index !== null) ?? reasonOf(pattern, message));
    }
    const known = batch.filter((pattern) => !wrong.has(pattern));
    for (const [pattern, message] of await findRefused(reader, askVectorscan, known)) {
      broken.set(pattern, reasonOf(pattern, message));
    }
  }
  return broken;
}

/** The place of the counted repetition with which a pattern repeats too often; null where it does not. */
function findExcess(pattern: string): number | null {
  const hasClasses = /\\p/i.test(pattern);
  let [sum, product] = [0, 1];
  for (const { groups, index } of pattern.matchAll(/(?<!\\)\{(?<least>\d+)(?:,(?<most>\d*))?\}/g)) {
    const count = Math.max(Number(groups?.["least"]), Number(groups?.["most"] ?? 0));
    sum += count;
    product *= Math.max(1, count);
    if (sum > MOST_REPETITIONS || (hasClasses && product > MOST_REPETITIONS_OF_CLASSES)) return index;
  }
  return null;
}

/** What vectorscan says of a pattern that RE2 refuses: it often knows the place. With one that is too large it would take minutes. */
async function askAgain(reader: Reader, pattern: string, message: string): Promise<string[]> {
  if (message.includes("too large")) return [];
  return [...(await findRefused(reader, askVectorscan, [pattern])).values()];
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

/** Which patterns are refused, with what the warehouse says of each. */
async function findRefused(
  reader: Reader,
  ask: AskPatterns,
  patterns: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const [first, another] = patterns;
  if (first === undefined) return new Map();
  try {
    await ask(reader, { patterns });
    return new Map();
  } catch (error) {
    if (!REFUSALS.includes(clickHouseCode(error) ?? "")) throw error;
    if (another === undefined) return new Map([[first, clickHouseMessage(error) ?? ""]]);
    const half = Math.ceil(patterns.length / 2);
    const left = await findRefused(reader, ask, patterns.slice(0, half));
    return new Map([...left, ...(await findRefused(reader, ask, patterns.slice(half)))]);
  }
}

/** What the warehouse says of a pattern: vectorscan names a byte, RE2 quotes what it does not understand. */
function reasonOf(pattern: string, message: string): BrokenPattern {
  const told = /failed with error '(?<what>.*?)\.?'(?:\.|:|$)/s.exec(message)?.groups?.["what"];
  const place = /^(?<what>.*?)(?: started)? at index (?<index>\d+)$/s.exec(told ?? "")?.groups;
  const re2 = /, error: (?<what>.*?)\. Look at https/s.exec(message)?.groups?.["what"]?.replace(`: ${PREFIX}`, ": ");
  const index = place === undefined ? placeOf(pattern, re2) : charactersBefore(pattern, Number(place["index"]));
  const where = index === null ? "" : ` at character ${index + 1}`;
  const what = place?.["what"] ?? told ?? re2 ?? message;
  return { reason: `does not compile${where}: ${what}; expected a regular expression as RE2 has them`, index };
}

function charactersBefore(pattern: string, byte: number): number {
  return Buffer.from(pattern)
    .subarray(0, Math.max(0, byte - PREFIX.length))
    .toString().length;
}

function placeOf(pattern: string, re2: string | undefined): number | null {
  const quoted = /: (?<quoted>.+)$/s.exec(re2 ?? "")?.groups?.["quoted"];
  const index = quoted === undefined || quoted === pattern ? -1 : pattern.indexOf(quoted);
  return index < 0 ? null : index;
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
