import { Option } from "commander";
import type { Command as Program } from "commander";
import type { Command } from "./context.ts";
import { AZURE_CLOUDS } from "./domain/azure-cloud.ts";
import { EA_APIS, MONTH_UNITS, SOURCE_KINDS } from "./domain/source.ts";
import { HELP } from "./help.ts";
import { flag, json, wholeNumber } from "./program-options.ts";

/** Loads a command and runs it. */
export type RunCommand = <Options>(load: () => Promise<Command<Options>>, options: Options) => Promise<void>;

/** Adds `billhouse sources` with its own commands. */
export function addSourcesCommand(program: Program, run: RunCommand): void {
  const commands = () => import("./commands/sources.ts");
  const sources = program
    .command("sources")
    .summary("add, list, show, enable, disable, remove sources")
    .description("Where billing data comes from.")
    .addHelpText("after", HELP.sources);
  sources
    .command("add")
    .summary("add a source")
    .description("Adds a source.")
    .argument("<name>", "its name: a-z, 0-9, . _ and -")
    .addOption(
      new Option("--kind <kind>", "kind of source; may be left out where --url is of blob, or --path is given").choices(
        SOURCE_KINDS,
      ),
    )
    .option("--url <url>", "blob: https://<account>.blob.core.windows.net/<container>/<folder>; ea: the API's address")
    .option("--path <directory>", "folder: a local directory; relative paths count from here")
    .option("--credential <reference>", "blob: env:NAME, or default: the Azure identity of this machine; ea: env:NAME")
    .option("--scope <scope>", "cost-details, usage-details: what is asked about, such as /subscriptions/<id>")
    .option("--identity <identity>", "cost-details, usage-details: who asks (default: default); see below")
    .addOption(new Option("--cloud <cloud>", "which of Azure's clouds (default: public)").choices(AZURE_CLOUDS))
    .option("--endpoint <url>", "cost-details, usage-details: another address than the cloud's")
    .option("--enrollment <number>", "ea: the enrolment")
    .addOption(new Option("--api <form>", "ea: which form of the API (default: v3)").choices(EA_APIS))
    .option("--currency <code>", "ea: the currency of its costs, which the API does not tell")
    .option("--tax-factor <factor>", "ea: what costs are multiplied by for a column of their own, such as 1.06")
    .option("--datasets <list>", "which figures an API is asked for, such as actual,amortized")
    .addOption(
      new Option("--by <unit>", "how a month is asked for (default: month; ea: billing-period)").choices(MONTH_UNITS),
    )
    .addOption(
      wholeNumber("--months-back <number>", "how many months before the present one are asked for (default: 1)", 0),
    )
    .addOption(
      wholeNumber(
        "--refresh-hours <number>",
        "after how many hours an open month is asked for again (default: 24; cost-details: 4)",
        1,
      ),
    )
    .addOption(
      wholeNumber("--priority <number>", "who answers where sources overlap: the smaller (default: 100)", -(2 ** 31)),
    )
    .addOption(
      wholeNumber(
        "--reject-limit <rows>",
        "rows of a run that may be refused before it is not published (default: 0)",
        0,
      ),
    )
    .addOption(flag("--disabled", "leave it out of imports of all sources"))
    .addHelpText("after", HELP.sourcesAdd)
    .action((name: string, options: { disabled: boolean }) =>
      run(async () => (await commands()).addSource, { name, ...options }),
    );
  sources
    .command("list")
    .summary("list them with their last attempt and last import")
    .description("Lists the sources with their last attempt and last import.")
    .addOption(json())
    .addHelpText("after", HELP.sourcesList)
    .action((options: { json: boolean }) => run(async () => (await commands()).listAll, options));
  sources
    .command("show")
    .summary("show one, errors in full")
    .description("Shows everything about a source, the errors of its last attempt in full.")
    .argument("<name>", "its name")
    .addOption(json())
    .addHelpText("after", HELP.sourcesShow)
    .action((name: string, options: { json: boolean }) =>
      run(async () => (await commands()).showSource, { name, ...options }),
    );
  sources
    .command("enable")
    .summary("let imports of all sources include it")
    .description("Lets imports of all sources include a source.")
    .argument("<name>", "its name")
    .addHelpText("after", HELP.sourcesEnable)
    .action((name: string) => run(async () => (await commands()).setEnabled, { name, enabled: true }));
  sources
    .command("disable")
    .summary("leave it out of imports of all sources")
    .description("Leaves a source out of imports of all sources. What it published stays.")
    .argument("<name>", "its name")
    .addHelpText("after", HELP.sourcesDisable)
    .action((name: string) => run(async () => (await commands()).setEnabled, { name, enabled: false }));
  sources
    .command("remove")
    .summary("take it from the list; what it published stays")
    .description("Takes a source from the list. What it published stays.")
    .argument("<name>", "its name")
    .addHelpText("after", HELP.sourcesRemove)
    .action((name: string) => run(async () => (await commands()).forgetSource, { name }));
}
