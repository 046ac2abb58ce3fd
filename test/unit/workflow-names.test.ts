import { expect, test } from "vitest";
import { parseMonth } from "../../src/domain/month.ts";
import {
  backfillId,
  backfillMonthId,
  importId,
  importRunId,
  scheduledImportId,
  scheduleId,
} from "../../src/domain/workflow-names.ts";

const month = parseMonth("2026-05");

test("ids say what a workflow is about", () => {
  expect(importId("contoso")).toBe("import/contoso");
  expect(importRunId({ source: "contoso", dataset: "actual", month, runId: "2f0e" })).toBe(
    "import/contoso/actual/2026-05/2f0e",
  );
  expect(backfillId("contoso")).toBe("backfill/contoso");
  expect(backfillMonthId("contoso", month)).toBe("backfill/contoso/2026-05");
});

test("what a schedule starts is another workflow than the import, which is its child", () => {
  expect(scheduledImportId("contoso")).toBe("scheduled/contoso");
  expect(scheduleId("contoso")).toBe("billhouse/contoso");
});
