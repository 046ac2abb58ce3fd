import { type DayRange, lastDayOf, monthOf } from "../domain/month.ts";
import type { Dataset } from "../domain/run.ts";

/** One run of an export: where Azure puts it and what its manifest says. */
export type Delivery = {
  readonly exportName: string;
  /** The Azure Resource Manager scope that the export belongs to. */
  readonly scope: string;
  readonly dataset: Dataset;
  readonly dataVersion: string;
  readonly days: DayRange;
  readonly runId: string;
  /** When Azure was asked for the run, with 7 digits of a second: 2026-06-01T04:12:31.7047394Z. */
  readonly submittedAt: string;
  /** One folder per month with the newest run, or one per run. */
  readonly layout: "overwrite" | "create-new";
  readonly rootFolder: string;
  readonly gzip: boolean;
};

/** One written part, as the manifest lists it. */
export type WrittenPart = { readonly path: string; readonly byteCount: number; readonly rowCount: number };

/** The manifest of a run, in the shape "2024-04-01". */
export type Manifest = ReturnType<typeof manifestOf>;

const TYPES = { actual: "ActualCost", amortized: "AmortizedCost", usage: "Usage", focus: "FocusCost" } as const;

/** The folder of the run, which also holds its manifest. */
export function folderOf(delivery: Delivery): string {
  const { rootFolder, exportName, days, layout, submittedAt, runId } = delivery;
  const month = `${monthOf(days.first)}-01-${lastDayOf(monthOf(days.first))}`.replaceAll("-", "");
  const period = `${month.slice(0, 8)}-${month.slice(8)}`;
  const minute = submittedAt.slice(0, 16).replace(/[-T:]/g, "");
  return [rootFolder, exportName, period, ...(layout === "create-new" ? [minute] : []), runId].join("/");
}

/** Where the part with that number (from 0) is put. */
export function partPathOf(delivery: Delivery, index: number): string {
  return `${folderOf(delivery)}/part_${index}_0001.csv${delivery.gzip ? ".gz" : ""}`;
}

/** Where the manifest is put. */
export function manifestPathOf(delivery: Delivery): string {
  return `${folderOf(delivery)}/manifest.json`;
}

/** What Azure writes after the parts. */
export function manifestOf(delivery: Delivery, parts: readonly WrittenPart[]) {
  const isMonthToDate = delivery.days.last !== lastDayOf(monthOf(delivery.days.first));
  return {
    manifestVersion: "2024-04-01",
    byteCount: sumOf(parts.map(({ byteCount }) => byteCount)),
    blobCount: parts.length,
    dataRowCount: sumOf(parts.map(({ rowCount }) => rowCount)),
    exportConfig: {
      exportName: delivery.exportName,
      resourceId: `${delivery.scope}/providers/Microsoft.CostManagement/exports/${delivery.exportName}`,
      dataVersion: delivery.dataVersion,
      apiVersion: "2023-07-01-preview",
      type: TYPES[delivery.dataset],
      timeFrame: isMonthToDate ? "MonthToDate" : "TheLastMonth",
      granularity: "Daily",
    },
    deliveryConfig: {
      partitionData: true,
      dataOverwriteBehavior: delivery.layout === "overwrite" ? "OverwritePreviousReport" : "CreateNewReport",
      fileFormat: "Csv",
      compressionMode: delivery.gzip ? "gzip" : "None",
      containerUri:
        "/subscriptions/0aaaaaaa-1111-2222-3333-444444444444/resourceGroups/rg-finops/providers/Microsoft.Storage/storageAccounts/contosoexports",
      rootFolderPath: delivery.rootFolder,
    },
    runInfo: {
      executionType: "Scheduled",
      submittedTime: delivery.submittedAt,
      runId: delivery.runId,
      startDate: `${delivery.days.first}T00:00:00`,
      endDate: `${delivery.days.last}T00:00:00Z`,
    },
    blobs: parts.map(({ path, byteCount, rowCount }) => ({ blobName: path, byteCount, dataRowCount: rowCount })),
  };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
