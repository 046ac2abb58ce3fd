import { expect, test } from "vitest";
import { createLoadStatement } from "../../clickhouse/load-statement.ts";
import { mapHeader } from "../../src/domain/header.ts";

test("names of a file's columns enter the statement only as escaped literals", () => {
  const header = ["Date", "Cost", "it's\\", "'), now() --"];
  const statement = createLoadStatement(mapHeader(header, "actual", "part.csv"), header.length);
  expect(statement).toContain(`map('it\\'s\\\\', c2, '\\'), now() --', c3)`);
  expect(statement.replaceAll("it\\'s", "").replaceAll("\\'), now() --", "")).not.toMatch(/it's|now\(\)/);
});
