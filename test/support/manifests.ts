import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Anything that JSON can hold, so that a test can write what Azure never would. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A run id of its own for each number. */
export function guid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** What a test says about a current manifest; everything else is filled in. */
export type ManifestOptions = {
  readonly exportName?: string;
  readonly resourceId?: string;
  readonly type?: Json;
  readonly runId?: string;
  readonly submittedTime?: Json;
  readonly startDate?: Json;
  readonly endDate?: Json;
  readonly blobs?: readonly Json[];
  /** Replaces or adds top-level keys. */
  readonly top?: { readonly [key: string]: Json };
};

/** A manifest of version 2024-04-01: one blob of 3 bytes in the folder of 2026-05. */
export function currentManifest(options: ManifestOptions = {}): { [key: string]: Json } {
  const exportName = options.exportName ?? "daily";
  const runId = options.runId ?? guid(1);
  const blobs = options.blobs ?? [aBlob(`exports/${exportName}/20260501-20260531/${runId}/part_0_0001.csv`)];
  return {
    manifestVersion: "2024-04-01",
    byteCount: 3,
    blobCount: blobs.length,
    dataRowCount: 1,
    exportConfig: {
      exportName,
      resourceId:
        options.resourceId ??
        `/providers/Microsoft.Billing/billingAccounts/1/providers/Microsoft.CostManagement/exports/${exportName}`,
      dataVersion: "2023-12-01-preview",
      apiVersion: "2023-07-01-preview",
      type: options.type ?? "ActualCost",
      timeFrame: "MonthToDate",
      granularity: "Daily",
    },
    deliveryConfig: { partitionData: true, fileFormat: "Csv", compressionMode: "None", rootFolderPath: "exports" },
    runInfo: {
      executionType: "Scheduled",
      submittedTime: options.submittedTime ?? "2026-05-21T21:04:06.5234447Z",
      runId,
      startDate: options.startDate ?? "2026-05-01T00:00:00",
      endDate: options.endDate ?? "2026-05-21T00:00:00Z",
    },
    blobs,
    ...options.top,
  };
}

/** A blob as manifests name it: 3 bytes and one row, unless the test says otherwise. */
export function aBlob(blobName: string, counts: { readonly [key: string]: Json } = {}): Json {
  return { blobName, byteCount: 3, dataRowCount: 1, ...counts };
}

/** The path of a manifest in the current layout. */
export function manifestPath(exportName: string, period: string, runId: string): string {
  return `exports/${exportName}/${period}/${runId}/manifest.json`;
}

/** The files of one delivery in the current layout, every part with the bytes "abc". */
export function delivery(options: ManifestOptions & { period?: string; parts?: number } = {}): Files {
  const { period = "20260501-20260531", parts = 1, exportName = "daily", runId = guid(1) } = options;
  const path = manifestPath(exportName, period, runId);
  const names = Array.from({ length: parts }, (_, at) => path.replace("manifest.json", `part_${at}_0001.csv`));
  const manifest = currentManifest({ blobs: names.map((name) => aBlob(name)), ...options });
  return { ...Object.fromEntries(names.map((name) => [name, "abc"])), [path]: JSON.stringify(manifest) };
}

/** Files by their paths. */
export type Files = { readonly [path: string]: string | Buffer };

/** A directory of its own with these files, removed after the test. */
export async function folderOf(files: Files): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "billhouse-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), contents);
  }
  return root;
}
