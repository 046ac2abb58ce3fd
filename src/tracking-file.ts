import { extname } from "node:path";
import { stringify } from "yaml";
import type { Warehouse } from "../clickhouse/client.ts";
import { findBrokenPatterns } from "../clickhouse/tracking-patterns.ts";
import { InvalidRequestError } from "./domain/errors.ts";
import type { WantedRules } from "./domain/tracking-changes.ts";
import type { RulePath } from "./domain/tracking-match.ts";
import { readFallback, readRule, ruleAsJson } from "./domain/tracking-read.ts";
import type { Match, RuleSet, TrackingRule } from "./domain/tracking-rule.ts";
import type { OpenRuleFile } from "./open-rule-file.ts";
import { openCsvRules, renderCsvRules } from "./tracking-file-csv.ts";
import { shortFormOf } from "./tracking-file-short.ts";
import { openJsonRules } from "./tracking-file-json.ts";
import { openYamlRules } from "./tracking-file-yaml.ts";
import { refuseFile } from "./yaml-file.ts";
import type { Mistake, Place } from "./yaml-file.ts";

/** In which forms rules can be written. */
export const RULE_FILE_FORMATS = ["yaml", "json", "csv"] as const;

/** One of them. */
export type RuleFileFormat = (typeof RULE_FILE_FORMATS)[number];

type PlacedRule = { readonly rule: TrackingRule; readonly index: number };

const FORMAT_BY_EXTENSION: Readonly<Record<string, RuleFileFormat>> = {
  ".yaml": "yaml",
  ".yml": "yaml",
  ".json": "json",
  ".csv": "csv",
};

/** The form that a file has by its name; throws InvalidRequestError where it tells none. */
export function formatOfRuleFile(file: string): RuleFileFormat {
  const format = FORMAT_BY_EXTENSION[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw new InvalidRequestError(`${file}: expected a file whose name ends with .yaml, .yml, .json or .csv`);
}

/** Reads the rules of a file. Throws one InvalidRequestError that lists everything that is wrong, but for patterns. */
export function parseRuleFile(text: string, file: string): WantedRules {
  const { wanted, mistakes } = read(open(text, file));
  if (mistakes.length > 0) throw refuseFile(file, mistakes);
  return wanted;
}

/**
 * Reads the rules of a file, with patterns as the warehouse understands them. Throws one InvalidRequestError that lists
 * everything that is wrong, each as `file:line:column setting: expected …`.
 */
export async function readRuleFile(warehouse: Warehouse, text: string, file: string): Promise<WantedRules> {
  const opened = open(text, file);
  const { wanted, placed, mistakes } = read(opened);
  const refused = await findBrokenPatterns(warehouse, wanted.rules);
  const wrong = placed.flatMap(({ rule, index }) =>
    conditionsOf(rule.match, ["match"]).flatMap(({ condition: { operator, value }, path }): Mistake[] => {
      const broken = operator === "regex" ? refused.get(value) : undefined;
      if (broken === undefined) return [];
      const place = opened.placeInText(index, [...path, "value"], broken.index ?? 0);
      return [{ ...place, message: `${[...path, "value"].join(".")}: ${broken.reason}` }];
    }),
  );
  if (mistakes.length + wrong.length > 0) throw refuseFile(file, [...mistakes, ...wrong]);
  return wanted;
}

/** A file that is read as these rules. */
export function renderRuleFile({ rules, fallback }: RuleSet, format: RuleFileFormat): string {
  if (format === "csv") return renderCsvRules(rules, fallback);
  const content = { fallback, rules: rules.map(shortened) };
  return format === "json" ? `${JSON.stringify(content, null, 2)}\n` : stringify(content, { lineWidth: 0 });
}

function open(text: string, file: string): OpenRuleFile {
  const plain = text.replace(/^\uFEFF/, "");
  switch (formatOfRuleFile(file)) {
    case "csv":
      return openCsvRules(plain);
    case "json":
      return openJsonRules(plain, file);
    case "yaml":
      return openYamlRules(plain, file);
  }
}

function read(opened: OpenRuleFile) {
  const mistakes = [...opened.mistakes];
  const fallback = readFallback(opened.fallback, ["fallback"], (path, message) => {
    mistakes.push({ ...opened.fallbackPlace, message: `${path.join(".")}: ${message}` });
  });
  const placed = opened.rules.flatMap((value, index): PlacedRule[] => {
    const rule = readRule(value, [], (path, message) => {
      const place = opened.placeOf(index, path);
      const name = path.length === 0 ? "" : `${path.join(".")}: `;
      if (!opened.mistakes.some((known) => isSamePlace(known, place))) {
        mistakes.push({ ...place, message: `${name}${message}` });
      }
    });
    return rule === undefined ? [] : [{ rule, index }];
  });
  const seen = new Map<string, number>();
  for (const [index, value] of opened.rules.entries()) {
    const id = idOf(value);
    if (id === undefined) continue;
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, index);
    } else {
      const { line } = opened.placeOf(first, ["id"]);
      mistakes.push({ ...opened.placeOf(index, ["id"]), message: `id: ${id} is on line ${line} already` });
    }
  }
  const wanted: WantedRules = { rules: placed.map(({ rule }) => rule), fallback };
  return { wanted, placed, mistakes };
}

/** The id that a rule is given, whatever else is wrong with it. */
function idOf(value: unknown): string | undefined {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.line === other.line && one.column === other.column;
}

/** The conditions of a match, and where in it they stand. */
function conditionsOf(
  match: Match,
  path: RulePath,
): { condition: Extract<Match, { field: string }>; path: RulePath }[] {
  if ("field" in match) return [{ condition: match, path }];
  if ("not" in match) return conditionsOf(match.not, [...path, "not"]);
  const [key, list] = "all" in match ? (["all", match.all] as const) : (["any", match.any] as const);
  return list.flatMap((one, index) => conditionsOf(one, [...path, key, index]));
}

/** A rule without what is said when nothing is, in the short form where that says it all. */
function shortened(rule: TrackingRule): object {
  const { valid_from, valid_to, enabled, id, ...rest } = ruleAsJson(rule);
  return {
    id,
    ...(shortFormOf(rule) ?? rest),
    ...(valid_from === null ? {} : { valid_from }),
    ...(valid_to === null ? {} : { valid_to }),
    ...(enabled ? {} : { enabled }),
  };
}
