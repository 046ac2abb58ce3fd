import { join } from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import { test } from "../support/cli.ts";
import type { TestCli } from "../support/cli.ts";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";

const [ONE, TWO] = ["1caaa5a3-2b66-438e-8ab4-bce37d518c5d", "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d"] as const;
const Publications = z.object({
  publications: z.array(z.object({ publicationId: z.string(), publishedAt: z.string(), state: z.string() })),
});

async function importRuns(cli: TestCli, ...runs: readonly RenderedRun[]): Promise<void> {
  await cli.run("sources", "add", "contoso", "--path", "exports", "--reject-limit", "1");
  for (const run of runs) {
    await run.writeTo(join(cli.dir, "exports"));
    await cli.run("import");
  }
}

/** May as it was delivered on that day of June. */
function may(day: number, lines: Parameters<typeof aRun>[0]["lines"]): RenderedRun {
  return aRun({ dataset: "actual", submittedAt: `2026-06-0${day}T04:00:00.0000000Z`, lines });
}

test("rejects shows the rows that a run was published without and those for which one was refused", async ({ cli }) => {
  const published = may(2, [{ cost: "1" }, { cost: "2", quantity: "1,5" }]);
  const lines = [{ cost: "3" }, { cost: 'a "b"' }, { cost: "x" }];
  const refused = aRun({ dataset: "actual", month: "2026-04", lines });
  await importRuns(cli, published, refused);
  await cli.run("import"); // tries the refused one again: only its last attempt counts

  const { code, stdout, stderr } = await cli.run("rejects");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`daily-actual actual 2026-05, run ${published.runId}, published without them\n`);
  expect(stdout).toContain(`daily-actual actual 2026-04, run ${refused.runId}, not published\n`);
  expect(stdout).toContain(`${refused.partPaths[0]} record 3: CostInBillingCurrency: "x" is not a number`);
  expect(stdout).toMatch(/Quantity: … is not a number .* +1 +2 USD\n/);
  expect(stdout).toMatch(/CostInBillingCurrency: … is not a number .* +2 +2 unreadable\n/);
  expect(stdout).toMatch(/3 rows rejected\.\n$/);

  expect(await cli.json("rejects", "--month", "2026-05")).toMatchObject({
    total: 1,
    totals: [{ currency: "USD", rows: 1, rowsWithoutCost: 0, total: "2" }],
    rows: [{ source: "contoso", runId: published.runId, isPublished: true, record: 2, cost: "2", currency: "USD" }],
  });
  expect(await cli.json("rejects", "--run-id", refused.runId.toUpperCase(), "--limit", "1")).toMatchObject({
    total: 2,
    rows: [{ isPublished: false, record: 2, cost: null, text: expect.stringContaining('"a ""b"""') as string }],
  });
  expect((await cli.run("rejects", "--limit", "1")).stdout).toContain("2 of them not shown; --limit shows more");
  expect((await cli.run("rejects", "--month", "2026-01")).stdout).toBe("No row was rejected.\n");
  expect((await cli.run("rejects", "--source-name", "nobody")).code).toBe(2);
});

test("diff shows what changed since the publication before, exactly, by subscription, meter and day", async ({
  cli,
}) => {
  await importRuns(
    cli,
    may(2, [
      { cost: "1", subscriptionId: ONE },
      { cost: "5", subscriptionId: TWO, date: "2026-05-02" },
      { cost: "7", currency: "EUR" },
    ]),
    may(3, [
      { cost: "1", subscriptionId: ONE },
      { cost: "5.0000000000000000000000001", subscriptionId: TWO, date: "2026-05-02" },
      { cost: "0.25", subscriptionId: TWO, date: "2026-05-03" },
      { cost: "7", currency: "EUR" },
    ]),
  );
  expect(await cli.json("diff", "2026-05")).toMatchObject({
    incomparable: [],
    comparisons: [
      {
        source: "contoso",
        exportName: "daily-actual",
        dataset: "actual",
        rows: { added: 2, removed: 1 },
        totals: [
          { metric: "actual", currency: "EUR", before: "7", after: "7", difference: "0", rowsBefore: 1, rowsAfter: 1 },
          {
            currency: "USD",
            before: "6",
            after: "6.2500000000000000000000001",
            difference: "0.2500000000000000000000001",
          },
        ],
        changes: {
          subscription: [{ line: TWO, before: "5", difference: "0.2500000000000000000000001", changedLines: 1 }],
          meter: [{ currency: "USD", difference: "0.2500000000000000000000001" }],
          day: [
            { line: "2026-05-03", before: "0", after: "0.25", rowsBefore: 0, rowsAfter: 1, changedLines: 2 },
            { line: "2026-05-02", difference: "0.0000000000000000000000001" },
          ],
        },
      },
    ],
  });
  const { stdout } = await cli.run("diff", "2026-05", "--by", "day", "--limit", "1");
  expect(stdout).toMatch(/2026-05-03 +actual +USD +0 +0\.25 +\+0\.25 +0 +1\n/);
  expect(stdout).toContain("and 1 day more in actual USD");
  expect(stdout).not.toContain(ONE);
});

