import { expect, test } from "vitest";
import { readRule } from "../../src/domain/tracking-read.ts";

test("a target whose name JavaScript has for itself is refused: it would be lost when rules are read", () => {
  const rule: unknown = JSON.parse(
    '{"id": 1, "resource_tracking": "shop", "targets": {"__proto__": "web", "owner": "web"}}',
  );
  const said: string[] = [];
  expect(readRule(rule, [], (path, message) => said.push(`${path.join(".")}: ${message}`))).toBeUndefined();
  expect(said).toEqual(["targets.__proto__: expected another name: JavaScript has this one for itself"]);
});
