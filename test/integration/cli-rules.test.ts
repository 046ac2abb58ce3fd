import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../support/cli.ts";
import type { TestCli } from "../support/cli.ts";
import { aRun } from "../support/exports.ts";
import { ACTUAL, BATCH, linesOf, sumOf, WEB } from "../support/tracking-scene.ts";

const RULES = `fallback: none
rules:
  - id: 125
    resource_tracking: vm-web
  - id: 133
    resource_tracking: rg-web
  - id: batch
    name: Night jobs
    priority: 50
    match:
      all:
        - { field: last_segment, operator: wildcard, value: "aks-*-vmss" }
        - not: { field: "tag:env", operator: equals, value: dev }
    targets: { owner: night, environment: prod }
`;
const WEB_COST = sumOf(ACTUAL, ({ resource, date }) => resource === WEB && date?.startsWith("2026-05") === true);
const BATCH_COST = sumOf(ACTUAL, ({ resource }) => resource === BATCH);

async function importMay(cli: TestCli): Promise<void> {
  const run = aRun({ dataset: "actual", lines: linesOf(ACTUAL, "2026-05") });
  await run.writeTo(join(cli.dir, "exports"));
  await cli.run("sources", "add", "contoso", "--path", "exports");
  expect((await cli.run("import")).code).toBe(0);
}

async function write(cli: TestCli, name: string, text: string): Promise<string> {
  await writeFile(join(cli.dir, name), text);
  return name;
}

test("a rule file is written whole, resources are assigned at once, and the file again changes nothing", async ({
  cli,
}) => {
  await importMay(cli);
  const file = await write(cli, "rules.yaml", RULES);
  expect((await cli.run("rules", "list")).stdout).toContain("There are no rules yet.");
  expect((await cli.run("rules", "coverage")).stderr).toContain("no rules were EVALUATED yet");

  const dry = await cli.run("rules", "apply", "-f", file, "--dry-run");
  expect(dry.stdout).toMatch(/^added {6}125 vm-web\n.*\nadded {6}batch Night jobs\n3 rules: 3 added\.\nNothing was/s);
  expect(await cli.json("rules", "list")).toMatchObject({ rules: [] });

  const first = await cli.run("rules", "apply", "-f", file);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(
    /3 rules: 3 added\.\nAssigned 4 resources in .* s: 2 with a rule, 2 without, 1 conflict\./,
  );
  const again = await cli.run("rules", "apply", "-f", file);
  expect(again.stdout).toContain("3 rules: 3 unchanged.\nEvery resource is assigned already.");
  const { stdout: list } = await cli.run("rules", "list");
  expect(list.match(/^(batch|125|133) /gm)).toEqual(["batch ", "125 ", "133 "]);
  expect(list).toContain('last_segment wildcard "aks-*-vmss" and not tag:env equals "dev"');

  const changed = await write(cli, "other.json", '[{"id":"133","resource_tracking":"RG-Web","priority":7}]');
  expect(await cli.json("rules", "apply", "-f", changed, "--replace")).toMatchObject({
    changes: [
      { id: "133", change: "changed", differences: expect.arrayContaining(["priority: 133 -> 7"]) as string[] },
      { id: "batch", change: "removed" },
      { id: "125", change: "removed" },
    ],
    untouched: [],
    evaluation: { kind: "whole", assigned: 1 },
  });
  const { stdout: history } = await cli.run("rules", "show", "125", "--history");
  expect(history).toMatch(/UTC, removed.*\n\n.*UTC, written/s);
  expect((await cli.run("rules", "show", "125")).code).toBe(2);
  expect((await cli.run("rules", "show", "133")).stdout).toContain("priority  7 (the smaller one wins)\n");
});

test("a file with mistakes is refused with all of them, and nothing is written", async ({ cli }) => {
  const pattern = "{ id: 2, match: { field: region, operator: regex, value: '(' }, targets: { owner: x } }";
  const file = await write(cli, "wrong.yaml", `rules:\n  - { id: 1 }\n  - ${pattern}\n`);
  const { code, stdout, stderr } = await cli.run("rules", "apply", "-f", file);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/wrong\.yaml:2:\d+ .*\n.*wrong\.yaml:3:\d+ match\.value: does not compile/s);
  expect(await cli.json("rules", "list")).toMatchObject({ rules: [] });
  const missing = await cli.run("rules", "apply", "-f", "nowhere.csv");
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere.csv: cannot be read") as string });
  const unknown = await cli.run("rules", "dry-run", "-f", "rules.txt");
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("rules.txt: expected a file") as string });
});

