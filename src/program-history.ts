import { Option } from "commander";
import type { Command as Program } from "commander";
import type { DiffOptions } from "./commands/diff.ts";
import type { PruneOptions } from "./commands/prune.ts";
import type { RejectsOptions } from "./commands/rejects.ts";
import { KEPT_PUBLICATIONS } from "./domain/retention.ts";
import { HELP } from "./help.ts";
import { dataset, flag, json, month, sourceNames, wholeNumber } from "./program-options.ts";
import type { RunCommand } from "./program-sources.ts";

const SHOWN_REJECTS = 20;

/** Adds the commands that look at what was imported: `rejects` and `diff`, and `prune`, which forgets of it. */
export function addHistoryCommands(program: Program, run: RunCommand): void {
  program
    .command("rejects")
    .summary("list rows that were rejected, and why")
    .description("Lists rows that were rejected: where they are, why, their cost and text.")
    .addOption(sourceNames())
    .addOption(month("-m, --month <month>", "only of this billing month (2026-05)"))
    .option("-r, --run-id <id>", "only of this run")
    .addOption(wholeNumber("-n, --limit <rows>", "at most so many rows", 0).default(SHOWN_REJECTS))
    .addOption(json())
    .addHelpText("after", HELP.rejects)
    .action((options: RejectsOptions) =>
      run(async () => (await import("./commands/rejects.ts")).listRejected, options),
    );
  program
    .command("diff")
    .summary("show what changed of a month between two publications")
    .description("Shows what changed of a month between two publications: in total, by subscription, meter and day.")
    .argument("<month>", "the billing month (2026-05)")
    .addOption(sourceNames())
    .addOption(dataset("only this one"))
    .option("--from <publication>", "its id, or a moment in UTC (default: the one before the other)")
    .option("--to <publication>", "its id, or a moment in UTC (default: what answers now)")
    .addOption(
      new Option("--by <grouping>", "what to list").choices(["subscription", "meter", "day", "all"]).default("all"),
    )
    .addOption(
      wholeNumber("-n, --limit <lines>", "at most so many lines of each list (default: 20, with --json all)", 1),
    )
    .addOption(json())
    .addHelpText("after", HELP.diff)
    .action((billingMonth: string, options: Omit<DiffOptions, "month">) =>
      run(async () => (await import("./commands/diff.ts")).diff, { month: billingMonth, ...options }),
    );
  program
    .command("prune")
    .summary("drop rows that no kept publication names")
    .description("Drops rows that no kept publication names, and says what that frees.")
    .addOption(sourceNames())
    .addOption(
      wholeNumber("-k, --keep <publications>", "so many of each month, the one that answers among them", 1).default(
        KEPT_PUBLICATIONS,
      ),
    )
    .addOption(flag("--dry-run", "change nothing, say what would go"))
    .addOption(json())
    .addHelpText("after", HELP.prune)
    .action((options: PruneOptions) => run(async () => (await import("./commands/prune.ts")).prune, options));
}
