import { appendFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OverwrittenError } from "../../src/domain/errors.ts";
import { parseBillingPeriod } from "../../src/domain/month.ts";
import { discoverRuns } from "../../src/sources/discover.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import type { Store } from "../../src/sources/store.ts";
import { aBlob, currentManifest, delivery, type Files, folderOf, guid, manifestPath } from "../support/manifests.ts";

const SOURCE = { name: "archive" };
const PATH = manifestPath("daily", "20260501-20260531", guid(1));
const FOLDER = `exports/daily/20260501-20260531`;

test("a delivery in the current layout becomes a run with all of its parts", async () => {
  const { runs, ...rest } = await discover(delivery({ parts: 12 }));
  expect(rest).toEqual({ problems: [], skipped: [], warnings: [], leftoverCount: 0 });
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    source: "archive",
    exportName: "daily",
    dataset: "actual",
    month: "2026-05",
    runId: guid(1),
    submittedAt: "2026-05-21T21:04:06.5234447Z",
    days: { first: "2026-05-01", last: "2026-05-21" },
    manifestPath: PATH,
    declaredRowCount: 1,
  });
  expect(runs[0]?.parts.map((part) => part.path)).toEqual(
    Array.from({ length: 12 }, (_, at) => PATH.replace("manifest.json", `part_${at}_0001.csv`)),
  );
  expect(runs[0]?.parts[0]).toMatchObject({ byteCount: 3, declaredByteCount: 3, declaredRowCount: 1 });
});

test("several exports, months and runs below one folder are found side by side, in order of time", async () => {
  const { runs, problems } = await discover({
    ...delivery({ runId: guid(2), submittedTime: "2026-05-22T21:04:06.0000000Z" }),
    ...delivery({ runId: guid(1) }),
    ...delivery({ runId: guid(3), period: "20260401-20260430", startDate: "2026-04-01", endDate: "2026-04-30" }),
    ...delivery({ exportName: "amortized", type: "AmortizedCost", runId: guid(4) }),
    ...delivery({ exportName: "focus", type: "FocusCost", runId: guid(5) }),
  });
  expect(problems).toEqual([]);
  expect(runs.map((run) => [run.exportName, run.dataset, run.month, run.runId])).toEqual([
    ["amortized", "amortized", "2026-05", guid(4)],
    ["daily", "actual", "2026-04", guid(3)],
    ["daily", "actual", "2026-05", guid(1)],
    ["daily", "actual", "2026-05", guid(2)],
    ["focus", "focus", "2026-05", guid(5)],
  ]);
});

test.each([
  ["overwrite", `exports/daily/20260501-20260531/${guid(1)}`],
  ["create new", `exports/daily/20260501-20260531/202605212104/${guid(1)}`],
  ["period before the export's name", `exports/20260501-20260531/daily/${guid(1)}`],
  ["no folders of Azure's", "exports/current"],
])("the layout %s is found", async (_, folder) => {
  const name = `${folder}/part_0_0001.csv`;
  const { runs, problems } = await discover({
    [name]: "abc",
    [`${folder}/manifest.json`]: JSON.stringify(currentManifest({ blobs: [aBlob(name)] })),
  });
  expect(problems).toEqual([]);
  expect(runs.map((run) => [run.runId, run.parts.map((part) => part.path)])).toEqual([[guid(1), [name]]]);
});

test("a partitioned export of 2022 is found by its folders", async () => {
  const folder = `billing/team/20220901-20220930/202209151030/${guid(7)}`;
  const blobs = [{ blobName: `${folder}/000001.csv`, byteCount: 3 }];
  const { runs, warnings } = await discover({
    [`${folder}/000001.csv`]: "abc",
    [`${folder}/_manifest.json`]: JSON.stringify({ manifestVersion: "2021-01-01", blobCount: 1, blobs }),
  });
  expect(runs).toMatchObject([
    { export: "billing/team", month: "2022-09", runId: guid(7), submittedAt: "2022-09-15T10:30:00.0000000Z" },
  ]);
  expect(warnings).toHaveLength(1);
});

test("where nothing says when a run was submitted, it is when its manifest was written", async () => {
  const manifest = currentManifest({
    top: { runInfo: { runId: guid(1), startDate: "2026-05-01", endDate: "2026-05-31" } },
  });
  const root = await folderOf({ ...delivery(), [PATH]: JSON.stringify(manifest) });
  await utimes(join(root, PATH), new Date("2026-05-22T10:00:00.500Z"), new Date("2026-05-22T10:00:00.500Z"));
  const { runs } = await discoverRuns(SOURCE, createFolderStore(root));
  expect(runs[0]?.submittedAt).toBe("2026-05-22T10:00:00.5000000Z");
});

