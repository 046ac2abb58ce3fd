import { listPublications } from "../../clickhouse/publication-list.ts";
import type { ListedPublication } from "../../clickhouse/publication-list.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { formatMoment } from "../domain/moment.ts";
import { ALL_DAYS } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { countOf, formatCount } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** Which publications to list. */
export type PublicationsOptions = {
  readonly sourceName: readonly string[];
  readonly billingPeriod?: DayRange;
  readonly dataset?: string;
  readonly history: boolean;
  readonly json: boolean;
};

const COLUMNS: readonly Column<ListedPublication>[] = [
  { title: "published (UTC)", value: ({ publishedAt }) => formatMoment(publishedAt) },
  { title: "source", value: ({ source }) => source },
  { title: "export", value: ({ exportName }) => exportName },
  { title: "dataset", value: ({ dataset }) => dataset },
  { title: "month", value: ({ month }) => month },
  { title: "run", value: ({ runId }) => runId },
  { title: "submitted (UTC)", value: ({ submittedAt }) => formatMoment(submittedAt) },
  { title: "rows", value: ({ rows }) => formatCount(rows), align: "right" },
  { title: "state", value: stateOf },
];

/** Lists what is visible, and with `history` what was. */
export const listPublished: Command<PublicationsOptions> = (context, options) =>
  readWarehouse(context, async (warehouse) => {
    const { sourceName, billingPeriod = ALL_DAYS, dataset = "", history, json } = options;
    const days = { first_day: billingPeriod.first, last_day: billingPeriod.last };
    const publications = await listPublications(warehouse, { sources: sourceName, dataset, history, ...days });
    context.print(json ? JSON.stringify({ publications }, null, 2) : describe(publications));
    return EXIT.done;
  });

function describe(publications: readonly ListedPublication[]): string {
  if (publications.length > 0) return formatTable(COLUMNS, publications);
  return "Nothing is published. `billhouse import` publishes what sources hold.";
}

function stateOf({ state, isCurrent, silentDays }: ListedPublication): string {
  if (state !== "published") return state;
  if (!isCurrent) return "replaced";
  return silentDays === 0
    ? "answers"
    : `answers, but for ${countOf(silentDays, "subscription day")} that another export answers`;
}
