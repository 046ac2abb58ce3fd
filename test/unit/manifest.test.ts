import { expect, test } from "vitest";
import { ManifestError } from "../../src/domain/errors.ts";
import { type CostManifest, parseManifest } from "../../src/sources/manifest.ts";
import { aBlob, currentManifest, guid, type Json, manifestPath, type ManifestOptions } from "../support/manifests.ts";

const PATH = manifestPath("daily", "20260501-20260531", guid(1));

test("a current manifest tells the export, the run, its days and its blobs", () => {
  expect(parseCosts(currentManifest())).toEqual({
    kind: "costs",
    export: "/providers/microsoft.billing/billingaccounts/1/providers/microsoft.costmanagement/exports/daily",
    exportName: "daily",
    dataset: "actual",
    dataVersion: "2023-12-01-preview",
    runId: guid(1),
    submittedAt: "2026-05-21T21:04:06.5234447Z",
    days: { first: "2026-05-01", last: "2026-05-21" },
    rowCount: 1,
    blobs: [{ name: PATH.replace("manifest.json", "part_0_0001.csv"), byteCount: 3, rowCount: 1 }],
    warnings: [],
  });
});

test("a manifest of the preview without version and counts leaves the counts unknown", () => {
  const { manifestVersion, byteCount, blobCount, dataRowCount, ...rest } = currentManifest({
    blobs: [{ blobName: "exports/part_0_0001.csv", byteCount: 3 }],
  });
  expect([manifestVersion, byteCount, blobCount, dataRowCount]).toEqual(["2024-04-01", 3, 1, 1]);
  const manifest = parseCosts(rest);
  expect(manifest.rowCount).toBeNull();
  expect(manifest.blobs).toEqual([{ name: "exports/part_0_0001.csv", byteCount: 3, rowCount: null }]);
  expect(manifest.warnings).toEqual([]);
});

test("a manifest of 2021 takes run, days, time and export from its folders", () => {
  const manifest = parseCosts(
    manifestOf2021(),
    `billing/Team-Actual/20230901-20230930/202309151030/${guid(7)}/_manifest.json`,
  );
  expect(manifest).toMatchObject({
    export: "billing/team-actual",
    exportName: "Team-Actual",
    dataset: "actual",
    dataVersion: null,
    runId: guid(7),
    submittedAt: "2023-09-15T10:30:00.0000000Z",
    days: { first: "2023-09-01", last: "2023-09-30" },
    rowCount: 12,
    blobs: [{ name: "billing/000001.csv", byteCount: 3, rowCount: 12 }],
  });
  expect(manifest.warnings).toEqual([
    expect.stringContaining("does not say which costs it holds; taken for actual") as string,
  ]);
});

test("a manifest of 2021 outside of a run's folder takes the run id from the name of its file", () => {
  const json = { ...manifestOf2021(), blobs: [{ blobName: `billing/team_${guid(8).toUpperCase()}.csv` }] };
  const manifest = parseCosts(json, "billing/team/20230901-20230930/_manifest.json");
  expect(manifest.runId).toBe(guid(8));
  expect(manifest.submittedAt).toBeNull();
});

test.each([
  ["exports/monthly-Amortised/20260501-20260531", "amortized"],
  ["exports/amortized/20260501-20260531", "amortized"],
  ["exports/focus-cost/20260501-20260531", "focus"],
  ["exports/usage/20260501-20260531", "usage"],
  ["amortized/team/20260501-20260531", "amortized"],
  ["amortized/team-actual/20260501-20260531", "actual"],
  ["exports/daily/20260501-20260531", "actual"],
])("without a type, files in %s are taken for %s", (folder, dataset) => {
  expect(parseCosts(manifestOf2021(), `${folder}/${guid(1)}/_manifest.json`).dataset).toBe(dataset);
});

test.each([
  ["Usage", "usage"],
  ["actualcost", "actual"],
  ["AMORTIZEDCOST", "amortized"],
  ["FocusCost", "focus"],
])("the type %s is the dataset %s", (type, dataset) => {
  expect(parseCosts(currentManifest({ type })).dataset).toBe(dataset);
});

test.each(["PriceSheet", "ReservationDetails", "ReservationRecommendations", "ReservationTransactions"])(
  "a manifest of %s holds no costs, whatever else it says",
  (type) => {
    const json = JSON.stringify({ exportConfig: { type } });
    expect(parseManifest(json, `exports/other/${guid(1)}/manifest.json`)).toEqual({ kind: "other", type });
  },
);

test.each<[Json, number | null]>([
  [null, null],
  [0, 0],
  [12, 12],
  ["12", 12],
])("dataRowCount %j means %j rows", (dataRowCount, rowCount) => {
  const blobs = [{ blobName: "exports/part_0_0001.csv", byteCount: 3, dataRowCount }];
  const manifest = parseCosts(currentManifest({ blobs, top: { dataRowCount } }));
  expect([manifest.rowCount, manifest.blobs[0]?.rowCount]).toEqual([rowCount, rowCount]);
});

test("the blobs' rows are added up where the manifest has no total, if each has some", () => {
  const blobs = (second: Json) => [aBlob("a.csv", { dataRowCount: 2 }), aBlob("b.csv", { dataRowCount: second })];
  const top = { dataRowCount: null };
  expect(parseCosts(currentManifest({ blobs: blobs(3), top })).rowCount).toBe(5);
  expect(parseCosts(currentManifest({ blobs: blobs(null), top })).rowCount).toBeNull();
});

