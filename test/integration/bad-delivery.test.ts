import { rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import type { Store } from "../../src/sources/store.ts";
import { aRun, type RenderedRun } from "../support/exports.ts";
import { aFile, anInbox, failureOf, outcomeOf } from "../support/imports.ts";
import { AGAIN, DAY, GOOD, later, NUMBER, rows } from "../support/small-file.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

test("a broken re-delivery leaves the run before it in place", async () => {
  const inbox = await anInbox(warehouse);
  const first = aRun({ dataset: "actual", lines: [{ cost: "1.25" }] });
  await inbox.deliver(first);
  const second = aFile(gzipSync(rows(GOOD)).subarray(0, -20), later(first));
  expect(failureOf(await inbox.deliver(second), second).name).toBe("FileError");
  expect(await inbox.select("cost_in_billing_currency")).toEqual([{ cost_in_billing_currency: "1.25" }]);
  const third = aRun({ dataset: "actual", lines: [{ cost: "2.5" }, { cost: "3" }], ...later(second) });
  await inbox.deliver(third);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("5.5");
});

test("of a run of two parts of which one is broken, nothing is published", async () => {
  const inbox = await anInbox(warehouse);
  const run = aRun({ dataset: "actual", parts: 2, lines: [{ cost: "1" }, { cost: "2" }] });
  const broken = run.withPart(1, gzipSync((run.texts[1] ?? "").replace(",2,", ",two,")));
  const failure = failureOf(await inbox.deliver(broken), broken);
  expect(failure.message).toMatch(/part_1_0001\.csv\.gz:2 \(record 1\) CostInBillingCurrency: "two" is not a number/);
  expect(await inbox.select("line")).toEqual([]);
});

describe("of a manifest", () => {
  test("whose count of a part differs, the part and both counts are named", async () => {
    const inbox = await anInbox(warehouse);
    const good = aRun({ dataset: "actual", parts: 2, lines: [{}, {}, {}, {}, {}] });
    const run = good.withManifest((manifest) => ({
      ...manifest,
      blobs: manifest.blobs.map((blob, at) => ({ ...blob, dataRowCount: at === 0 ? 3 : 2 })),
    }));
    expect(failureOf(await inbox.deliver(run), run)).toEqual({
      name: "ReconciliationError",
      message: `${run.partPaths[0]}: the manifest announces 3 rows, but there are 2. ${AGAIN}`,
    });
    expect(await inbox.select("line")).toEqual([]);
    await inbox.deliver(aRun({ dataset: "actual", lines: [{ cost: "1" }], ...later(run) }));
    expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("1");
  });

  test("whose count of the run differs, the manifest and both counts are named", async () => {
    const inbox = await anInbox(warehouse);
    const good = aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "2" }] });
    const run = good.withManifest(({ blobs, ...manifest }) => ({
      ...manifest,
      dataRowCount: 3,
      blobs: blobs.map(({ blobName, byteCount }) => ({ blobName, byteCount })),
    }));
    expect(failureOf(await inbox.deliver(run), run)).toEqual({
      name: "ReconciliationError",
      message: `${run.manifestPath}: the manifest announces 3 rows, but there are 2. ${AGAIN}`,
    });
    expect(await inbox.select("line")).toEqual([]);
  });

  test("that says nothing of rows, or null, nothing is expected; 0 is a number", async () => {
    const inbox = await anInbox(warehouse);
    const lines = [{ cost: "1" }];
    const unknown = aRun({ dataset: "actual", exportName: "unknown", lines }).withManifest(
      ({ blobs, ...manifest }) => ({
        ...manifest,
        dataRowCount: null,
        blobs: blobs.map((blob) => ({ ...blob, dataRowCount: null })),
      }),
    );
    const zero = aRun({ dataset: "actual", exportName: "zero", lines }).withManifest((manifest) => ({
      ...manifest,
      dataRowCount: 0,
    }));
    const report = await inbox.deliver(unknown, zero);
    expect(outcomeOf(report, unknown).outcome).toBe("imported");
    expect(failureOf(report, zero).message).toContain("the manifest announces 0 rows, but there are 1.");
  });

  test("that names a missing blob, or one of another size, the run is not begun", async () => {
    const inbox = await anInbox(warehouse);
    const missing = aRun({ dataset: "actual", exportName: "missing", parts: 2, lines: [{}, {}] }).withoutPart(1);
    const wrong = aRun({ dataset: "actual", exportName: "wrong-size", lines: [{}] }).withManifest((manifest) => ({
      ...manifest,
      blobs: manifest.blobs.map((blob) => ({ ...blob, byteCount: 17 })),
    }));
    const { runs, problems } = await inbox.deliver(missing, wrong);
    expect(runs).toEqual([]);
    expect(problems.map(({ message }) => message).toSorted()).toEqual([
      expect.stringContaining(`${missing.manifestPath}: names the blob "${missing.partPaths[1]}"`) as string,
      expect.stringContaining(`${wrong.manifestPath}: says 17 bytes for ${wrong.partPaths[0]}, which has `) as string,
    ]);
    await inbox.deliver(
      aRun({ dataset: "actual", exportName: "missing", parts: 2, lines: [{ cost: "1" }, { cost: "2" }] }),
    );
    expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("3");
  });
});

