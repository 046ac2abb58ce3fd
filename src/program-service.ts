import type { Command as Program } from "commander";
import { Option } from "commander";
import type { ServeOptions } from "./commands/serve.ts";
import type { StartOptions } from "./commands/start.ts";
import type { CreateTokenOptions } from "./commands/token.ts";
import { SCOPES } from "./domain/token.ts";
import { HELP_SERVICE } from "./help-service.ts";
import { json, timeSpan, wholeNumber } from "./program-options.ts";
import type { RunCommand } from "./program-sources.ts";

/** Adds the commands of the HTTP service: `serve`, `start`, and `token` with its own commands. */
export function addServiceCommands(program: Program, run: RunCommand): void {
  program
    .command("serve")
    .summary("answer cost questions over HTTP")
    .description("Answers cost questions over HTTP in the foreground.")
    .addOption(host())
    .addOption(port())
    .addHelpText("after", HELP_SERVICE.serve)
    .action((options: ServeOptions) => run(async () => (await import("./commands/serve.ts")).serve, options));
  program
    .command("start")
    .summary("run warehouse, API and worker in the foreground")
    .description(
      "Runs everything for a single machine in the foreground: the warehouse, the API and, with Temporal, a worker.",
    )
    .addOption(host())
    .addOption(port())
    .addOption(
      wholeNumber("--warehouse-port <port>", "that of the warehouse; 0 takes a free one", 0, 65535).default(8123),
    )
    .addHelpText("after", HELP_SERVICE.start)
    .action((options: StartOptions) => run(async () => (await import("./commands/start.ts")).start, options));
  addTokenCommand(program, run);
}

function addTokenCommand(program: Program, run: RunCommand): void {
  const commands = () => import("./commands/token.ts");
  const token = program
    .command("token")
    .summary("create, list, revoke the keys of the API")
    .description("Who may call the API: tokens with a name, a scope and an end.")
    .addHelpText("after", HELP_SERVICE.token);
  token
    .command("create")
    .summary("make one and print its key, once")
    .description("Makes a token and prints its key, once.")
    .requiredOption("--name <name>", "what it is called")
    .addOption(new Option("--scope <scope>", "what it allows").choices(SCOPES).makeOptionMandatory())
    .addOption(timeSpan("--expires <time>", "for how long it is good, such as 90d (default: until it is revoked)"))
    .addHelpText("after", HELP_SERVICE.tokenCreate)
    .action((options: CreateTokenOptions) => run(async () => (await commands()).createOne, options));
  token
    .command("list")
    .summary("list them: scope, state, when they end, when they were used")
    .description("Lists the tokens: scope, state, when they end and when they were last used.")
    .addOption(json())
    .addHelpText("after", HELP_SERVICE.tokenList)
    .action((options: { json: boolean }) => run(async () => (await commands()).listAll, options));
  token
    .command("revoke")
    .summary("refuse one from now on")
    .description("Refuses a token from now on.")
    .argument("<name>", "the token")
    .addHelpText("after", HELP_SERVICE.tokenRevoke)
    .action((name: string) => run(async () => (await commands()).revokeOne, { name }));
}

function host(): Option {
  return new Option("--host <address>", "the address to listen on (default: BILLHOUSE_API_HOST or 127.0.0.1)");
}

function port(): Option {
  return wholeNumber(
    "-p, --port <port>",
    "the port; 0 takes a free one (default: BILLHOUSE_API_PORT or 8080)",
    0,
    65535,
  );
}
