import { Option } from "commander";
import type { Command as Program } from "commander";
import type { DownloadOptions } from "./commands/download.ts";
import type { ImportFileOptions } from "./commands/import-file.ts";
import { HELP } from "./help.ts";
import { dataset, flag, json, month } from "./program-options.ts";
import type { RunCommand } from "./program-sources.ts";

/** Adds `billhouse import-file`. */
export function addImportFileCommand(program: Program, run: RunCommand): void {
  program
    .command("import-file")
    .summary("load and publish files of this machine")
    .description("Loads and publishes files of this machine, as one run of a source.")
    .addOption(
      new Option("-f, --file <path>", "the file, - for standard input; again for each part that a manifest names")
        .argParser((value: string, previous?: readonly string[]) => [...(previous ?? []), value])
        .makeOptionMandatory(),
    )
    .option("--manifest <path>", "its manifest: says month, dataset, export, run id and rows")
    .requiredOption("-s, --source-name <name>", "the source that the run is published under")
    .addOption(month("-m, --month <month>", "without a manifest: the billing month, of which it replaces all days"))
    .addOption(dataset("without a manifest: which costs it holds, where its name does not say so"))
    .option("--export-name <name>", "without a manifest: its export (default: the file's name)")
    .option("-r, --run-id <id>", "without a manifest: its run id (default: made of its bytes)")
    .addOption(flag("--overwrite", "import again what is published; the new rows replace the old ones at once"))
    .addOption(json())
    .addHelpText("after", HELP.importFile)
    .action((options: ImportFileOptions) =>
      run(async () => (await import("./commands/import-file.ts")).importFile, options),
    );
}

/** Adds `billhouse download`. */
export function addDownloadCommand(program: Program, run: RunCommand): void {
  program
    .command("download")
    .summary("copy the runs of a source to a directory")
    .description("Copies the runs of a source to a directory: manifests and parts, with the same paths.")
    .requiredOption("-s, --source-name <name>", "the source")
    .requiredOption("-o, --output-dir <directory>", "the directory, made when it is missing")
    .addOption(month("-m, --month <month>", "only runs of this billing month (2026-05)"))
    .addOption(dataset("only this one"))
    .addOption(flag("--skip-csv", "only the manifests, not the data files"))
    .addOption(flag("--list-only", "copy nothing, say what there is and what is missing"))
    .addOption(json())
    .addHelpText("after", HELP.download)
    .action((options: DownloadOptions) => run(async () => (await import("./commands/download.ts")).download, options));
}
