import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../support/cli.ts";
import { aRun } from "../support/exports.ts";

test("import and reconcile show how many rows were rejected, and their cost", async ({ cli }) => {
  const day = { date: "no day" };
  const run = aRun({
    dataset: "actual",
    lines: [{ cost: "1" }, { ...day, cost: "0.10" }, { ...day, cost: "0.2" }, { ...day, cost: "4", currency: "EUR" }],
  });
  const unreadable = aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "2" }, { cost: "1,234.56" }] });
  for (const each of [run, unreadable]) await each.writeTo(join(cli.dir, "exports"));
  await cli.run("sources", "add", "contoso", "--path", "exports", "--reject-limit", "3");

  const imported = await cli.run("import");
  expect(imported.stdout).toContain("1 USD, 3 rows rejected (4 EUR, 0.3 USD)");
  expect(imported.stdout).toContain("2 USD, 1 row rejected (the cost of 1 row cannot be read)");
  const { code, stdout } = await cli.run("reconcile");
  expect(code).toBe(0);
  expect(stdout).toContain(`2026-05, run ${run.runId}: 3 rows rejected (4 EUR, 0.3 USD).`);
  expect(stdout).toContain(`2026-04, run ${unreadable.runId}: 1 row rejected (the cost of 1 row cannot be read).`);
  expect(await cli.json("reconcile", "--run-id", run.runId)).toMatchObject({
    runs: [
      {
        rowsRejected: 3,
        rowDifference: 0,
        rejects: [
          { billing_currency: "EUR", rows: 1, rows_without_cost: 0, total: "4" },
          { billing_currency: "USD", rows: 2, rows_without_cost: 0, total: "0.3" },
        ],
      },
    ],
  });
});
