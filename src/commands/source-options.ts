import { resolve } from "node:path";
import type { z } from "zod";
import { LINE_SETTINGS, settingNames, SOURCE_SETTINGS, sourceSchema } from "../../clickhouse/source-settings.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { sourceOf } from "../domain/source-text.ts";
import { SOURCE_KINDS } from "../domain/source.ts";
import type { Source } from "../domain/source.ts";

/** A source by options: what was not given is not there. */
export type SourceOptions = {
  readonly name: string;
  /** Without it `url` is of `blob`, and `path` of `folder`. */
  readonly kind?: Source["kind"];
  readonly url?: string;
  readonly path?: string;
  readonly credential?: string;
  readonly scope?: string;
  readonly identity?: string;
  readonly cloud?: string;
  readonly endpoint?: string;
  readonly enrollment?: string;
  readonly api?: string;
  readonly currency?: string;
  readonly taxFactor?: string;
  /** Separated by commas. */
  readonly datasets?: string;
  readonly by?: string;
  readonly monthsBack?: number;
  readonly refreshHours?: number;
  readonly priority?: number;
  readonly rejectLimit?: number;
  readonly disabled: boolean;
};

const Options = sourceSchema(SOURCE_SETTINGS, LINE_SETTINGS);

/** The source that options describe; relative paths count from `directory`. Throws InvalidRequestError. */
export function readSourceOptions({ disabled, ...options }: SourceOptions, directory: string): Source {
  const { kind = kindByPlace(options), datasets, ...rest } = options;
  const list = datasets === undefined ? {} : { datasets: datasets.split(",") };
  const parsed = Options.safeParse({ ...rest, ...list, kind, enabled: !disabled });
  if (!parsed.success) {
    throw new InvalidRequestError(parsed.error.issues.flatMap((issue) => describe(issue, kind)).join("; "));
  }
  const source = sourceOf(parsed.data);
  return source.kind === "folder" ? { ...source, path: resolve(directory, source.path) } : source;
}

function kindByPlace({ url, path }: Pick<SourceOptions, "url" | "path">): "blob" | "folder" {
  if ((url === undefined) === (path === undefined)) {
    throw new InvalidRequestError(
      "Give either --url (Azure Blob Storage) or --path (a directory), not both; other sources are named by --kind.",
    );
  }
  return url === undefined ? "folder" : "blob";
}

function describe(issue: z.core.$ZodIssue, kind: Source["kind"]): string[] {
  if (issue.code !== "unrecognized_keys") return [`${flagOf(String(issue.path[0]))}: ${issue.message}`];
  return issue.keys.map((key) => {
    const kinds = SOURCE_KINDS.filter((other) => settingNames(other).includes(key));
    return `${flagOf(key)} is of ${kinds.join(", ")}: a source of the kind ${kind} has none`;
  });
}

function flagOf(setting: string): string {
  return setting === "name" ? setting : `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
