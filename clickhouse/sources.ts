import { z } from "zod";
import { WarehouseError } from "../src/domain/errors.ts";
import { credentialOf, placeOf } from "../src/domain/source-place.ts";
import { ownSettings, sourceOf } from "../src/domain/source-text.ts";
import { isApiSource, SOURCE_KINDS } from "../src/domain/source.ts";
import type { ApiSource, Source } from "../src/domain/source.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, Moment } from "./query.ts";
import { LINE_SETTINGS, sourceSchema } from "./source-settings.ts";

const KeptSettings = sourceSchema({}, LINE_SETTINGS);

const SourceRow = z
  .object({
    name: z.string(),
    kind: z.enum(SOURCE_KINDS),
    place: z.string(),
    credential: z.string(),
    settings: z.string(),
    enabled: z.boolean(),
    priority: z.number().int(),
    reject_limit: Count,
  })
  .transform(({ name, kind, enabled, priority, ...row }): Source => {
    const common = { name, enabled, priority, rejectLimit: row.reject_limit };
    switch (kind) {
      case "blob":
        return sourceOf({ ...common, kind, url: row.place, credential: row.credential });
      case "folder":
        return { ...common, kind, path: row.place };
      case "push":
        return { ...common, kind };
      case "cost-details":
      case "usage-details":
      case "ea":
        return sourceOf({ ...common, ...readSettings(name, kind, row.settings) });
    }
  });

const SourceStatusRow = z.object({
  source: z.string(),
  state: z.enum(["running", "done", "failed", "canceled"]),
  attempted_at: Moment,
  finished_at: Moment.nullable(),
  runs_found: z.number(),
  runs_imported: z.number(),
  runs_failed: z.number(),
  error: z.string(),
  imported_at: Moment.nullable(),
});

/** The last attempt and the last import of a source. */
export type SourceStatus = z.infer<typeof SourceStatusRow>;

/** Every source that was not removed, by name. */
export const listSources = defineQuery<Record<string, never>, Source>("sources", SourceRow);

/** The last attempt and last import of every source that was ever tried. */
export const listSourceStatus = defineQuery<Record<string, never>, SourceStatus>("source-status", SourceStatusRow);

/** Writes a source as it is from now on. */
export async function saveSource(warehouse: Warehouse, source: Source): Promise<void> {
  await warehouse.insert("sources", [{ ...toRow(source), removed: false }]);
}

/** Removes a source from the list; what it published stays. */
export async function removeSource(warehouse: Warehouse, source: Source): Promise<void> {
  await warehouse.insert("sources", [{ ...toRow(source), removed: true }]);
}

function toRow(source: Source): object {
  return {
    name: source.name,
    kind: source.kind,
    place: placeOf(source),
    credential: credentialOf(source),
    settings: isApiSource(source) ? JSON.stringify(ownSettings(source)) : "{}", // of the others place and credential are all
    enabled: source.enabled,
    priority: source.priority,
    reject_limit: source.rejectLimit,
  };
}

function readSettings(name: string, kind: ApiSource["kind"], json: string): z.infer<typeof KeptSettings> {
  const kept = z.record(z.string(), z.unknown()).safeParse(parseJson(json));
  const { success, data, error } = KeptSettings.safeParse({ ...kept.data, kind });
  if (success) return data;
  const wrong = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new WarehouseError(
    `The source ${name} cannot be read from the table sources: ${wrong}. Insert its row anew, or one that is removed`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // what is missing then is said
  }
}
