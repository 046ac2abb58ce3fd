import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COLUMN_SETS, type ColumnSetName } from "../../src/demo/column-set.ts";

const DOCUMENTED_COUNTS: Readonly<Record<ColumnSetName, number>> = {
  "ea-2023-12-01-preview": 55,
  "ea-2021-10-01": 55,
  "ea-portal": 55,
  "mca-2023-12-01-preview": 65,
  "mosp-2019-11-01": 24,
  "focus-1.0r2": 96,
};

test.each(Object.keys(DOCUMENTED_COUNTS) as ColumnSetName[])("%s has the documented columns in their order", (name) => {
  const documented = readFileSync(new URL(`../fixtures/headers/${name}.csv`, import.meta.url), "utf8");
  const names = COLUMN_SETS[name].columns.map((column) => column.name);

  expect(names.join(",")).toBe(documented.trimEnd());
  expect(names).toHaveLength(DOCUMENTED_COUNTS[name]);
});