test("a dry run and a test of a file say what it would do, to the last digit, and change nothing", async ({ cli }) => {
  await importMay(cli);
  const file = await write(cli, "rules.yaml", RULES);
  const { code, stdout, stderr } = await cli.run("rules", "dry-run", "-f", file);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^4 resources in .*: 2 would have a rule, 1 conflict\.\n2 resources would have another rule/);
  expect(stdout).toContain("Costs of 2026-05 with a rule");
  expect(stdout).toMatch(new RegExp(`\nowner +night +actual +EUR +0 +${BATCH_COST} +\\+${BATCH_COST} +0 +1\n`));
  expect(stdout).toMatch(/\nNothing was changed \(dry run\)\. `billhouse rules apply -f rules\.yaml` does it\.\n$/);
  expect(await cli.json("rules", "dry-run", "-f", file, "--limit", "1")).toMatchObject({
    changed: 2,
    coverage: [
      { currency: "EUR", before: "0", after: BATCH_COST },
      { currency: "USD", before: "0", after: WEB_COST },
    ],
    changes: [{ resourceId: BATCH, before: { ruleId: "" }, after: { ruleId: "batch" } }],
  });
  expect(await cli.json("rules", "list")).toMatchObject({ rules: [] });

  const tested = await cli.run("rules", "test", "-f", file, "--resource", WEB.toUpperCase(), "--resource", "db-1");
  expect(tested.code).toBe(1);
  expect(tested.stdout).toMatch(/ 125 +vm-web +last_segment contains "vm-web" +2 +resource_tracking: vm-web\n/);
  expect(tested.stdout).toContain("1 resource would have NO RULE. Nothing was changed.");
  expect((await cli.run("rules", "test", "-f", file, "--resource", "vm-web-1")).code).toBe(0);
  expect((await cli.run("rules", "test", "-f", file, "--resource", "nobody")).code).toBe(2);

  await cli.run("rules", "apply", "-f", file);
  expect((await cli.run("rules", "dry-run", "-f", file)).stdout).toContain("No resource would have another rule");
  const replaced = await cli.run("rules", "dry-run", "-f", await write(cli, "none.yaml", "rules: []\n"), "--replace");
  expect(replaced.stdout).toContain(`-${BATCH_COST}`);
  expect(replaced.stdout).toContain("`billhouse rules apply -f none.yaml --replace` does it.");
});

test("coverage, conflicts, unused and explain say what the rules make of the costs", async ({ cli }) => {
  await importMay(cli);
  await cli.run("rules", "apply", "-f", await write(cli, "rules.yaml", RULES));
  expect(await cli.json("rules", "coverage", "--month", "2026-05")).toMatchObject({
    evaluation: { hasOtherRules: false, hasOtherLoads: false },
    lines: [
      { currency: "EUR", assigned: BATCH_COST },
      { currency: "USD", assigned: WEB_COST, withoutResource: "100.01" },
    ],
  });
  const { stdout: coverage } = await cli.run("rules", "coverage", "--by", "subscription");
  expect(coverage).toMatch(new RegExp(` Shop +actual +EUR +${BATCH_COST} +${BATCH_COST} +100 +0 `));
  expect((await cli.run("rules", "coverage", "--month", "2020-01")).stdout).toContain(
    "Nothing is published of 2020-01.",
  );

  const { stdout: conflicts } = await cli.run("rules", "conflicts");
  expect(conflicts).toMatch(
    /\n {2}wins {2}125 +125 +last_segment contains "vm-web"\n +133 +133 +resource_group contains/,
  );
  expect(conflicts).toContain(`\n  125 won: priority\n  cost in 2026-05: ${WEB_COST} USD (actual)\n`);
  const { stdout: pairs } = await cli.run("rules", "conflicts", "--pairs");
  expect(pairs).toMatch(new RegExp(`\n125 vm-web +133 rg-web +1 +actual +USD +${WEB_COST}\n`));
  expect((await cli.run("rules", "conflicts", "--rule", "batch")).stdout).toContain("No resource is wanted by more");
  expect((await cli.run("rules", "unused")).stdout).toMatch(/\n133 +133 +rg-web +never wins +1 +125 \(1\)\n/);

  const { stdout: explained } = await cli.run("rules", "explain", "VM-Web-1");
  expect(explained).toContain(`${WEB}\n`);
  expect(explained).toMatch(/\n125 +125 +vm-web +won +last_segment contains "vm-web"\n133 .* lost by priority /);
  expect(explained).toMatch(/\nOn \d{4}-\d\d-\d\d rule 125 wins\.\n1 rule did not match; --all shows why\.\n$/);
  expect((await cli.run("rules", "explain", "vm-web-1", "--all")).stdout).toMatch(
    /\nbatch .* did not match +does not hold: last_segment wildcard "aks-\*-vmss"\n/,
  );
  expect(await cli.run("rules", "explain", "nobody")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no published run has such a resource") as string,
  });
});

