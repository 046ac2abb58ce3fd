import { z } from "zod";
import { formatCredential } from "../src/domain/source.ts";
import type { Source } from "../src/domain/source.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, Moment } from "./query.ts";

const SourceRow = z
  .object({
    name: z.string(),
    kind: z.enum(["blob", "folder"]),
    place: z.string(),
    credential: z.string(),
    enabled: z.boolean(),
    priority: z.number().int(),
    reject_limit: Count,
  })
  .transform((row): Source => {
    const settings = { name: row.name, enabled: row.enabled, priority: row.priority, rejectLimit: row.reject_limit };
    if (row.kind === "folder") return { ...settings, kind: "folder", path: row.place };
    const credential = row.credential === "default" ? "default" : { env: row.credential.replace(/^env:/, "") };
    return { ...settings, kind: "blob", url: row.place, credential };
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
    place: source.kind === "blob" ? source.url : source.path,
    credential: source.kind === "folder" ? "" : formatCredential(source.credential),
    enabled: source.enabled,
    priority: source.priority,
    reject_limit: source.rejectLimit,
  };
}