test("manifests of one month with the same time and different files name each other, and none is taken", async () => {
  const inbox = await anInbox(warehouse);
  const submittedAt = "2026-06-02T04:00:00.1234567Z";
  const elder = aRun({ dataset: "actual", submittedAt: "2026-06-01T04:00:00.0000000Z", lines: [{ cost: "1" }] });
  const [one, other] = ["2", "3"].map((cost) =>
    aRun({ dataset: "actual", submittedAt, runId: `${cost}aaaaaaa-0000-4000-8000-000000000000`, lines: [{ cost }] }),
  ) as [RenderedRun, RenderedRun];
  const { runs, problems } = await inbox.deliver(elder, one, other);
  expect(runs.map(({ runId, outcome }) => [runId, outcome])).toEqual([[elder.runId, "imported"]]);
  expect(problems.map(({ message }) => message)).toEqual([
    `${one.manifestPath} and ${other.manifestPath}: were submitted at the same moment but hold different files, ` +
      "so none of them can be taken for the newer: remove the ones that are wrong",
  ]);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("1");
});

test("a manifest that is no JSON, of 50 MB, or with a path that leads elsewhere stops no other run", async () => {
  const inbox = await anInbox(warehouse);
  const [good, noJson, huge, above, outside, elsewhere] = [0, 1, 2, 3, 4, 5].map((at) =>
    aRun({ dataset: "actual", exportName: `export-${at}`, lines: [{ cost: "1" }] }),
  ) as [RenderedRun, RenderedRun, RenderedRun, RenderedRun, RenderedRun, RenderedRun];
  const names = (run: RenderedRun, blobName: string) =>
    run.withManifest((manifest) => ({ ...manifest, blobs: manifest.blobs.map((blob) => ({ ...blob, blobName })) }));
  await writeFile(join(inbox.source.path, "..", "outside.csv"), rows(GOOD));
  await noJson.writeTo(inbox.source.path);
  await writeFile(join(inbox.source.path, noJson.manifestPath), '{"blobs": [');
  await huge.writeTo(inbox.source.path);
  await writeFile(join(inbox.source.path, huge.manifestPath), Buffer.alloc(50_000_000, "[ "));
  const url = "https://other.blob.core.windows.net/exports/part.csv";
  const { runs, problems } = await inbox.deliver(
    good,
    names(above, "exports/../../outside.csv"),
    names(outside, "/etc/passwd"),
    names(elsewhere, url),
  );
  expect(runs.map(({ runId, outcome }) => [runId, outcome])).toEqual([[good.runId, "imported"]]);
  expect(problems.map(({ message }) => message).toSorted()).toEqual([
    `${noJson.manifestPath}: is not JSON: run the export again, or move the file away`,
    `${huge.manifestPath}: has 50000000 bytes, more than any manifest (limit 8388608): move it away`,
    leadsElsewhere(above, "exports/../../outside.csv"),
    leadsElsewhere(outside, "/etc/passwd"),
    leadsElsewhere(elsewhere, url),
  ]);
  await rm(join(inbox.source.path, "..", "outside.csv"));
});