test("diff compares the publications and moments that are asked for", async ({ cli }) => {
  await importRuns(cli, ...[1, 2, 3].map((day) => may(day, [{ cost: `${day}` }])));
  const { publications } = Publications.parse(await cli.json("publications", "--history"));
  const [first, second] = publications;
  const difference = async (...argv: string[]) =>
    z
      .object({
        comparisons: z.array(z.object({ totals: z.array(z.object({ before: z.string(), after: z.string() })) })),
      })
      .parse(await cli.json("diff", "2026-05", ...argv))
      .comparisons.flatMap(({ totals }) => totals.map(({ before, after }) => [before, after]));
  expect(await difference()).toEqual([["2", "3"]]);
  expect(await difference("--from", first?.publicationId ?? "")).toEqual([["1", "3"]]);
  expect(await difference("--to", second?.publicationId ?? "")).toEqual([["1", "2"]]);
  expect(await difference("--from", first?.publishedAt ?? "", "--to", second?.publishedAt ?? "")).toEqual([["1", "2"]]);
  expect(await difference("--dataset", "actual", "--source-name", "contoso")).toEqual([["2", "3"]]);
});

test("diff says so when there is nothing to compare, or what was there is pruned", async ({ cli }) => {
  await importRuns(cli, may(1, [{ cost: "1" }]));
  const alone = await cli.run("diff", "2026-05");
  expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining("there is only one publication") as string });
  expect(await cli.run("diff", "2026-04")).toMatchObject({ code: 2 });
  await importRuns(cli, may(2, [{ cost: "2" }]));
  await cli.run("prune", "--keep", "1");
  expect((await cli.run("diff", "2026-05")).stdout).toMatch(/the publication of .* was pruned: its rows are gone\.\n$/);
});

test("prune says what it frees, changes nothing in a dry run, and what is left reconciles", async ({ cli }) => {
  const runs = [1, 2, 3, 4, 5].map((day) => may(day, [{ cost: `${day}` }]));
  await importRuns(cli, ...runs);
  const dry = await cli.run("prune", "--dry-run");
  expect(dry.stdout).toMatch(/contoso +2026-05 +2 +2 +2 +0 +[\d.]+ k?B\n/);
  expect(dry.stdout).toMatch(/2 loads with 2 rows would be dropped, .*\.\nNothing was changed \(dry run\)\.\n$/);
  expect(await cli.json("prune")).toMatchObject({
    dryRun: false,
    keep: 3,
    freed: [{ source: "contoso", month: "2026-05", publications: 2, loads: 2, rows: 2, rejectedRows: 0 }],
  });
  expect((await cli.run("prune")).stdout).toBe("There is nothing to prune.\n");
  const { publications } = Publications.parse(await cli.json("publications", "--history"));
  expect(publications.map(({ state }) => state)).toEqual(["pruned", "pruned", "published", "published", "published"]);
  const reconciled = await cli.run("reconcile", "--all");
  expect(reconciled).toMatchObject({ code: 0, stdout: expect.stringContaining("3 runs reconciled") as string });
  expect((await cli.run("import")).stdout).toContain("5 skipped (5 already imported)");
  const [first] = runs;
  const withdrawn = await cli.run("withdraw", "-s", "contoso", "-r", first?.runId ?? "");
  expect(withdrawn).toMatchObject({ code: 2, stderr: expect.stringContaining("no such run") as string });
  expect((await cli.run("prune", "--source-name", "nobody")).code).toBe(2);
});
