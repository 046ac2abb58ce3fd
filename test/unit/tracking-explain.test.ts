import { expect, test } from "vitest";
import { parseDay } from "../../src/domain/month.ts";
import { explainMatch, explainRules } from "../../src/domain/tracking-explain.ts";
import { shortRule } from "../../src/domain/tracking-rule.ts";
import type { Condition, Match, TrackingField, TrackingRule } from "../../src/domain/tracking-rule.ts";

const DAY = parseDay("2026-05-15");

function is(value: string, field: TrackingField = "last_segment"): Condition {
  return { field, operator: "equals", value };
}

/** Says why a match does or does not hold where the conditions with these values hold, each by its value. */
function why(match: Match, ...values: readonly string[]) {
  const { isMatch, ...conditions } = explainMatch(match, ({ value }) => values.includes(value));
  const names = (list: readonly Condition[]) => list.map(({ value }) => value).join(" ");
  return {
    isMatch,
    matched: names(conditions.matched),
    missed: names(conditions.missed),
    hindered: names(conditions.hindered),
  };
}

function aRule(id: string, rest: Partial<TrackingRule> = {}): TrackingRule {
  const match = rest.match ?? is("vm");
  return {
    id,
    priority: 100,
    name: id,
    match,
    targets: {},
    validFrom: null,
    validTo: null,
    enabled: true,
    ...rest,
  };
}

function outcomes(rules: readonly TrackingRule[], winner: string, ...values: readonly string[]) {
  const holds = ({ value }: Condition) => values.includes(value);
  return explainRules(rules, { day: DAY, winner, holds }).map(({ outcome }) => outcome);
}

test("a rule matches by the conditions that hold, and misses those that had to", () => {
  const both = { all: [is("a"), is("b")] };
  expect(why(both, "a", "b")).toEqual({ isMatch: true, matched: "a b", missed: "", hindered: "" });
  expect(why(both, "a")).toEqual({ isMatch: false, matched: "", missed: "b", hindered: "" });
  expect(why({ any: [is("a"), is("b")] }, "b")).toMatchObject({ isMatch: true, matched: "b" });
  expect(why({ any: [is("a"), is("b")] })).toMatchObject({ isMatch: false, missed: "a b" });
});

test("a condition that holds and must not is what hinders a rule", () => {
  const match = { all: [is("a"), { not: { any: [is("b"), is("c")] } }] };
  expect(why(match, "a", "c")).toEqual({ isMatch: false, matched: "", missed: "", hindered: "c" });
  expect(why(match, "a")).toEqual({ isMatch: true, matched: "a", missed: "", hindered: "" });
  expect(why({ not: { all: [is("a"), is("b")] } }, "a")).toMatchObject({ isMatch: true, hindered: "" });
  expect(why({ not: { not: is("a") } })).toMatchObject({ isMatch: false, missed: "a" });
});

test("a condition that decides twice is told once", () => {
  expect(why({ any: [is("a"), { all: [is("a"), is("b")] }] }, "a", "b")).toMatchObject({ matched: "a b" });
});

test("a rule loses by priority, else by its field, else by its id", () => {
  const group = is("group", "resource_group");
  const rules = [
    aRule("1", { priority: 5 }),
    aRule("2", { priority: 10 }),
    aRule("3", { priority: 5, match: group }),
    aRule("4", { priority: 5 }),
  ];
  expect(outcomes(rules, "1", "vm", "group")).toEqual(["won", "lost by priority", "lost by field", "lost by id"]);
});

test("a rule of several fields counts by its most specific one", () => {
  const short = shortRule("125", "aks", { priority: 7 });
  const only = aRule("126", { priority: 7, match: is("aks", "resource_group") });
  const [first, second] = explainRules([short, only], { day: DAY, winner: "125", holds: () => true });
  expect(first).toMatchObject({ outcome: "won", field: "last_segment" });
  expect(second).toMatchObject({ outcome: "lost by field", field: "resource_group" });
});

test("a rule that matches by what does not hold loses against one that has a field", () => {
  const [, loser] = explainRules([aRule("2"), aRule("1", { match: { not: is("other") } })], {
    day: DAY,
    winner: "2",
    holds: ({ value }) => value === "vm",
  });
  expect(loser).toMatchObject({ outcome: "lost by field", field: null });
});

test("a rule that is disabled, or does not hold on the day, says so before anything else", () => {
  const rules = [
    aRule("1", { enabled: false }),
    aRule("2", { validFrom: parseDay("2026-05-16") }),
    aRule("3", { validTo: DAY }),
    aRule("4", { validFrom: DAY, validTo: parseDay("2026-05-16") }),
    aRule("5", { match: is("else") }),
  ];
  expect(outcomes(rules, "4", "vm")).toEqual(["disabled", "not valid", "not valid", "won", "did not match"]);
});
