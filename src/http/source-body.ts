import { isAbsolute } from "node:path";
import { z } from "zod";
import { BlobSourceUrl, FolderSourcePath, SOURCE_SETTINGS } from "../../clickhouse/source-settings.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { formatCredential } from "../domain/source.ts";
import type { Credential, Source } from "../domain/source.ts";

const { name, enabled, priority, rejectLimit } = SOURCE_SETTINGS;

// What is wrong is said without the value: somebody may have put the secret itself there.
const credential = z
  .string({ error: "expected default, or env:NAME" })
  .regex(/^(?:default|env:[A-Za-z_][A-Za-z0-9_]*)$/, {
    error: "expected default, or env:NAME with the environment variable that holds a connection string or SAS",
  })
  .describe("`default` for an Azure identity, or `env:NAME` for an environment variable of whoever does the import");

const path = FolderSourcePath.refine((text) => isAbsolute(text), {
  error: "expected an absolute path: the service has no directory of yours",
}).describe("Absolute path of the directory");

const blob = { kind: z.literal("blob").describe("Azure Blob Storage"), url: BlobSourceUrl };
const folder = { kind: z.literal("folder").describe("A directory of whoever does the import"), path };
const settings = { enabled, priority, rejectLimit };

const KIND = { error: "expected blob or folder" };

/** A source that is to be added. */
export const NewSource = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ name, ...settings, ...blob, credential: credential.default("default") }),
    z.strictObject({ name, ...settings, ...folder }),
  ],
  KIND,
);

/** All settings of a source; what is not said is as by default. */
export const WholeSource = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ ...settings, ...blob, credential: credential.default("default") }),
    z.strictObject({ ...settings, ...folder }),
  ],
  KIND,
);

/** Some settings of a source; what is not said stays as it is. */
export const ChangedSource = z.strictObject({
  enabled: withoutDefault(enabled),
  priority: withoutDefault(priority),
  rejectLimit: withoutDefault(rejectLimit),
  url: BlobSourceUrl.optional(),
  credential: credential.optional(),
  path: path.optional(),
});

/** A source with all of its settings. */
export const SourceAnswer = z.object({
  name: z.string().describe("Name of the source"),
  kind: z.enum(["blob", "folder"]).describe("Azure Blob Storage, or a directory"),
  url: z.string().nullable().describe("Container and base folder; null for a directory"),
  path: z.string().nullable().describe("Path of the directory; null for Azure Blob Storage"),
  credential: z.string().nullable().describe("`default`, or `env:NAME`; null for a directory"),
  enabled: z.boolean().describe("Whether imports of all sources include it"),
  priority: z.int().describe("Who answers where two sources cover the same: the smaller one"),
  rejectLimit: z.int().describe("How many rows of a run may be refused before the run is not published"),
});

/** The source that a whole body describes. */
export function sourceOf(body: z.infer<typeof WholeSource> & { readonly name: string }): Source {
  return body.kind === "folder" ? body : { ...body, credential: credentialOf(body.credential) };
}

/** The source after a change. Throws InvalidParameterError for a setting that its kind does not have. */
export function changeSource(source: Source, change: z.infer<typeof ChangedSource>): Source {
  const { url, path: directory, credential: reference, ...rest } = change;
  const common = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  if (source.kind === "folder") {
    refuse("url", url, "a directory has a path");
    refuse("credential", reference, "a directory needs none");
    return { ...source, ...common, ...(directory === undefined ? {} : { path: directory }) };
  }
  refuse("path", directory, "Azure Blob Storage has a url");
  return {
    ...source,
    ...common,
    ...(url === undefined ? {} : { url }),
    ...(reference === undefined ? {} : { credential: credentialOf(reference) }),
  };
}

/** What is told of a source. */
export function toAnswer(source: Source): z.infer<typeof SourceAnswer> {
  const { name: id, kind, enabled: isEnabled, priority: rank, rejectLimit: limit } = source;
  const place =
    source.kind === "blob"
      ? { url: source.url, path: null, credential: formatCredential(source.credential) }
      : { url: null, path: source.path, credential: null };
  return { name: id, kind, ...place, enabled: isEnabled, priority: rank, rejectLimit: limit };
}

function credentialOf(text: string): Credential {
  return text === "default" ? text : { env: text.slice("env:".length) };
}

function withoutDefault<Setting extends z.ZodType>(setting: z.ZodDefault<Setting>): z.ZodOptional<Setting> {
  return setting
    .unwrap()
    .optional()
    .describe(setting.description ?? "");
}

function refuse(parameter: string, value: unknown, why: string): void {
  if (value === undefined) return;
  throw new InvalidParameterError(parameter, `${parameter}: ${why}. Leave it out, or PUT the source as another kind.`);
}
