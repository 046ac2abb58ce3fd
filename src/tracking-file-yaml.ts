import { isMap, isScalar, isSeq, visit } from "yaml";
import type { Document } from "yaml";
import type { OpenRuleFile } from "./open-rule-file.ts";
import { nodeAt, offsetOf, openYaml, refuseFile } from "./yaml-file.ts";
import type { Mistake, Place, YamlPath } from "./yaml-file.ts";

const SETTINGS = ["fallback", "rules"];
const EXPECTED = "expected a list of rules, or `rules:` with one below it";

/** Opens the text of a YAML or JSON file: a list of rules, or a map with `rules` and options of the whole set. */
export function openYamlRules(text: string, file: string): OpenRuleFile {
  const { document, placeAt } = openYaml(text, file);
  keepDigits(document);
  const at = (path: YamlPath): Place => placeAt(offsetOf(document, path));
  const isList = isSeq(document.contents);
  const base: YamlPath = isList ? [] : ["rules"];
  const content = contentOf(document, file);
  const map: Readonly<Record<string, unknown>> = isMap(document.contents) ? asMap(content) : {};
  const list: unknown = isList ? content : map["rules"];
  const mistakes: Mistake[] = Object.keys(map)
    .filter((key) => !SETTINGS.includes(key))
    .map((key) => ({ ...at([key]), message: `${key}: unknown setting; there are ${SETTINGS.join(", ")}` }));
  if (!Array.isArray(list)) mistakes.push({ ...at("rules" in map ? ["rules"] : []), message: EXPECTED });
  return {
    fallback: map["fallback"],
    fallbackPlace: at(["fallback"]),
    rules: Array.isArray(list) ? list : [],
    placeOf: (index, path) => at([...base, index, ...path]),
    placeInText(index, path, character) {
      const node = nodeAt(document, [...base, index, ...path]);
      const [start, end] = node?.range ?? [];
      if (!isScalar(node) || start === undefined || end === undefined) return at([...base, index, ...path]);
      // Only where the text stands in the file as it is: not where something in it is escaped or folded.
      const written = text.slice(start, end);
      const value = String(node.value);
      const quote = written === value ? 0 : written.slice(1, -1) === value ? 1 : undefined;
      return placeAt(start + (quote === undefined ? 0 : quote + character));
    },
    mistakes,
  };
}

/** Numbers stay the text that they are in the file: 007 is not 7, and 1e3 is no id of three zeros. */
function keepDigits(document: Document): void {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "number" && node.source !== undefined) node.value = node.source;
    },
  });
}

function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error); // aliases of aliases, without an end
    throw refuseFile(file, [{ line: 1, column: 1, message: reason }]);
  }
}

function asMap(content: unknown): Readonly<Record<string, unknown>> {
  return typeof content === "object" && content !== null ? { ...content } : {};
}
