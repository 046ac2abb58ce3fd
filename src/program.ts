import { Command as Program } from "commander";
import type { Option } from "commander";
import type { ApplyOptions } from "./commands/apply.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import type { ImportOptions } from "./commands/import.ts";
import type { InspectOptions } from "./commands/inspect.ts";
import type { MigrateOptions } from "./commands/migrate.ts";
import type { PublicationsOptions } from "./commands/publications.ts";
import type { ReconcileOptions } from "./commands/reconcile.ts";
import type { WarehouseOptions } from "./commands/warehouse.ts";
import type { WithdrawOptions } from "./commands/withdraw.ts";
import type { Command, Context, ExitCode } from "./context.ts";
import { HELP, PROGRAM_HELP } from "./help.ts";
import { addDownloadCommand, addImportFileCommand } from "./program-files.ts";
import { addHistoryCommands } from "./program-history.ts";
import { billingPeriod, dataset, flag, json, month, sourceNames, wholeNumber } from "./program-options.ts";
import { addRulesCommand } from "./program-rules.ts";
import { addServiceCommands } from "./program-service.ts";
import { addSourcesCommand } from "./program-sources.ts";
import { readVersion } from "./version.ts";
import { addBackfillCommand, addExtractCommand, addTemporalCommands } from "./program-temporal.ts";

const HELP_WIDTH = 120;

/**
 * All commands with their options and help. A command's own file is only loaded when it runs, so that help is quick.
 * Throws CommanderError on a wrong command line, after saying what is wrong.
 */