test("single files without a manifest are runs of their export, the newest file the newest run", async () => {
  const path = (number: number) => `exports/Daily-Amortized/20190501-20190531/Daily-Amortized_${guid(number)}.csv`;
  const root = await folderOf({ [path(1)]: "abc", [path(2)]: "abcd", [`${path(3)}.gz`]: "abcde" });
  await utimes(join(root, path(2)), new Date("2019-05-03T00:00:00Z"), new Date("2019-05-03T00:00:00Z"));
  await utimes(join(root, path(1)), new Date("2019-05-04T00:00:00Z"), new Date("2019-05-04T00:00:00Z"));
  const { runs, problems } = await discoverRuns(SOURCE, createFolderStore(root));
  expect(problems).toEqual([]);
  expect(runs.map((run) => [run.runId, run.parts[0]?.byteCount])).toEqual([
    [guid(2), 4],
    [guid(1), 3],
    [guid(3), 5],
  ]);
  expect(runs[0]).toMatchObject({
    export: "exports/daily-amortized",
    exportName: "Daily-Amortized",
    dataset: "amortized",
    month: "2019-05",
    days: { first: "2019-05-01", last: "2019-05-31" },
    submittedAt: "2019-05-03T00:00:00.0000000Z",
    manifestPath: null,
    declaredRowCount: null,
  });
});

test("a single Parquet file without a manifest is a run, too", async () => {
  const paths = [`daily_${guid(1)}.parquet`, `daily_${guid(2)}.snappy.parquet`].map(
    (name) => `exports/daily/20190501-20190531/${name}`,
  );
  const root = await folderOf(Object.fromEntries(paths.map((path) => [path, "PAR1"])));
  for (const [day, path] of paths.entries()) await utimes(join(root, path), day, day); // two of one moment are refused
  const { runs, skipped } = await discoverRuns(SOURCE, createFolderStore(root));
  expect(runs.map((run) => run.runId).toSorted()).toEqual([guid(1), guid(2)]);
  expect(skipped).toEqual([]);
});

test("a manifest of Parquet files is read like any other", async () => {
  const manifest = currentManifest({
    blobs: [aBlob(`exports/daily/20260501-20260531/${guid(1)}/part_0_0001.snappy.parquet`)],
    top: { deliveryConfig: { partitionData: true, fileFormat: "Parquet", compressionMode: "Snappy" } },
  });
  const folder = `exports/daily/20260501-20260531/${guid(1)}`;
  const { runs, problems } = await discover({
    [`${folder}/part_0_0001.snappy.parquet`]: "PAR",
    [`${folder}/manifest.json`]: JSON.stringify(manifest),
  });
  expect(problems).toEqual([]);
  expect(runs[0]?.parts.map((part) => part.path)).toEqual([`${folder}/part_0_0001.snappy.parquet`]);
});

test("two exports that share a folder without manifests stay two exports", async () => {
  const { runs } = await discover({
    [`exports/20190501-20190531/one_${guid(1)}.csv`]: "abc",
    [`exports/20190501-20190531/two_${guid(2)}.csv`]: "abc",
  });
  expect(runs.map((run) => run.export)).toEqual(["exports/one", "exports/two"]);
});

test("data files without a manifest in a run's folder are passed over and reported", async () => {
  const { runs, skipped } = await discover({
    [`${FOLDER}/${guid(1)}/part_0_0001.csv.gz`]: "abc",
    [`${FOLDER}/${guid(1)}/daily_${guid(1)}.csv`]: "abc",
    [`${FOLDER}/download.csv`]: "abc",
    "exports/readme.txt": "hello",
  });
  expect(runs).toEqual([]);
  expect(skipped.map((each) => each.message)).toEqual([
    `${FOLDER}/${guid(1)}: 2 data files without a manifest: not finished yet, or left over`,
    `${FOLDER}: 1 data file without a manifest: not finished yet, or left over`,
  ]);
});

test("files beside a manifest that it does not name are leftovers", async () => {
  const stale = PATH.replace("manifest.json", "part_9_0001.csv");
  const { runs, leftoverCount, skipped } = await discover({ ...delivery(), [stale]: "old" });
  expect(runs[0]?.parts).toHaveLength(1);
  expect([leftoverCount, skipped]).toEqual([1, []]);
});

test("a price sheet is passed over with its type and is no problem", async () => {
  const path = `exports/prices/${guid(1)}/manifest.json`;
  const { runs, problems, skipped } = await discover({
    [path]: JSON.stringify({ exportConfig: { type: "PriceSheet" }, blobs: [] }),
    [path.replace("manifest.json", "part_0_0001.csv")]: "abc",
  });
  expect([runs, problems]).toEqual([[], []]);
  expect(skipped).toEqual([{ place: path, message: `${path}: an export of type PriceSheet, which holds no costs` }]);
});

