import { type Day, type DayRange, daysOfMonth, parseDay, parseMonth } from "../domain/month.ts";
import { createEstate } from "./estate.ts";
import { createRandom } from "./random.ts";
import type { ExportRun } from "./write-export.ts";

/** The folder of the container, below which the demo's exports are put. */
export const DEMO_ROOT = "exports";

const APRIL = daysOfMonth(parseMonth("2026-04"));
const MAY = daysOfMonth(parseMonth("2026-05"));
const REDELIVERED_ON = ["2026-05-29", "2026-05-30", "2026-05-31"].map(parseDay);
/** By then the invoice is written. */
const [AFTER_APRIL, AFTER_MAY] = [parseDay("2026-05-05"), parseDay("2026-06-05")];

/** The data rows of the demo's exports unless another number is asked for. */
export const DEMO_ROWS = 195_400;

/**
 * What a company's exports of a month look like: one EA account with actual figures delivered on three days and
 * amortized ones, one MCA profile, one pay-as-you-go subscription, and one account with FOCUS. No two accounts share a
 * subscription, so nothing answers for anything else. The rows come close to the number asked for.
 */
export function demoRuns(rows: number): readonly ExportRun[] {
  const { actual, amortized, mca, payg, focus } = demoExports();
  const perDay = Math.max(1, Math.round((1_000 * rows) / DEMO_ROWS));
  return [
    ...REDELIVERED_ON.map((last) => runOf(actual, { first: MAY.first, last }, last, perDay)),
    runOf(amortized, MAY, MAY.last, perDay),
    runOf(mca, MAY, AFTER_MAY, perDay),
    runOf(payg, MAY, MAY.last, perDay),
    runOf(focus, MAY, MAY.last, perDay),
  ];
}

/**
 * Two months of the same exports, as they arrived: April, then May as of its last day but one, then all of May. Imported
 * one after the other they leave something to compare May with.
 */
export function demoDeliveries(rowsPerDay: number): readonly (readonly ExportRun[])[] {
  const { actual, amortized, ...others } = demoExports();
  const accounts = [actual, amortized];
  const rest = Object.values(others);
  const earlier: DayRange = { first: MAY.first, last: parseDay("2026-05-30") };
  return [
    [...accounts, ...rest].map((what) => runOf(what, APRIL, AFTER_APRIL, rowsPerDay)),
    accounts.map((what) => runOf(what, earlier, earlier.last, rowsPerDay)),
    [
      ...accounts.map((what) => runOf(what, MAY, MAY.last, rowsPerDay)),
      ...rest.map((what) => runOf(what, MAY, AFTER_MAY, rowsPerDay)),
    ],
  ];
}

/** The exports and what they are about. */
function demoExports() {
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
  const ofEa = { estate: ea, columns: "ea-2023-12-01-preview", share: 1 } as const;
  return {
    actual: { ...ofEa, exportName: "ea-actual", dataset: "actual", parts: 2 },
    amortized: { ...ofEa, exportName: "ea-amortized", dataset: "amortized", parts: 1 },
    mca: {
      exportName: "mca-actual",
      estate: mca,
      dataset: "actual",
      columns: "mca-2023-12-01-preview",
      parts: 1,
      share: 1,
    },
    payg: {
      exportName: "payg-usage",
      estate: mosp,
      dataset: "usage",
      columns: "mosp-2019-11-01",
      parts: 1,
      share: 0.4,
    },
    focus: { exportName: "focus", estate: focus, dataset: "focus", columns: "focus-1.0r2", parts: 1, share: 1 },
  } satisfies Record<string, What>;
}

type What = Pick<ExportRun, "exportName" | "estate" | "dataset" | "columns" | "parts"> & {
  /** How many rows it has, beside the others. */
  readonly share: number;
};

function runOf({ share, ...what }: What, days: DayRange, deliveredOn: Day, rowsPerDay: number): ExportRun {
  return {
    ...what,
    days,
    rows: Math.ceil(share * rowsPerDay) * Number(days.last.slice(8)),
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
