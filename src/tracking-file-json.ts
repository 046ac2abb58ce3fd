import { parse } from "lossless-json";
import type { OpenRuleFile } from "./open-rule-file.ts";
import { openYamlRules } from "./tracking-file-yaml.ts";

/**
 * Opens the text of a JSON file. It is read as YAML, which takes thirty times as long, only where something is wrong with
 * it: YAML knows places. Numbers stay the text that they are in the file.
 */
export function openJsonRules(text: string, file: string): OpenRuleFile {
  const content = parsed(text);
  if (content === undefined) return openYamlRules(text, file);
  let opened: OpenRuleFile | undefined;
  const placed = () => (opened ??= openYamlRules(text, file));
  return {
    ...content,
    get fallbackPlace() {
      return placed().fallbackPlace;
    },
    placeOf: (index, path) => placed().placeOf(index, path),
    placeInText: (index, path, character) => placed().placeInText(index, path, character),
    mistakes: [],
  };
}

/** What it says; undefined where that is not all well, or cannot be told from what objects have by themselves. */
function parsed(text: string): Pick<OpenRuleFile, "fallback" | "rules"> | undefined {
  if (text.includes("__proto__") || text.includes("\\u005f")) return undefined;
  try {
    const content = parse(text, undefined, (digits) => digits);
    if (Array.isArray(content)) return { fallback: undefined, rules: content };
    if (typeof content !== "object" || content === null || !("rules" in content)) return undefined;
    const { fallback, rules, ...others }: { fallback?: unknown; rules: unknown } = content;
    return Array.isArray(rules) && Object.keys(others).length === 0 ? { fallback, rules } : undefined;
  } catch {
    return undefined;
  }
}