test("one bad manifest of every kind is reported and stops no other", async () => {
  const bad = (number: number) => manifestPath("bad", "20260501-20260531", guid(number));
  const gone = bad(3).replace("manifest.json", "part_0_0001.csv");
  const short = bad(4).replace("manifest.json", "part_0_0001.csv");
  const { runs, problems } = await discover({
    ...delivery(),
    [bad(1)]: "not JSON",
    [bad(2)]: Buffer.alloc(8 * 1024 * 1024 + 1, " "),
    [bad(3)]: JSON.stringify(currentManifest({ exportName: "bad", runId: guid(3), blobs: [aBlob(gone)] })),
    [bad(4)]: JSON.stringify(currentManifest({ exportName: "bad", runId: guid(4), blobs: [aBlob(short)] })),
    [short]: "ab",
    [bad(5)]: JSON.stringify(currentManifest({ exportName: "bad", runId: guid(5), top: { blobCount: 7 } })),
  });
  expect(runs.map((run) => run.runId)).toEqual([guid(1)]);
  expect(problems.map((problem) => problem.place)).toEqual([1, 2, 3, 4, 5].map(bad));
  expect(problems.every((problem) => problem.message.startsWith(`${problem.place}: `))).toBe(true);
  for (const [at, reason] of [
    "is not JSON",
    "has 8388609 bytes, more than any manifest",
    `names the blob ${JSON.stringify(gone)}, which the source's folder does not hold`,
    `says 3 bytes for ${short}, which has 2`,
    "says blobCount 7 but names 1",
  ].entries()) {
    expect(problems[at]?.message).toContain(reason);
  }
});

test.each([
  ["as written", "exports/run/part.csv", "exports/run/manifest.json", "exports/run/part.csv"],
  ["without stray spaces", " exports/ run/part.csv", "exports/manifest.json", "exports/run/part.csv"],
  ["with spaces that belong to it", "exports /run/part.csv", "exports /manifest.json", "exports /run/part.csv"],
  ["with the container's name before it", "costs/exports/run/part.csv", "manifest.json", "exports/run/part.csv"],
  ["beside a manifest that was copied elsewhere", "exports/run/part.csv", "copy/manifest.json", "copy/part.csv"],
  ["in a folder that begins further down", "root/exports/run/part.csv", "run/manifest.json", "run/part.csv"],
])("a blob is found %s", async (_, blobName, manifest, file) => {
  const { runs, problems } = await discover({
    [file]: "abc",
    [manifest]: JSON.stringify(currentManifest({ blobs: [aBlob(blobName)] })),
  });
  expect(problems).toEqual([]);
  expect(runs[0]?.parts.map((part) => part.path)).toEqual([file]);
});

test("two blobs that turn out to be one file are refused, so that nothing counts twice", async () => {
  const blobs = [aBlob("exports/a/part.csv"), aBlob("exports/b/part.csv")];
  const { runs, problems } = await discover({
    "copy/part.csv": "abc",
    "copy/manifest.json": JSON.stringify(currentManifest({ blobs })),
  });
  expect(runs).toEqual([]);
  expect(problems).toMatchObject([
    { message: expect.stringContaining("two of its blobs are the same file") as string },
  ]);
});

test("a run over more than one month is a problem, since it is published whole for one", async () => {
  const { runs, problems } = await discover(
    delivery({ startDate: "2026-04-15T00:00:00", endDate: "2026-05-14T00:00:00Z" }),
  );
  expect(runs).toEqual([]);
  expect(problems.map((problem) => problem.message)).toEqual([
    expect.stringContaining("covers 2026-04-15 to 2026-05-14, more than one month: run the export once for each month"),
  ]);
});

test("the same run delivered twice is one run", async () => {
  const { runs, problems } = await discover({ ...delivery(), ...moved(delivery(), "copy") });
  expect(problems).toEqual([]);
  expect(runs.map((run) => run.manifestPath)).toEqual([`copy/${PATH}`]);
});

test("two runs submitted at the same moment with different files are ambiguous, and older ones stay", async () => {
  const { runs, problems } = await discover({
    ...delivery({ runId: guid(1), submittedTime: "2026-05-20T00:00:00Z" }),
    ...delivery({ runId: guid(2) }),
    ...delivery({ runId: guid(3) }),
  });
  const paths = [2, 3].map((number) => manifestPath("daily", "20260501-20260531", guid(number)));
  expect(runs.map((run) => run.runId)).toEqual([guid(1)]);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toContain(`${paths.join(" and ")}: were submitted at the same moment`);
});