test.each<[Json, Json]>([
  ["2026-05-01T00:00:00", "2026-05-31T00:00:00"],
  ["2026-05-01T00:00:00", "2026-05-31T00:00:00Z"],
  ["2026-05-01T00:00:00", "2026-05-31T00:00:00+00:00"],
  ["2026-05-01", "2026-05-31"],
])("the dates %s and %s are the first and last day of May, in any zone", (startDate, endDate) => {
  const days = parseCosts(currentManifest({ startDate, endDate })).days;
  expect(days).toEqual({ first: "2026-05-01", last: "2026-05-31" });
});

test.each([
  ["2026-05-21T21:04:06.5234447Z", "2026-05-21T21:04:06.5234447Z"],
  ["2026-05-21T21:04:06.5Z", "2026-05-21T21:04:06.5000000Z"],
  ["2026-05-21T21:04:06Z", "2026-05-21T21:04:06.0000000Z"],
  ["2026-05-21T21:04:06.123456789Z", "2026-05-21T21:04:06.1234567Z"],
  ["2026-05-21T21:04:06.5234447", "2026-05-21T21:04:06.5234447Z"],
  ["2026-05-21T23:04:06.5234447+02:00", "2026-05-21T21:04:06.5234447Z"],
])("the submitted time %s is kept to the last digit", (submittedTime, submittedAt) => {
  expect(parseCosts(currentManifest({ submittedTime })).submittedAt).toBe(submittedAt);
});

test("the version of the columns is compared without spaces and case", () => {
  const exportConfig = { type: "FocusCost", dataVersion: "1.0-Preview (v1)" };
  expect(parseCosts(currentManifest({ top: { exportConfig } })).dataVersion).toBe("1.0-preview(v1)");
});

test("an unknown manifestVersion is read with a warning", () => {
  const manifest = parseCosts(currentManifest({ top: { manifestVersion: "2031-01-01" } }));
  expect(manifest.runId).toBe(guid(1));
  expect(manifest.warnings).toEqual([expect.stringContaining('"2031-01-01"') as string]);
});

test("a byte order mark before the JSON does no harm", () => {
  expect(parseManifest(`\uFEFF${JSON.stringify(currentManifest())}`, PATH).kind).toBe("costs");
});

test("a manifest without blobs is an empty run only when it says 0 rows", () => {
  expect(parseCosts(currentManifest({ blobs: [], top: { dataRowCount: 0 } })).blobs).toEqual([]);
  expect(() => parseCosts(currentManifest({ blobs: [], top: { dataRowCount: null } }))).toThrow(ManifestError);
});

test.each([
  "../secret/part.csv",
  "exports/../../part.csv",
  "exports/ .. /part.csv",
  "exports\\..\\part.csv",
  "/etc/passwd",
  " /etc/passwd",
  "\\\\server\\share",
  "https://other.blob.core.windows.net/exports/part.csv",
  "file:///etc/passwd",
])("a blob named %j is refused", (name) => {
  expect(() => parseCosts(currentManifest({ blobs: [aBlob(name)] }))).toThrow("no path inside the container");
});

test.each<[string, ManifestOptions, string]>([
  ["has another blobCount", { top: { blobCount: 2 } }, "says blobCount 2 but names 1"],
  ["names a blob twice", { blobs: [aBlob("a.csv"), aBlob("a.csv")] }, "the same blob twice"],
  ["has no blobs", { top: { blobs: null } }, "blobs: "],
  ["has a blob without a name", { blobs: [{ byteCount: 3 }] }, "blobs.0.blobName: "],
  ["has a negative count", { blobs: [aBlob("a.csv", { byteCount: -1 })] }, "blobs.0.byteCount: expected a count"],
  ["has a time that is none", { submittedTime: "yesterday" }, 'submittedTime "yesterday"'],
  ["has days that do not exist", { startDate: "2026-02-30T00:00:00" }, "2026-02-30 to 2026-05-21"],
  ["ends before it starts", { endDate: "2026-04-30T00:00:00Z" }, "2026-05-01 to 2026-04-30"],
])("a manifest that %s is refused with its path and what to do", (_, options, reason) => {
  expect(messageOf(() => parseCosts(currentManifest(options)))).toMatch(
    new RegExp(`^${escaped(PATH)}: .*${escaped(reason)}.*: run the export again$`),
  );
});

test.each([
  ["no JSON", "{", "is not JSON"],
  ["JSON of another kind", "[]", "top: "],
])("text that is %s is refused", (_, text, reason) => {
  expect(messageOf(() => parseManifest(text, PATH))).toContain(`${PATH}: `);
  expect(messageOf(() => parseManifest(text, PATH))).toContain(reason);
});

test("without run id or days, neither in the manifest nor in the folders, it says which are missing", () => {
  const json = JSON.stringify(currentManifest({ top: { runInfo: null } }));
  expect(messageOf(() => parseManifest(json, "exports/manifest.json"))).toContain("no runInfo.runId");
  expect(messageOf(() => parseManifest(json, `exports/${guid(1)}/manifest.json`))).toContain(
    "no runInfo.startDate and endDate, and no folder like 20260501-20260531",
  );
});

function manifestOf2021(): { [key: string]: Json } {
  return {
    manifestVersion: "2021-01-01",
    dataFormat: "csv",
    blobCount: 1,
    byteCount: 3,
    dataRowCount: 12,
    blobs: [{ blobName: "billing/000001.csv", byteCount: 3, dataRowCount: 12, headerRowCount: 1, contentMD5: "x" }],
  };
}

function parseCosts(json: Json, path = PATH): CostManifest {
  const manifest = parseManifest(JSON.stringify(json), path);
  if (manifest.kind !== "costs") throw new Error(`not costs but ${manifest.type}`);
  return manifest;
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
