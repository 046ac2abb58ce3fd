import { describe, expect, test } from "vitest";
import { parseDay } from "../../src/domain/month.ts";
import { compareRuleSets } from "../../src/domain/tracking-changes.ts";
import { shortRule } from "../../src/domain/tracking-rule.ts";
import type { RuleSet, TrackingRule } from "../../src/domain/tracking-rule.ts";
import { parseRuleFile, renderRuleFile, RULE_FILE_FORMATS } from "../../src/tracking-file.ts";
import { aRule } from "../support/tracking.ts";

function refusal(file: string, ...lines: readonly string[]): string[] {
  try {
    parseRuleFile(lines.join("\n"), file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.split("\n").slice(1);
  }
  return ["not refused"];
}

const SHOP: TrackingRule = {
  id: "shop",
  priority: 10,
  name: "Web shop",
  match: {
    all: [
      { field: "resource_group", operator: "wildcard", value: "rg-*-shop" },
      { not: { field: "tag:env", operator: "equals", value: "test" } },
    ],
  },
  targets: { application_service: "shop", owner: "web team" },
  validFrom: parseDay("2026-01-01"),
  validTo: null,
  enabled: false,
};

describe("a rule file", () => {
  test("in YAML has rules in full and in their short form, and the fallback", () => {
    const { rules, fallback } = parseRuleFile(
      `fallback: last_segment
rules:
  - id: shop
    priority: 10
    name: Web shop
    match:
      all:
        - { field: resource_group, operator: wildcard, value: rg-*-shop }
        - not: { field: "tag:env", operator: equals, value: test }
    targets: { application_service: shop, owner: web team }
    valid_from: 2026-01-01
    enabled: false
  - { id: 125, resource_tracking: rg-batch }
  - { id: 007, resource_tracking: 0815, priority: 3, targets: { owner: ops } }
`,
      "rules.yaml",
    );
    const ops = shortRule("007", "0815", { priority: 3 });
    expect(rules).toEqual([
      SHOP,
      shortRule("125", "rg-batch"),
      { ...ops, targets: { resource_tracking: "0815", owner: "ops" } },
    ]);
    expect(fallback).toBe("last_segment");
  });

  test("in JSON may be the bare list that there is", () => {
    const text = JSON.stringify(
      [
        { id: 125, resource_tracking: "rg-batch" },
        { id: "133", resource_tracking: "x" },
      ],
      null,
      "\t",
    );
    expect(parseRuleFile(text, "rules.json")).toEqual({
      rules: [shortRule("125", "rg-batch"), shortRule("133", "x")],
      fallback: undefined,
    });
  });

  test("in CSV has a rule in each line, with one condition, a tree as JSON, or the short form", () => {
    const { rules, fallback } = parseRuleFile(
      `\uFEFF# whose is what
# fallback: last_segment
id,resource_tracking,field,operator,value,match,target:owner,priority,name\r
125,rg-batch,,,,,,,\r
vm,,last_segment,prefix,"vm-""1"", a",,web,5,\r
not,,,,,"{""not"":{""field"":""region"",
""operator"":""equals"",""value"":""""}}",ops,,Nowhere

`,
      "rules.csv",
    );
    expect(rules).toEqual([
      shortRule("125", "rg-batch"),
      aRule({
        id: "vm",
        priority: 5,
        match: { field: "last_segment", operator: "prefix", value: 'vm-"1", a' },
        targets: { owner: "web" },
      }),
      aRule({
        id: "not",
        name: "Nowhere",
        match: { not: { field: "region", operator: "equals", value: "" } },
        targets: { owner: "ops" },
      }),
    ]);
    expect(fallback).toBe("last_segment");
  });

  test.each(RULE_FILE_FORMATS)("is written so that it is read as the same rules: %s", (format) => {
    const hostile = aRule({
      id: '#1; "x"',
      name: "a,b\n'c' 😀: -",
      match: { any: [{ field: "tag:a: b", operator: "regex", value: String.raw`^\\d+"#'$` }] },
      targets: { "a b,c": "y: no", owner: " x " },
    });
    const named = {
      ...shortRule("7", "web", { priority: 9 }),
      name: "Web",
      targets: { resource_tracking: "web", owner: "team" },
      validFrom: parseDay("2026-01-01"),
    };
    const other = { ...shortRule("8", "web"), targets: { resource_tracking: "shop" } }; // not what its text says
    const ruleSet: RuleSet = {
      rules: [SHOP, hostile, shortRule("0125", "yes"), aRule({ id: "1e3", match: SHOP.match }), named, other],
      fallback: "last_segment",
    };
    const wanted = parseRuleFile(renderRuleFile(ruleSet, format), `rules.${format}`);
    expect(wanted).toEqual(ruleSet);
    expect(compareRuleSets(ruleSet, wanted, "removed").changes.map(({ change }) => change)).toEqual(
      Array(6).fill("unchanged"),
    );
  });

  test("is written in the short form where that says it all", () => {
    const rules = [shortRule("125", "shop")];
    expect(renderRuleFile({ rules, fallback: "none" }, "yaml")).toBe(
      'fallback: none\nrules:\n  - id: "125"\n    resource_tracking: shop\n',
    );
    expect(renderRuleFile({ rules, fallback: "none" }, "csv")).toBe(
      "# fallback: none\nid,priority,name,resource_tracking,valid_from,valid_to,enabled\n125,,,shop,,,true\n",
    );
  });
});

describe("everything that is wrong is told with its place", () => {
  test("in YAML", () => {
    expect(
      refusal(
        "r.yaml",
        "fallback: first",
        "rule: []",
        "rules:",
        "  - id: 1",
        "    match: { field: resource_grup, operator: equal, value: a }",
        "    targets: {}",
        "  - id: 2",
        "    match: { all: [] }",
        "    targets: { owner: a }",
        "    valid_from: 2026-02-30",
        "  - id: 1",
        "    resource_tracking: a",
        "  - id: 3",
        "    resource_tracking: ''",
        "    colour: red",
        "    valid_from: 2026-02-01",
        "    valid_to: 2026-02-01",
        "    priority: 1.5",
        "    enabled: maybe",
        "  - match: { any: [{ not: { field: region, operator: prefix, value: '' } }], all: [] }",
        "    targets: { owner: [a] }",
        "  - 7",
        "  - id: 3",
        "    resource_tracking: b",
        "  - id: '3'",
        "    resource_tracking: b",
      ),
    ).toEqual([
      "r.yaml:1:1 fallback: expected one of none, last_segment",
      "r.yaml:2:1 rule: unknown setting; there are fallback, rules",
      "r.yaml:5:14 match.field: expected one of last_segment, resource_id, resource_name, resource_group, subscription_id, subscription_name, resource_type, region, meter_category, cost_center, or tag:<key>",
      "r.yaml:5:36 match.operator: expected one of equals, contains, prefix, suffix, wildcard, regex",
      "r.yaml:6:5 targets: expected names and texts, such as owner: platform",
      "r.yaml:8:14 match.all: expected a list of conditions that is not empty",
      "r.yaml:10:5 valid_from: expected a day like 2026-09-03, from 1970-01-01 to 2149-06-05",
      "r.yaml:11:5 id: 1 is on line 4 already",
      "r.yaml:14:5 resource_tracking: expected a text that is not empty",
      "r.yaml:15:5 colour: unknown setting; there are id, priority, name, targets, valid_from, valid_to, enabled, resource_tracking",
      "r.yaml:17:5 valid_to: expected a day behind valid_from (2026-02-01): it is the first one that does not count",
      "r.yaml:18:5 priority: expected a whole number from -2147483647 to 2147483647; the smaller one wins",
      "r.yaml:19:5 enabled: expected true or false",
      "r.yaml:20:5 id: expected digits or text of 1 to 200 characters, without blanks at its ends",
      "r.yaml:20:5 match: expected a condition (field, operator, value), or one of all, any, not",
      "r.yaml:21:16 targets.owner: expected a text",
      "r.yaml:22:5 expected a rule: a map with id, match and targets, or with id and resource_tracking",
      "r.yaml:23:5 id: 3 is on line 13 already",
      "r.yaml:25:5 id: 3 is on line 13 already",
    ]);
  });

  test("in CSV", () => {
    expect(
      refusal(
        "r.csv",
        "# fallback: x",
        "id,field,operator,value,target:owner,colour,id,match",
        "1,region,equals,a,web,,,",
        '2,region,"begins',
        'with",a,web',
        "3,,,,web,,,{",
        "1,region,equals,a,web,,,,more",
        '4,region,prefix,,"web"x,,,',
      ),
    ).toEqual([
      "r.csv:1:1 fallback: expected one of none, last_segment",
      "r.csv:2:38 colour: unknown column; there are id, priority, name, resource_tracking, valid_from, valid_to, enabled, match, field, operator, value and target:<name>",
      "r.csv:2:45 id: is a column already",
      "r.csv:4:11 match.operator: expected one of equals, contains, prefix, suffix, wildcard, regex",
      expect.stringMatching(/^r\.csv:6:12 match: expected JSON: /),
      "r.csv:7:1 id: 1 is on line 3 already",
      "r.csv:7:26 expected 8 fields as in the header, found 9",
      "r.csv:8:17 match.value: expected a text that is not empty",
      "r.csv:8:18 expected nothing between the closing quote and the divider",
    ]);
    expect(refusal("r.csv", "")).toEqual([expect.stringMatching(/^r\.csv:1:1 expected a header with the column id/)]);
    expect(refusal("r.csv", "id;resource_tracking", '1;"a')).toEqual([
      "r.csv:2:3 the quote is not closed; expected another one behind the text",
    ]);
  });

  test("where it is no YAML, no rules, or more than a rule may say", () => {
    expect(refusal("r.yaml", "rules:", " - [")).toEqual([expect.stringMatching(/^r\.yaml:\d+:\d+ /)]);
    expect(refusal("r.yaml", "rules: 5")).toEqual([
      "r.yaml:1:1 expected a list of rules, or `rules:` with one below it",
    ]);
    expect(refusal("r.yaml", "")).toEqual(["r.yaml:1:1 expected a list of rules, or `rules:` with one below it"]);
    expect(
      refusal("r.yaml", "a: &a [1,1,1,1,1]", "b: &b [*a,*a,*a,*a,*a]", "c: &c [*b,*b,*b,*b,*b]", "d: [*c,*c,*c,*c,*c]"),
    ).toEqual([expect.stringMatching(/^r\.yaml:1:1 .*alias/i)]);
    const any = `{ any: [${Array.from({ length: 17 }, (_, at) => `{ field: region, operator: equals, value: r${at} }`).join(", ")}] }`;
    const other = any.replaceAll("region", "resource_type");
    expect(refusal("r.yaml", "- id: 1", "  targets: { a: b }", `  match: { all: [${any}, ${other}] }`)).toEqual([
      "r.yaml:3:3 match: expected all and any that combine to at most 256 cases: make several rules of it",
    ]);
    const deep = `${"{ not: ".repeat(33)}{ field: region, operator: equals, value: a }${" }".repeat(33)}`;
    expect(refusal("r.yaml", "- id: 1", "  targets: { a: b }", `  match: ${deep}`)).toEqual([
      expect.stringMatching(/expected no more than 32 levels of all, any and not$/),
    ]);
    expect(() => parseRuleFile("", "rules.txt")).toThrow("rules.txt: expected a file whose name ends with .yaml");
  });
});
