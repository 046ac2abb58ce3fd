import { Option } from "commander";
import type { Command as Program } from "commander";
import type { ConflictsOptions } from "./commands/rules-conflicts.ts";
import type { CoverageOptions } from "./commands/rules-coverage.ts";
import type { DryRunOptions } from "./commands/rules-dry-run.ts";
import type { ExplainOptions } from "./commands/rules-explain.ts";
import type { ExportOptions } from "./commands/rules-export.ts";
import type { TestOptions } from "./commands/rules-test.ts";
import type { ApplyRulesOptions } from "./commands/rules-apply.ts";
import { HELP_RULES } from "./help-rules.ts";
import { day, flag, json, month, wholeNumber } from "./program-options.ts";
import type { RunCommand } from "./program-sources.ts";

const SHOWN_LINES = 20;

/** Adds `billhouse rules` with its own commands. */
export function addRulesCommand(program: Program, run: RunCommand): void {
  const rules = program
    .command("rules")
    .summary("say which team or application resources belong to")
    .description("Which application, team or budget item a resource belongs to: rules, and what comes of them.")
    .addHelpText("after", HELP_RULES.rules);
  addWritingCommands(rules, run);
  addReadingCommands(rules, run);
  addAuditCommands(rules, run);
}

function addWritingCommands(rules: Program, run: RunCommand): void {
  rules
    .command("apply")
    .summary("add and change rules as a file says, and assign resources anew")
    .description("Adds and changes rules as a YAML, JSON or CSV file says, or nothing if anything in it is wrong.")
    .addOption(file("the file; .yaml, .yml, .json or .csv"))
    .addOption(flag("--replace", "remove rules that the file does not name"))
    .addOption(flag("--dry-run", "change nothing, say which rules would change"))
    .addOption(json())
    .addHelpText("after", HELP_RULES.apply)
    .action((options: ApplyRulesOptions) =>
      run(async () => (await import("./commands/rules-apply.ts")).applyRules, options),
    );
  rules
    .command("evaluate")
    .summary("assign resources now")
    .description("Assigns every resource to its rule now, and says what that gave.")
    .addOption(json())
    .addHelpText("after", HELP_RULES.evaluate)
    .action((options: { json: boolean }) =>
      run(async () => (await import("./commands/rules-evaluate.ts")).evaluateRules, options),
    );
}

function addReadingCommands(rules: Program, run: RunCommand): void {
  const commands = () => import("./commands/rules.ts");
  rules
    .command("list")
    .summary("list them, the one that wins first")
    .description("Lists the rules in the order in which they win.")
    .addOption(json())
    .addHelpText("after", HELP_RULES.list)
    .action((options: { json: boolean }) => run(async () => (await commands()).listRules, options));
  rules
    .command("show")
    .summary("show one, with its history")
    .description("Shows everything about a rule.")
    .argument("<id>", "its id")
    .addOption(flag("--history", "every version that it ever had, also of a rule that was removed"))
    .addOption(json())
    .addHelpText("after", HELP_RULES.show)
    .action((id: string, options: { history: boolean; json: boolean }) =>
      run(async () => (await commands()).showRule, { id, ...options }),
    );
  rules
    .command("export")
    .summary("write them as a file that apply reads")
    .description("Writes the rules to stdout, as a file that `billhouse rules apply` reads.")
    .addOption(new Option("--format <format>", "of the file").choices(["yaml", "json", "csv"]).default("yaml"))
    .addHelpText("after", HELP_RULES.export)
    .action((options: ExportOptions) =>
      run(async () => (await import("./commands/rules-export.ts")).exportRules, options),
    );
  rules
    .command("test")
    .summary("say which rule of a file would win for a resource")
    .description("Says which rule of a file would win for resources that are there. Changes nothing.")
    .addOption(file("the file; .yaml, .yml, .json or .csv"))
    .addOption(
      new Option("--resource <resource>", "its id, or the last word of it; give it again for more")
        .argParser((value: string, previous?: readonly string[]) => [...(previous ?? []), value])
        .makeOptionMandatory(),
    )
    .addOption(day("--on <day>", "as the rules hold on this day (default: today)"))
    .addOption(json())
    .addHelpText("after", HELP_RULES.test)
    .action((options: TestOptions) => run(async () => (await import("./commands/rules-test.ts")).testFile, options));
  rules
    .command("dry-run")
    .summary("show what a file would change, in resources and money")
    .description("Evaluates a rule file against today's resources and shows what would change. Changes nothing.")
    .addOption(file("the file; .yaml, .yml, .json or .csv"))
    .addOption(flag("--replace", "as if rules that the file does not name were removed"))
    .addOption(month("-m, --month <month>", "the month whose costs are counted (default: the newest there is)"))
    .addOption(wholeNumber("-n, --limit <lines>", "at most so many lines of each list", 1).default(SHOWN_LINES))
    .addOption(json())
    .addHelpText("after", HELP_RULES.dryRun)
    .action((options: DryRunOptions) => run(async () => (await import("./commands/rules-dry-run.ts")).dryRun, options));
}

function addAuditCommands(rules: Program, run: RunCommand): void {
  rules
    .command("explain")
    .summary("show why a resource has the rule that it has")
    .description("Shows each rule, and why it did or did not win for a resource.")
    .argument("<resource>", "its id, or the last word of it")
    .addOption(day("--on <day>", "as the rules hold on this day (default: today)"))
    .addOption(flag("--all", "also rules that did not match"))
    .addOption(json())
    .addHelpText("after", HELP_RULES.explain)
    .action((resource: string, options: Omit<ExplainOptions, "resource">) =>
      run(async () => (await import("./commands/rules-explain.ts")).explain, { resource, ...options }),
    );
  rules
    .command("coverage")
    .summary("show how much of the cost has a rule")
    .description("Shows how much of the cost, and how many of the resources, have a rule.")
    .addOption(month("-m, --month <month>", "only this billing month (2026-05)"))
    .addOption(
      new Option("--by <grouping>", "one line for each").choices(["month", "subscription", "both"]).default("month"),
    )
    .addOption(json())
    .addHelpText("after", HELP_RULES.coverage)
    .action((options: CoverageOptions) =>
      run(async () => (await import("./commands/rules-coverage.ts")).coverage, options),
    );
  rules
    .command("conflicts")
    .summary("list resources that more than one rule wants")
    .description("Lists resources that more than one rule wants: which, which one won and why, and their cost.")
    .addOption(month("-m, --month <month>", "their costs in this month (default: the newest that showed them)"))
    .addOption(flag("--pairs", "instead: sums by pairs of rules, dearest first"))
    .option("--rule <id>", "only those that this rule takes part in")
    .addOption(wholeNumber("-n, --limit <lines>", "at most so many", 1).default(SHOWN_LINES))
    .addOption(json())
    .addHelpText("after", HELP_RULES.conflicts)
    .action((options: ConflictsOptions) =>
      run(async () => (await import("./commands/rules-conflicts.ts")).conflicts, options),
    );
  rules
    .command("unused")
    .summary("list rules that match nothing, or never win")
    .description("Lists rules that are enabled and valid and match no resource, and those that match but never win.")
    .addOption(json())
    .addHelpText("after", HELP_RULES.unused)
    .action((options: { json: boolean }) =>
      run(async () => (await import("./commands/rules-unused.ts")).unused, options),
    );
}

function file(description: string): Option {
  return new Option("-f, --file <path>", description).makeOptionMandatory();
}
