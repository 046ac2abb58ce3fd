import type { Command as Program } from "commander";
import type { BackfillOptions } from "./commands/backfill.ts";
import type { CancelOptions } from "./commands/cancel.ts";
import type { ExtractOptions } from "./commands/extract.ts";
import type { FollowOptions } from "./commands/follow.ts";
import type { SetOptions } from "./commands/schedule.ts";
import { HELP } from "./help.ts";
import { dataset, flag, json, month } from "./program-options.ts";
import type { RunCommand } from "./program-sources.ts";

/** Adds `billhouse backfill`. */
export function addBackfillCommand(program: Program, run: RunCommand): void {
  program
    .command("backfill")
    .summary("import months of a source, one after another")
    .description("Imports months of a source one after another, newest first.")
    .requiredOption("-s, --source-name <name>", "the source")
    .addOption(month("--from <month>", "the first month (2025-01)").makeOptionMandatory())
    .addOption(month("--to <month>", "the last month (default: the present one)"))
    .addOption(flag("--overwrite", "import again what is published; the new rows replace the old ones at once"))
    .addOption(json())
    .addHelpText("after", HELP.backfill)
    .action((options: BackfillOptions) => run(async () => (await import("./commands/backfill.ts")).backfill, options));
}

/** Adds `billhouse extract`. */
export function addExtractCommand(program: Program, run: RunCommand): void {
  program
    .command("extract")
    .summary("ask an API for months anew")
    .description("Asks an API for months anew, and loads and publishes what it answers.")
    .requiredOption("-s, --source-name <name>", "the source: of kind cost-details, ea or usage-details")
    .addOption(month("-m, --month <month>", "only this month (2026-05); without months those that the source asks for"))
    .addOption(month("--from <month>", "the first month (2025-01)"))
    .addOption(month("--to <month>", "the last month (default: the present one)"))
    .addOption(dataset("only this one; otherwise all that the source asks for"))
    .option("--invoice <id>", "only this invoice of the month")
    .addOption(flag("--dry-run", "ask nothing, say what would be asked for"))
    .addOption(json())
    .addHelpText("after", HELP.extract)
    .action((options: ExtractOptions) => run(async () => (await import("./commands/extract.ts")).extract, options));
}

/** Adds the commands that need Temporal: `follow`, `cancel` and `schedule` with its own commands. */
export function addTemporalCommands(program: Program, run: RunCommand): void {
  program
    .command("follow")
    .summary("show how work in Temporal goes, and what came of it")
    .description("Shows how work in Temporal goes until it has ended, and what came of it.")
    .argument("<name>", "a source, or a workflow's id such as import/contoso, import-all, prune")
    .addOption(json())
    .addHelpText("after", HELP.follow)
    .action((name: string, options: Omit<FollowOptions, "name">) =>
      run(async () => (await import("./commands/follow.ts")).follow, { name, ...options }),
    );
  program
    .command("cancel")
    .summary("cancel work in Temporal")
    .description("Cancels work in Temporal and waits until it has ended.")
    .argument("<name>", "a source, or a workflow's id such as import/contoso, import-all, prune")
    .addHelpText("after", HELP.cancel)
    .action((name: string) => run<CancelOptions>(async () => (await import("./commands/cancel.ts")).cancel, { name }));
  addScheduleCommand(program, run);
}

function addScheduleCommand(program: Program, run: RunCommand): void {
  const commands = () => import("./commands/schedule.ts");
  const schedule = program
    .command("schedule")
    .summary("set, list, pause, resume, trigger, remove schedules")
    .description("When sources are imported by themselves: schedules in Temporal, one per source.")
    .addHelpText("after", HELP.schedule);
  schedule
    .command("set")
    .summary("import a source by itself, or change when")
    .description("Imports a source by itself, at the times that a cron expression names.")
    .argument("<name>", "the source")
    .requiredOption("--cron <expression>", "minute, hour, day of the month, month, day of the week; or @daily …")
    .option("--time-zone <name>", "the time zone it is read in, such as Europe/Berlin (default: UTC)")
    .option("--jitter <time>", "the most by which a start is delayed at random (default: 1m)")
    .option("--catch-up <time>", "how late a start may be made up for when Temporal was away (default: 1d)")
    .option("--paused", "let it rest until it is resumed; without this it stays as it is, and a new one starts")
    .addOption(json())
    .addHelpText("after", HELP.scheduleSet)
    .action((name: string, options: Omit<SetOptions, "name">) =>
      run(async () => (await commands()).setSchedule, { name, ...options }),
    );
  schedule
    .command("list")
    .summary("list them: state, next and last start, and what that brought")
    .description("Lists the schedules with their next and last start, and what the last one brought.")
    .addOption(json())
    .addHelpText("after", HELP.scheduleList)
    .action((options: { json: boolean }) => run(async () => (await commands()).listAll, options));
  schedule
    .command("pause")
    .summary("let one rest")
    .description("Lets a schedule rest until it is resumed; what runs goes on.")
    .argument("<name>", "the source")
    .addHelpText("after", HELP.schedulePause)
    .action((name: string) => run(async () => (await commands()).pauseSchedule, { name, isPaused: true }));
  schedule
    .command("resume")
    .summary("let it start again")
    .description("Lets a paused schedule start imports again.")
    .argument("<name>", "the source")
    .addHelpText("after", HELP.scheduleResume)
    .action((name: string) => run(async () => (await commands()).pauseSchedule, { name, isPaused: false }));
  schedule
    .command("trigger")
    .summary("start what it starts, now")
    .description("Starts what a schedule starts, now.")
    .argument("<name>", "the source")
    .addHelpText("after", HELP.scheduleTrigger)
    .action((name: string) => run(async () => (await commands()).triggerSchedule, { name }));
  schedule
    .command("remove")
    .summary("remove one; what runs goes on")
    .description("Removes a schedule; what runs goes on.")
    .argument("<name>", "the source")
    .addHelpText("after", HELP.scheduleRemove)
    .action((name: string) => run(async () => (await commands()).forgetSchedule, { name }));
}
