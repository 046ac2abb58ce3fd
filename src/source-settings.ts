import { resolve } from "node:path";
import { z } from "zod";
import { BlobSourceUrl, FolderSourcePath, SOURCE_SETTINGS, VARIABLE_NAME } from "../clickhouse/source-settings.ts";
import type { Source } from "./domain/source.ts";
import { ScheduleInFile } from "./temporal/schedule-settings.ts";

const settings = { ...SOURCE_SETTINGS, schedule: ScheduleInFile.optional() };

const VARIABLE_EXPECTED = { error: "expected the name of an environment variable, such as CONTOSO_STORAGE" };
const credential = z.union(
  [z.literal("default"), z.strictObject({ env: z.string(VARIABLE_EXPECTED).regex(VARIABLE_NAME, VARIABLE_EXPECTED) })],
  {
    error: "expected default, or { env: NAME } with the environment variable that holds a connection string or SAS",
  },
);

/** A source as it is configured: by file or by options. Says of everything that is wrong what is expected. */
export const SourceSettings = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      ...settings,
      kind: z.literal("blob"),
      url: BlobSourceUrl,
      credential: credential.default("default"),
    }),
    z.strictObject({
      ...settings,
      kind: z.literal("folder"),
      path: FolderSourcePath,
    }),
  ],
  { error: "expected blob or folder" },
);

/** The source with its place as it is kept: paths are absolute, whatever directory they were relative to. */
export function resolveSource(configured: z.infer<typeof SourceSettings>, directory: string): Source {
  const { schedule: _, ...source } = configured; // Temporal keeps that
  return source.kind === "folder" ? { ...source, path: resolve(directory, source.path) } : source;
}