export function createProgram(context: Context, finish: (code: ExitCode) => void): Program {
  const run = async <Options>(load: () => Promise<Command<Options>>, options: Options) => {
    const command = await load();
    finish(await command(context, options));
  };
  const program = new Program("billhouse")
    .description("Brings Azure billing data into ClickHouse, exact to the last digit.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print the help of a command")
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "billhouse: ")),
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...argumentsOf(command)].join(" "),
      optionDescription: describeOption,
    })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText("after", PROGRAM_HELP);

  program.commandsGroup("Commands:");
  program
    .command("import")
    .alias("fetch_and_import_from_blob")
    .summary("load and publish what sources hold and is not published yet")
    .description("Loads and publishes what sources hold and is not published yet.")
    .addOption(sourceNames("every one that is enabled"))
    .addOption(billingPeriod())
    .option("-r, --run-id <id>", "only this run; also when a later one replaces it")
    .addOption(flag("--overwrite", "import again what is published; the new rows replace the old ones at once"))
    .addOption(flag("--dry-run", "load nothing, say what would happen"))
    .addOption(json())
    .addHelpText("after", HELP.import)
    .action((options: ImportOptions) => run(async () => (await import("./commands/import.ts")).importSources, options));
  addBackfillCommand(program, run);
  addExtractCommand(program, run);
  addImportFileCommand(program, run);
  program
    .command("inspect")
    .alias("inspect_blob_source")
    .summary("list the runs of sources and what an import would do")
    .description("Lists the runs of sources: days, parts, rows, stored bytes, and whether each is imported.")
    .addOption(sourceNames("every one that is enabled"))
    .addOption(billingPeriod())
    .addOption(json())
    .addHelpText("after", HELP.inspect)
    .action((options: InspectOptions) => run(async () => (await import("./commands/inspect.ts")).inspect, options));
  addDownloadCommand(program, run);
  program
    .command("publications")
    .summary("list what is visible, and what was")
    .description("Lists what is visible: which run answers for each export, dataset and month.")
    .addOption(sourceNames())
    .addOption(billingPeriod())
    .addOption(dataset("only this one"))
    .addOption(flag("--history", "every publication and withdrawal, not only the current ones"))
    .addOption(json())
    .addHelpText("after", HELP.publications)
    .action((options: PublicationsOptions) =>
      run(async () => (await import("./commands/publications.ts")).listPublished, options),
    );
  program
    .command("withdraw")
    .summary("take a published run back")
    .description("Takes a published run back and says what answers now.")
    .requiredOption("-s, --source-name <name>", "the source that delivered the run")
    .requiredOption("-r, --run-id <id>", "the run")
    .addOption(month("-m, --month <month>", "its billing month (2026-05), where the run id is in several"))
    .addOption(dataset("its dataset, where the run id is in several"))
    .option("--export-name <name>", "its export, where the run id is in several")
    .addOption(json())
    .addHelpText("after", HELP.withdraw)
    .action((options: WithdrawOptions) => run(async () => (await import("./commands/withdraw.ts")).withdraw, options));
  program
    .command("reconcile")
    .summary("hold what is published against the manifests")
    .description("Holds every published run against its manifest, row by row and sum by sum.")
    .addOption(sourceNames())
    .addOption(billingPeriod())
    .option("-r, --run-id <id>", "only this run; also when a later one replaced it")
    .addOption(flag("--all", "also runs that a later one replaced"))
    .addOption(json())
    .addHelpText("after", HELP.reconcile)
    .action((options: ReconcileOptions) =>
      run(async () => (await import("./commands/reconcile.ts")).reconcile, options),
    );
  addHistoryCommands(program, run);
  program
    .command("query")
    .summary("ask the warehouse in SQL")
    .description("Runs one SQL statement and streams its result.")
    .argument("<sql>", "the statement; - reads it from stdin")
    .option("-f, --format <format>", "any of ClickHouse's formats, such as JSONEachRow, CSVWithNames, Parquet")
    .addHelpText("after", HELP.query)
    .action((sql: string, options: { format?: string }) =>
      run(async () => (await import("./commands/query.ts")).query, { sql, ...options }),
    );
  program
    .command("doctor")
    .summary("check everything that is configured")
    .description("Checks everything that is configured and says how to mend it.")
    .addOption(json())
    .addHelpText("after", HELP.doctor)
    .action((options: DoctorOptions) => run(async () => (await import("./commands/doctor.ts")).doctor, options));
  program
    .command("migrate")
    .summary("bring the database to this version's schema")
    .description("Brings the database to this version's schema.")
    .addOption(json())
    .addHelpText("after", HELP.migrate)
    .action((options: MigrateOptions) =>
      run(async () => (await import("./commands/migrate.ts")).migrateWarehouse, options),
    );
  program
    .command("warehouse")
    .summary("run the embedded warehouse in the foreground")
    .description("Runs the embedded warehouse in the foreground, at an address of your choice.")
    .option("--host <address>", "the address to listen on", "127.0.0.1")
    .addOption(wholeNumber("-p, --port <port>", "the port; 0 takes a free one", 0, 65535).default(8123))
    .option("-u, --user <name>", "the user that logs in", "default")
    .option("--password-env <name>", "the environment variable that holds the password", "BILLHOUSE_WAREHOUSE_PASSWORD")
    .addHelpText("after", HELP.warehouse)
    .action((options: WarehouseOptions) =>
      run(async () => (await import("./commands/warehouse.ts")).serveWarehouse, options),
    );
  addServiceCommands(program, run);
  program
    .command("worker")
    .summary("work for Temporal: run the imports that it hands out")
    .description("Works for Temporal in the foreground: runs the imports that it hands out.")
    .addHelpText("after", HELP.worker)
    .action(() => run(async () => (await import("./commands/worker.ts")).runWorker, {}));
  program
    .command("apply")
    .summary("add and change sources as a file says")
    .description("Adds and changes sources as a YAML file says, or nothing if anything in it is wrong.")
    .requiredOption("-f, --file <path>", "the file")
    .addOption(flag("--dry-run", "change nothing, say what would change"))
    .addOption(json())
    .addHelpText("after", HELP.apply)
    .action((options: ApplyOptions) => run(async () => (await import("./commands/apply.ts")).apply, options));
  addSourcesCommand(program, run);
  addRulesCommand(program, run);
  addTemporalCommands(program, run);
  return program;
}

function argumentsOf(command: Program): string[] {
  return command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
}

/** What an option does, its choices, and what it is when it is not given. */
function describeOption({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
  const isWorthSaying = typeof defaultValue === "string" || typeof defaultValue === "number";
  return `${description}${choices}${isWorthSaying ? ` (default: ${defaultValue})` : ""}`;
}
