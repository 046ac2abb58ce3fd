import { isMap } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import { settingNames } from "../clickhouse/source-settings.ts";
import { SOURCE_KINDS } from "./domain/source.ts";
import type { Source } from "./domain/source.ts";
import { IDENTITY_SETTINGS, resolveSource, SourceSettings } from "./source-settings.ts";
import { SCHEDULE_SETTINGS } from "./temporal/schedule-settings.ts";
import type { ScheduleSettings } from "./temporal/schedule-settings.ts";
import { nodeAt, offsetOf, openYaml, refuseFile } from "./yaml-file.ts";
import type { Mistake, YamlPath } from "./yaml-file.ts";

/** A source as a file says it; its schedule is null where the file gives it none. */
export type ConfiguredSource = { readonly source: Source; readonly schedule: ScheduleSettings | null };

/** What a setting has that is a map itself. */
const SETTINGS_INSIDE: Readonly<Record<string, string>> = {
  ...IDENTITY_SETTINGS,
  credential: "env",
  schedule: SCHEDULE_SETTINGS,
};

const SourcesFile = z.strictObject(
  { sources: z.array(SourceSettings, { error: "expected a list of sources" }) },
  { error: "expected `sources:` with a list below it" },
);

/**
 * Reads the sources of a YAML file. Relative paths in it count from `directory`. Throws one InvalidRequestError that
 * lists everything that is wrong, each as `file:line:column what: expected …`.
 */
export function parseSourcesFile(text: string, file: string, directory: string): ConfiguredSource[] {
  const { document, placeAt } = openYaml(text, file);
  const at = (path: YamlPath, message: string): Mistake => ({ ...placeAt(offsetOf(document, path)), message });
  const parsed = SourcesFile.safeParse(document.toJS());
  if (!parsed.success) {
    const wrong = parsed.error.issues
      .flatMap((issue) => spread(issue, document))
      .map(({ path, message }) => at(path, `${nameOf(path)}${message}`));
    throw refuseFile(file, wrong);
  }
  const { sources } = parsed.data;
  const repeated = sources.flatMap(({ name }, index) => {
    const first = sources.findIndex((source) => source.name === name);
    if (first === index) return [];
    const { line } = placeAt(offsetOf(document, ["sources", first, "name"]));
    return [at(["sources", index, "name"], `name: ${name} is on line ${line} already`)];
  });
  if (repeated.length > 0) throw refuseFile(file, repeated);
  return sources.map((settings) => ({
    source: resolveSource(settings, directory),
    schedule: settings.schedule ?? null,
  }));
}

/** The issues inside of an issue, each with its whole path: unknown keys one by one, the best branch of a union. */
function spread(issue: z.core.$ZodIssue, document: Document): { path: YamlPath; message: string }[] {
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0 ? "sources" : knownKeys(document, issue.path);
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: `unknown setting; there are ${known}` }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0 && isMap(nodeAt(document, issue.path))) {
    // The value is a map: say what is wrong in it, as the branch sees it that takes maps.
    const inside = issue.errors.at(-1) ?? [];
    return inside.flatMap((inner) => spread({ ...inner, path: [...issue.path, ...inner.path] }, document));
  }
  return [{ path: issue.path, message: issue.message }];
}

/** The settings that there are instead of an unknown one, for a place in the file. */
function knownKeys(document: Document, path: YamlPath): string {
  const last = String(path.at(-1));
  const inside = SETTINGS_INSIDE[last];
  if (inside !== undefined) return inside;
  const kind = SOURCE_KINDS.find((known) => known === document.getIn([...path, "kind"]));
  const own = kind === undefined ? [] : settingNames(kind);
  return ["name", "kind", ...own, "enabled", "priority", "rejectLimit", "schedule"].join(", ");
}

function nameOf(path: YamlPath): string {
  const names = path.filter((step) => typeof step === "string" && step !== "sources");
  return names.length === 0 ? "" : `${names.join(".")}: `;
}
