import { z } from "zod";
import { firstDayOf } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import { WarehouseError } from "../src/domain/errors.ts";
import { answersBefore, sharedMetrics } from "../src/domain/publication.ts";
import type { RankedPublication } from "../src/domain/publication.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";

const OpenPublicationRow = z
  .object({
    publication_id: z.string(),
    source: z.string(),
    export: z.string(),
    dataset: z.enum(["actual", "amortized", "usage", "focus"]),
    priority: z.number(),
    submitted_at: z.string(),
    load_ids: z.array(z.string()),
  })
  .transform((row): OpenPublication => ({
    publicationId: row.publication_id,
    source: row.source,
    export: row.export,
    dataset: row.dataset,
    priority: row.priority,
    submittedAt: `${row.submitted_at.replace(" ", "T")}Z`,
    loadIds: row.load_ids,
  }));

type OpenPublication = RankedPublication & { readonly publicationId: string; readonly loadIds: readonly string[] };

const listOpenPublications = defineQuery<{ billing_month: string }, OpenPublication>(
  "open-publications",
  OpenPublicationRow,
);

const listOverlappingLoads = defineQuery<{ billing_month: string; load_ids: readonly string[] }, { load_id: string }>(
  "overlapping-loads",
  z.object({ load_id: z.string() }),
);

const insertShadows = defineStatement<{
  billing_month: string;
  publication_id: string;
  load_ids: readonly string[];
  rivals: readonly string[];
  answers: readonly boolean[];
  metrics: readonly (readonly string[])[];
  rival_load_ids: readonly (readonly string[])[];
}>("insert-shadows");

const ShadowCounts = z.object({ silences: Count, silenced: Count });
type ShadowCounts = z.infer<typeof ShadowCounts>;

const hasShadows = defineQuery<{ publication_id: string }, { rows: number }>(
  "publication-shadows",
  z.object({ rows: Count }),
);

const countCurrent = defineQuery<{ publication_id: string }, ShadowCounts>("count-shadows", ShadowCounts);

const NO_SHADOWS: ShadowCounts = { silences: 0, silenced: 0 };

/** How many days of other publications a publication silences now, and how many of its own are silent; most have none. */
export async function countShadows(warehouse: Warehouse, publicationId: string): Promise<ShadowCounts> {
  const publication = { publication_id: publicationId };
  const [any] = await hasShadows(warehouse, publication);
  if (any?.rows === 0) return NO_SHADOWS;
  const [counts] = await countCurrent(warehouse, publication);
  return counts ?? NO_SHADOWS;
}

/**
 * Decides who is silent between an announced publication and every other one of its month that is current, or
 * announced at the same time. Writes nothing where no other answers the same metric for the same days.
 */
export async function settleShadows(
  warehouse: Warehouse,
  { publicationId, month }: { publicationId: string; month: Month },
): Promise<void> {
  const billingMonth = firstDayOf(month);
  const open = await listOpenPublications(warehouse, { billing_month: billingMonth });
  const mine = open.find((publication) => publication.publicationId === publicationId);
  if (mine === undefined) {
    throw new WarehouseError(
      `${month}: publication ${publicationId} was announced, but the warehouse does not show it. Import again.`,
    );
  }
  const others = open.filter((other) => !isSameSeries(mine, other) && sharedMetrics(mine, other).length > 0);
  if (others.length === 0 || mine.loadIds.length === 0) return;
  const found = await listOverlappingLoads(warehouse, { billing_month: billingMonth, load_ids: mine.loadIds });
  const overlapping = new Set(found.map(({ load_id }) => load_id));
  const rivals = others.filter(({ loadIds }) => loadIds.some((loadId) => overlapping.has(loadId)));
  if (rivals.length === 0) return;
  await insertShadows(warehouse, {
    billing_month: billingMonth,
    publication_id: publicationId,
    load_ids: mine.loadIds,
    rivals: rivals.map((rival) => rival.publicationId),
    answers: rivals.map((rival) => answersBefore(mine, rival)),
    metrics: rivals.map((rival) => sharedMetrics(mine, rival)),
    rival_load_ids: rivals.map((rival) => rival.loadIds),
  });
}

function isSameSeries(a: OpenPublication, b: OpenPublication): boolean {
  return a.source === b.source && a.export === b.export && a.dataset === b.dataset;
}
