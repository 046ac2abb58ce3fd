import { Command } from "commander";
import { cpus, loadavg } from "node:os";
import { http } from "./http.ts";
import { load } from "./load.ts";
import { loads } from "./loads.ts";
import type { Mode } from "./mode.ts";
import { profile } from "./profile.ts";
import { reads } from "./reads.ts";
import { scale } from "./scale.ts";
import { temporal } from "./temporal.ts";
import { tracking } from "./tracking.ts";

const MODES: readonly Mode[] = [load, profile, scale, reads, loads, http, temporal, tracking];

const program = new Command("npm run bench --").description(
  "Measures Billhouse on generated EA exports of 55 columns.",
);
for (const mode of MODES) {
  const command = program.command(mode.name, { isDefault: mode === load }).description(mode.describes);
  for (const option of mode.options) command.addOption(option);
  command
    .option("--json", "print the figures as JSON, and what happens to stderr", false)
    .action((options: { readonly json: boolean }) => bench(mode, options));
}
await program.parseAsync();

async function bench(mode: Mode, options: { readonly json: boolean }): Promise<void> {
  const before = loadavg()[0];
  const { text, figures } = await mode.run(options, (line) => void process.stderr.write(`${line}\n`));
  const machine = {
    node: process.version,
    processors: cpus().length,
    model: cpus()[0]?.model.trim() ?? "unknown",
    loadAverage: { before, after: loadavg()[0] },
  };
  if (options.json) {
    console.log(JSON.stringify({ mode: mode.name, options, machine, figures }, null, 2));
    return;
  }
  console.log(
    `\n${text}\n\nNode ${machine.node}, ${machine.processors} processors (${machine.model}), load average ` +
      `${before?.toFixed(1)} before, ${machine.loadAverage.after?.toFixed(1)} after.`,
  );
}
