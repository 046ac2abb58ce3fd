import { z } from "zod";
import type { HttpDependencies } from "../../src/http/dependencies.ts";

const Row = z.object({ word: z.string() });

/** Gives what puts dots in the place of this import's ids and moments: the next import has others. */
export async function createMask({
  warehouse,
  visibleSets,
  trackingSets,
}: Pick<HttpDependencies, "warehouse" | "visibleSets" | "trackingSets">): Promise<(text: string) => string> {
  const ids = await warehouse.rows(`
    SELECT toString(publication_id) AS word FROM publications
    UNION DISTINCT SELECT toString(load_id) FROM loads
    UNION DISTINCT SELECT toString(evaluation_id) FROM tracking_evaluations`);
  const days = await warehouse.rows(`
    SELECT DISTINCT toString(toDate(published_at)) AS word FROM publications
    UNION DISTINCT SELECT toString(toDate(started_at)) FROM tracking_evaluations`);
  const sets = await Promise.all([visibleSets.current(), trackingSets.current()]);
  const words = [...sets.map(({ id }) => id), ...ids.map((row) => Row.parse(row).word)];
  const moments = new RegExp(`(?:${days.map((row) => Row.parse(row).word).join("|")})[T ][\\d:.]+Z?`, "g");
  return (text) =>
    words
      .reduce((masked, word) => masked.replaceAll(word, "…"), text.replaceAll(moments, "…"))
      .replaceAll(/"next": "[^"]+"/g, '"next": "…"'); // a cursor names the publications
}
