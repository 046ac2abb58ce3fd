import { type Day, type DayRange, parseDay } from "../domain/month.ts";
import { createEstate } from "./estate.ts";
import { createRandom } from "./random.ts";
import type { ExportRun } from "./write-export.ts";

/** The folder of the container, below which the demo's exports are put. */
export const DEMO_ROOT = "exports";

const MAY: DayRange = { first: parseDay("2026-05-01"), last: parseDay("2026-05-31") };
const REDELIVERED_ON = ["2026-05-29", "2026-05-30", "2026-05-31"].map(parseDay);

/** The data rows of the demo's exports unless another number is asked for. */
export const DEMO_ROWS = 195_400;

/**
 * What a company's exports of a month look like: one EA account with actual figures delivered on three days and
 * amortized ones, one MCA profile, one pay-as-you-go subscription, and one account with FOCUS. No two accounts share a
 * subscription, so nothing answers for anything else. The rows come close to the number asked for.
 */
export function demoRuns(rows: number): readonly ExportRun[] {
  const ea = createEstate({ seed: "demo-ea", agreement: "ea", currency: "EUR", subscriptions: 8, resources: 600 });
  const mca = createEstate({ seed: "demo-mca", agreement: "mca", currency: "USD", subscriptions: 5, resources: 400 });
  const mosp = createEstate({ seed: "demo-mosp", agreement: "mosp", currency: "GBP", subscriptions: 1, resources: 60 });
  const focus = createEstate({
    seed: "demo-focus",
    agreement: "mca",
    currency: "EUR",
    subscriptions: 4,
    resources: 400,
  });
  const perDay = Math.max(1, Math.round((1_000 * rows) / DEMO_ROWS));
  const eaColumns = "ea-2023-12-01-preview";
  const actual = { exportName: "ea-actual", estate: ea, dataset: "actual", columns: eaColumns, parts: 2 } as const;
  return [
    ...REDELIVERED_ON.map((last) => runOf(actual, { first: MAY.first, last }, last, perDay)),
    runOf({ ...actual, exportName: "ea-amortized", dataset: "amortized", parts: 1 }, MAY, MAY.last, perDay),
    runOf(
      { exportName: "mca-actual", estate: mca, dataset: "actual", columns: "mca-2023-12-01-preview", parts: 1 },
      MAY,
      parseDay("2026-06-05"),
      perDay,
    ),
    runOf(
      { exportName: "payg-usage", estate: mosp, dataset: "usage", columns: "mosp-2019-11-01", parts: 1 },
      MAY,
      MAY.last,
      Math.ceil(0.4 * perDay),
    ),
    runOf(
      { exportName: "focus", estate: focus, dataset: "focus", columns: "focus-1.0r2", parts: 1 },
      MAY,
      MAY.last,
      perDay,
    ),
  ];
}

type What = Pick<ExportRun, "exportName" | "estate" | "dataset" | "columns" | "parts">;

function runOf(what: What, days: DayRange, deliveredOn: Day, rowsPerDay: number): ExportRun {
  return {
    ...what,
    days,
    rows: rowsPerDay * Number(days.last.slice(8)),
    runId: createRandom(`run/${what.exportName}/${deliveredOn}`).guid(),
    submittedAt: `${deliveredOn}T18:04:51.7047394Z`,
    layout: "create-new",
    rootFolder: DEMO_ROOT,
    gzip: true,
    level: 6,
    bom: false,
    eol: "\r\n",
  };
}
