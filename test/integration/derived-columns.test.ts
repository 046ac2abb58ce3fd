import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { DERIVED_COLUMNS } from "../../src/domain/derived-columns.ts";
import { DERIVED_CASES, type Derived } from "../support/derived-cases.ts";
import { aRun } from "../support/exports.ts";
import { openInbox, type Inbox } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

/** The derived columns that are null where they do not apply. */
const NULLABLE = DERIVED_COLUMNS.filter(({ kind }) => kind === "text" || kind === "number").map(({ name }) => name);
const LINES = DERIVED_CASES.map(({ line }) => line);

/** What is derived of every row of an inbox, without nulls. */
async function derivedOf(inbox: Inbox): Promise<Derived[]> {
  const rows = await inbox.select(...NULLABLE);
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)));
}

describe("real texts, in an EA file", () => {
  let inbox: Inbox;
  let found: Derived[];
  beforeAll(async () => {
    inbox = await openInbox(warehouse);
    await inbox.deliver(aRun({ dataset: "actual", lines: LINES }));
    found = await derivedOf(inbox);
  });
  afterAll(async () => inbox.source.remove());

  test("there are as many rows as cases, and enough of them", () => {
    expect(found).toHaveLength(DERIVED_CASES.length);
    expect(DERIVED_CASES.length).toBeGreaterThan(180);
  });

  test.each(DERIVED_CASES.map(({ title, derived }, index) => ({ title, derived, index })))(
    "$title",
    ({ derived, index }) => {
      expect(found[index]).toEqual(derived);
    },
  );
});