describe("a source that allows rejects", () => {
  const lines = [{ cost: "1" }, { cost: "abc" }, { cost: "2" }, { date: "no day", cost: "4" }, { cost: "8" }];

  test("is told what they would have cost, by currency, in all their digits, where it can be read", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 10 });
    const tiny = "0.000000000000000000000000000001";
    const bad = { date: "no day" };
    const actual = aRun({
      dataset: "actual",
      parts: 2,
      lines: [
        { cost: "1" },
        { ...bad, cost: tiny },
        { ...bad, cost: "-3" },
        { ...bad, cost: "1.2.3" },
        { ...bad, cost: `0.${"0".repeat(30)}1` },
        { ...bad, cost: "5e1", currency: "EUR" },
        { cost: "abc", currency: "CHF" },
      ],
    });
    const amortized = aRun({ dataset: "amortized", lines: [{ ...bad, cost: "7" }] });
    const focus = aRun({ dataset: "focus", lines: [{ ...bad, cost: "8", effectiveCost: "9" }] });
    const report = await inbox.deliver(actual, amortized, focus);
    expect(outcomeOf(report, actual)).toMatchObject({
      report: {
        rowsLoaded: 1,
        rowsRejected: 6,
        rejects: [
          { billing_currency: "CHF", rows: 1, rows_without_cost: 1, total: "0" },
          { billing_currency: "EUR", rows: 1, rows_without_cost: 0, total: "50" },
          { billing_currency: "USD", rows: 4, rows_without_cost: 2, total: new Big(tiny).minus(3).toFixed() },
        ],
      },
    });
    expect(outcomeOf(report, amortized)).toMatchObject({ report: { rejects: [{ rows: 1, total: "7" }] } });
    expect(outcomeOf(report, focus)).toMatchObject({ report: { rejects: [{ rows: 1, total: "8" }] } });
  });

  test("publishes the rest, and keeps the rejects with their reason and text", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 2 });
    const run = aRun({ dataset: "actual", lines });
    expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({
      outcome: "imported",
      report: { rowsLoaded: 3, rowsRejected: 2, totals: [{ billing_currency: "USD", actual: "11" }] },
    });
    expect((await inbox.select("line")).map((row) => row["line"])).toEqual(["1", "3", "5"]);
    const rejected = await warehouse.rows(
      `SELECT line, reason, text, toString(cost) AS cost, billing_currency FROM rejected_rows
      WHERE load_id IN (SELECT load_id FROM current_loads WHERE source = {source:String}) ORDER BY line`,
      { source: inbox.source.name },
    );
    expect(rejected).toEqual([
      {
        line: "2",
        reason: `CostInBillingCurrency: "abc" ${NUMBER}`,
        text: expect.stringContaining('"abc"') as string,
        cost: null,
        billing_currency: "USD",
      },
      {
        line: "4",
        reason: `Date: "no day" ${DAY}`,
        text: expect.stringContaining('"no day"') as string,
        cost: "4",
        billing_currency: "USD",
      },
    ]);
  });

  test("publishes nothing when there is one more, and names the first ones", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 1 });
    const run = aRun({ dataset: "actual", lines });
    const path = run.partPaths[0];
    expect(failureOf(await inbox.deliver(run), run)).toEqual({
      name: "RejectedRowsError",
      message:
        `${path}:3 (record 2) CostInBillingCurrency: "abc" ${NUMBER}; ${path}:5 (record 4) Date: "no day" ${DAY}. ` +
        "2 rows cannot be used, the source allows 1. Nothing was published. " +
        "Deliver the run again, or raise the source's rejectLimit to import the rest.",
    });
    expect(await inbox.select("line")).toEqual([]);
  });

  test("does not forgive a file that is broken", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 1000 });
    const run = aFile(rows(GOOD, "x", GOOD));
    expect(failureOf(await inbox.deliver(run), run).message).toContain(
      ':3 (record 2) the header has 7 fields, this record 1: CostInBillingCurrency and what follows is missing in "x".',
    );
    expect(await inbox.select("line")).toEqual([]);
  });
});

function leadsElsewhere(run: RenderedRun, name: string): string {
  return `${run.manifestPath}: names the blob "${name}", which is no path inside the container: find out who wrote this manifest`;
}

test("a part that changes while it is read is read anew, and only its new bytes count", async () => {
  const inbox = await anInbox(warehouse);
  const text = rows(...Array.from({ length: 40_000 }, () => GOOD));
  const run = aFile(text, { gzip: false });
  await run.writeTo(inbox.source.path);
  const path = join(inbox.source.path, run.partPaths[0] ?? "");
  let opened = 0;
  const openStore = (): Store => {
    const store = createFolderStore(inbox.source.path);
    return {
      ...store,
      async open(file, signal) {
        const stream = await store.open(file, signal);
        if (file.path === run.partPaths[0] && ++opened === 1) {
          await writeFile(path, text.replaceAll(",1.5,", ",2.5,"));
          await utimes(path, 0, 0);
        }
        return stream;
      },
    };
  };
  const report = await importAll(warehouse, inbox.source.name, {}, openStore);
  expect(opened).toBe(2);
  expect(report.runs.map(({ outcome }) => outcome)).toEqual(["imported"]);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("100000");
});