test("every form of export is applied as the same rules", async ({ cli }) => {
  await cli.run("rules", "apply", "-f", await write(cli, "rules.yaml", RULES));
  for (const format of ["yaml", "json", "csv"]) {
    const { stdout } = await cli.run("rules", "export", "--format", format);
    const file = await write(cli, `copy.${format}`, stdout);
    expect((await cli.run("rules", "apply", "-f", file, "--replace", "--dry-run")).stdout).toMatch(
      /^3 rules: 3 unchanged/,
    );
  }
});

test("rules that are inserted with SQL are said to be not evaluated yet, and those that are none to be left out", async ({
  cli,
}) => {
  await importMay(cli);
  await cli.run("rules", "apply", "-f", await write(cli, "rules.yaml", RULES));
  const insert = (id: string, match: string) =>
    cli.run("query", `INSERT INTO tracking_rules (id, match, targets) VALUES ('${id}', '${match}', {'owner': 'data'})`);
  await insert("db", '{"field": "last_segment", "operator": "equals", "value": "DB-1"}');
  await insert("none", '{"field": "last_segment"}');
  expect((await cli.run("rules", "coverage")).stderr).toMatch(
    /rules have changed SINCE the last evaluation.*rules evaluate/,
  );
  const explained = await cli.run("rules", "explain", "db-1");
  expect(explained.stdout).toContain("rule db wins.");
  expect(explained.stderr).toContain("NOT EVALUATED yet");

  const { code, stdout, stderr } = await cli.run("rules", "evaluate");
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("3 with a rule, 1 without") as string });
  expect(stderr).toMatch(/1 row of tracking_rules cannot be read and NOT USED:\n {2}none: match/);
  expect((await cli.run("rules", "coverage")).stderr).toBe("");
  expect((await cli.run("rules", "explain", "db-1", "--all")).stdout).toMatch(/\nnone +cannot be read +match/);
  expect((await cli.run("rules", "list")).stderr).toContain("none: match");
});

test("an import and a withdrawal leave every resource that readers see with its rule", async ({ cli }) => {
  await cli.run("rules", "apply", "-f", await write(cli, "rules.yaml", RULES));
  const run = aRun({ dataset: "actual", lines: linesOf(ACTUAL, "2026-05") });
  await run.writeTo(join(cli.dir, "exports"));
  await cli.run("sources", "add", "contoso", "--path", "exports");
  const imported = await cli.run("import");
  expect(imported.stdout).toMatch(
    /\ncontoso: Assigned 4 new or changed resources in .*: 2 with a rule, 2 without, 1 conflict\.\n/,
  );
  expect(imported.stderr).toMatch(/"msg":"tracking started".*\n.*"resources":4,"assigned":2,.*"msg":"tracking done"/);
  expect((await cli.run("rules", "coverage")).stderr).toBe("");
  const again = await cli.run("import");
  expect(again.stdout).not.toContain("Assigned");
  expect(again.stderr).not.toContain("tracking");

  const withdrawn = await cli.run("withdraw", "-s", "contoso", "--run-id", run.runId);
  expect(withdrawn).toMatchObject({ code: 0, stderr: "" });
  expect((await cli.run("rules", "coverage")).stderr).toBe("");
});

test("a prune drops evaluations that are older than a week, and says so; the current one stays", async ({ cli }) => {
  await importMay(cli);
  await cli.run("rules", "apply", "-f", await write(cli, "rules.yaml", RULES));
  const prune = (...options: string[]) => cli.run("prune", ...options);
  expect((await prune()).stdout).toBe("There is nothing to prune.\n");
  const grow = `INSERT INTO tracking_evaluations
    SELECT * REPLACE (started_at - INTERVAL 8 DAY AS started_at, now64(6, 'UTC') AS updated_at)
    FROM tracking_evaluations FINAL`;
  expect((await cli.run("query", grow)).code).toBe(0);
  expect((await prune()).stdout, "the only one is current, however old").toBe("There is nothing to prune.\n");
  await cli.run("rules", "evaluate");

  const said = await prune("--dry-run");
  expect(said.stdout).toMatch(
    /^1 old evaluation of rules with \d+ rows would be dropped, .*B\.\nNothing was changed \(dry run\)\.\n$/,
  );
  expect((await prune("--source-name", "contoso")).stdout, "that is of no source").toBe("There is nothing to prune.\n");
  expect(await cli.json("prune")).toMatchObject({ freed: [], evaluations: { evaluations: 1, works: 0 } });
  expect((await prune()).stdout).toBe("There is nothing to prune.\n");
  expect(await cli.json("rules", "coverage", "--month", "2026-05")).toMatchObject({
    lines: [{ assigned: BATCH_COST }, { assigned: WEB_COST }],
  });
});