test("the same run id with different files is ambiguous", async () => {
  const other = { submittedTime: "2026-05-22T00:00:00Z", parts: 2 };
  const { runs, problems } = await discover({ ...delivery(), ...moved(delivery(other), "copy") });
  expect(runs).toEqual([]);
  expect(problems).toMatchObject([{ message: expect.stringContaining("have the same run id") as string }]);
});

test("only runs that cover a day of the billing period are returned, and only their manifests are read", async () => {
  const files = {
    ...delivery({ runId: guid(1), period: "20260401-20260430", startDate: "2026-04-01", endDate: "2026-04-30" }),
    ...delivery({ runId: guid(2) }),
    ...moved(delivery({ runId: guid(3), startDate: "2026-03-01", endDate: "2026-03-31" }), "unsorted", [
      "exports/daily/20260501-20260531",
      "x",
    ]),
    [manifestPath("daily", "20260601-20260630", guid(4))]: "not JSON",
    [`exports/old/20260601-20260630/old_${guid(5)}.csv`]: "abc",
  };
  const { runs, problems, skipped } = await discover(files, "20260510-20260520");
  expect(runs.map((run) => run.runId)).toEqual([guid(2)]);
  expect([problems, skipped]).toEqual([[], []]);
  expect((await discover(files, "2026-06")).problems).toHaveLength(1);
});

test("a folder that is overwritten while its manifests are read is listed again", async () => {
  const root = await folderOf(delivery());
  const real = createFolderStore(root);
  let opened = 0;
  const store: Store = {
    ...real,
    async open(file, signal) {
      opened++;
      if (opened === 1) await overwrite(root, delivery({ runId: guid(2), submittedTime: "2026-05-22T00:00:00Z" }));
      return real.open(file, signal);
    },
  };
  const { runs, problems } = await discoverRuns(SOURCE, store);
  expect([runs.map((run) => run.runId), problems, opened]).toEqual([[guid(2)], [], 2]);
});

test("a folder that never holds still ends in a clear error after three listings", async () => {
  const root = await folderOf(delivery());
  const real = createFolderStore(root);
  let opened = 0;
  const store: Store = {
    ...real,
    async open(file, signal) {
      opened++;
      await appendFile(join(root, PATH), " ");
      return real.open(file, signal);
    },
  };
  const error: unknown = await discoverRuns(SOURCE, store).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OverwrittenError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^\/.*: changed during each of 3 listings: wait/) as string,
  });
  expect(opened).toBe(3);
});

test("an aborted discovery ends with the reason", async () => {
  const store = createFolderStore(await folderOf(delivery()));
  const reason = new Error("enough");
  await expect(discoverRuns(SOURCE, store, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("five hundred manifests are read without opening a data file", async () => {
  const files: Record<string, string | Buffer> = {};
  for (let number = 1; number <= 500; number++) {
    Object.assign(
      files,
      delivery({ runId: guid(number), submittedTime: `2026-05-21T21:04:06.${String(number).padStart(7, "0")}Z` }),
    );
  }
  const real = createFolderStore(await folderOf(files));
  const opened: string[] = [];
  let open = 0;
  let most = 0;
  const store: Store = {
    ...real,
    async open(file, signal) {
      opened.push(file.path);
      most = Math.max(most, ++open);
      const stream = await real.open(file, signal);
      stream.once("close", () => open--);
      return stream;
    },
  };
  const { runs } = await discoverRuns(SOURCE, store);
  expect(runs.map((run) => run.runId)).toEqual(Array.from({ length: 500 }, (_, at) => guid(at + 1)));
  expect(opened.every((path) => path.endsWith("manifest.json"))).toBe(true);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});

async function discover(files: Files, billingPeriod?: string) {
  const period = billingPeriod === undefined ? undefined : parseBillingPeriod(billingPeriod);
  return discoverRuns(SOURCE, createFolderStore(await folderOf(files)), { billingPeriod: period });
}

/** The files of a delivery below another folder, with one part of their paths replaced. */
function moved(files: Files, folder: string, [from, to]: readonly [string, string] = ["", ""]): Files {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path.replace(from, to)}`, text]));
}

/** Replaces everything below a folder, as an export that overwrites does. */
async function overwrite(root: string, files: Files): Promise<void> {
  const fresh = await folderOf(files);
  await rm(join(root, "exports"), { recursive: true });
  await rename(join(fresh, "exports"), join(root, "exports"));
  await writeFile(join(root, "exports", ".written"), "");
}
