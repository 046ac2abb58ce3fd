import { z } from "zod";
import { parseBlobUrl } from "../src/domain/blob-place.ts";
import { BillhouseError } from "../src/domain/errors.ts";
import { SOURCE_DEFAULTS, SOURCE_NAME } from "../src/domain/source.ts";

const rowCount = { error: "expected a number of rows, 0 or more" };
const directory = { error: "expected the path of a directory" };

/** The settings that every source has, each with what it is when nothing is said; says of a wrong one what is expected. */
export const SOURCE_SETTINGS = {
  name: z
    .string({ error: "expected a name like contoso" })
    .regex(SOURCE_NAME, { error: "expected a name of a-z, 0-9, . _ and -, such as contoso" })
    .describe("Name of the source, such as `contoso`"),
  enabled: z
    .boolean({ error: "expected true or false" })
    .default(SOURCE_DEFAULTS.enabled)
    .describe("Whether imports of all sources include it"),
  priority: z
    .int32({ error: "expected a whole number; the smaller one answers" })
    .default(SOURCE_DEFAULTS.priority)
    .describe("Who answers where two sources cover the same subscription and day: the smaller one"),
  rejectLimit: z
    .int(rowCount)
    .nonnegative(rowCount)
    .default(SOURCE_DEFAULTS.rejectLimit)
    .describe("How many rows of a run may be refused before the run is not published"),
};

/** Where a source of the kind `blob` is. What is wrong is said without what may be a SAS. */
export const BlobSourceUrl = z
  .string({ error: "expected a url like https://<account>.blob.core.windows.net/<container>/<base folder>" })
  .superRefine(requireBlobUrl)
  .describe("`https://<account>.blob.core.windows.net/<container>/<base folder>`, without a SAS");

/** Where a source of the kind `folder` is. */
export const FolderSourcePath = z.string(directory).min(1, directory).describe("Path of the directory");

/** The name of an environment variable that holds a secret. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function requireBlobUrl(url: string, context: z.RefinementCtx<string>): void {
  try {
    parseBlobUrl(url);
  } catch (error) {
    if (!(error instanceof BillhouseError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}
