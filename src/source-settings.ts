import { resolve } from "node:path";
import { z } from "zod";
import { BillhouseError } from "./domain/errors.ts";
import { SOURCE_DEFAULTS, SOURCE_NAME } from "./domain/source.ts";
import type { Source } from "./domain/source.ts";
import { parseBlobUrl } from "./sources/blob-place.ts";
import { ScheduleInFile } from "./temporal/schedule-settings.ts";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const settings = {
  name: z
    .string({ error: "expected a name like contoso" })
    .regex(SOURCE_NAME, { error: "expected a name of a-z, 0-9, . _ and -, such as contoso" }),
  enabled: z.boolean({ error: "expected true or false" }).default(SOURCE_DEFAULTS.enabled),
  priority: z.int32({ error: "expected a whole number; the smaller one answers" }).default(SOURCE_DEFAULTS.priority),
  rejectLimit: z
    .int({ error: "expected a number of rows, 0 or more" })
    .nonnegative({ error: "expected a number of rows, 0 or more" })
    .default(SOURCE_DEFAULTS.rejectLimit),
  schedule: ScheduleInFile.optional(),
};

const VARIABLE_EXPECTED = { error: "expected the name of an environment variable, such as CONTOSO_STORAGE" };
const credential = z.union(
  [z.literal("default"), z.strictObject({ env: z.string(VARIABLE_EXPECTED).regex(VARIABLE, VARIABLE_EXPECTED) })],
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
      url: z
        .string({ error: "expected a url like https://<account>.blob.core.windows.net/<container>/<base folder>" })
        .superRefine(requireBlobUrl),
      credential: credential.default("default"),
    }),
    z.strictObject({
      ...settings,
      kind: z.literal("folder"),
      path: z
        .string({ error: "expected the path of a directory" })
        .min(1, { error: "expected the path of a directory" }),
    }),
  ],
  { error: "expected blob or folder" },
);

/** The source with its place as it is kept: paths are absolute, whatever directory they were relative to. */
export function resolveSource(configured: z.infer<typeof SourceSettings>, directory: string): Source {
  const { schedule: _, ...source } = configured; // Temporal keeps that
  return source.kind === "folder" ? { ...source, path: resolve(directory, source.path) } : source;
}

function requireBlobUrl(url: string, context: z.RefinementCtx<string>): void {
  try {
    parseBlobUrl(url);
  } catch (error) {
    if (!(error instanceof BillhouseError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}
