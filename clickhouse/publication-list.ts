import { z } from "zod";
import { Count, defineQuery, Moment } from "./query.ts";
import type { Reader } from "./query.ts";

const ListedPublicationRow = z
  .object({
    publication_id: z.string(),
    source: z.string(),
    export: z.string(),
    export_name: z.string(),
    dataset: z.enum(["actual", "amortized", "usage", "focus"]),
    month: z.string(),
    run_id: z.string(),
    submitted_at: Moment,
    first_day: z.string(),
    last_day: z.string(),
    state: z.enum(["published", "withdrawn", "pruned"]),
    priority: z.number().int(),
    published_at: Moment,
    pruned_at: Moment.nullable(),
    is_current: z.union([z.boolean(), z.number()]).transform(Boolean),
    loads: Count,
    entries: Count,
    silent_days: Count,
  })
  .transform((row) => ({
    publicationId: row.publication_id,
    source: row.source,
    export: row.export,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    submittedAt: row.submitted_at,
    days: { first: row.first_day, last: row.last_day },
    state: row.state,
    priority: row.priority,
    publishedAt: row.published_at,
    /** When its rows were given up; null where they are still there. */
    prunedAt: row.pruned_at,
    /** Whether it answers for its series now. */
    isCurrent: row.is_current,
    loads: row.loads,
    /** Rows of all of its loads, also of those that complete the month. */
    rows: row.entries,
    /** Subscription days of it that another publication answers instead. */
    silentDays: row.silent_days,
  }));

/** A step of what is visible: a publication, be it pruned since, or a withdrawal. */
export type ListedPublication = z.infer<typeof ListedPublicationRow>;

/** Which publications to list: of all sources and datasets where none is given; what answers now, or all that ever was. */
export type PublicationFilter = {
  readonly sources: readonly string[];
  readonly dataset: string;
  readonly first_day: string;
  readonly last_day: string;
  readonly history: boolean;
};

/** The place of a publication in the order of the list. */
export type PublicationPlace = Pick<ListedPublication, "publishedAt" | "state" | "publicationId">;

const listPlaced = defineQuery<
  PublicationFilter & {
    limit: number;
    after_published_at: string;
    after_state: string;
    after_publication_id: string;
  },
  ListedPublication
>("publication-list", ListedPublicationRow);

const ALL = 2 ** 32 - 1;

/** The publications in the order in which they became visible; so many of them behind a place, where they are given. */
export function listPublications(
  reader: Reader,
  filter: PublicationFilter,
  { limit = ALL, after }: { readonly limit?: number; readonly after?: PublicationPlace | undefined } = {},
): Promise<ListedPublication[]> {
  return listPlaced(reader, {
    ...filter,
    limit,
    after_published_at: after?.publishedAt ?? "",
    after_state: after?.state ?? "",
    after_publication_id: after?.publicationId ?? "",
  });
}
