import { Command, InvalidArgumentError } from "commander";
import { cpus, loadavg } from "node:os";
import { formatBytes, formatCount } from "../src/commands/format.ts";
import { provideExport } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { load } from "./load.ts";
import type { Mode } from "./mode.ts";
import { profile } from "./profile.ts";

type Options = {
  readonly rows: number;
  readonly parts: number;
  readonly plain: boolean;
  readonly rounds: number;
  readonly json: boolean;
};

const MODES: readonly Mode[] = [load, profile];

const program = new Command("npm run bench --").description(
  "Measures Billhouse on generated EA exports of 55 columns.",
);
for (const mode of MODES) {
  program
    .command(mode.name, { isDefault: mode === load })
    .description(mode.describes)
    .option("--rows <count>", "rows of the export", readCount, 500_000)
    .option("--parts <count>", "files that the rows are spread over", readCount, 1)
    .option("--plain", "files that are not gzipped", false)
    .option("--rounds <count>", "how often each contestant works, in turn", readCount, 3)
    .option("--json", "print the figures as JSON, and what happens to stderr", false)
    .action((options: Options) => bench(mode, options));
}
await program.parseAsync();

async function bench(mode: Mode, { rows, parts, plain, rounds, json }: Options): Promise<void> {
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  const generated = await provideExport({ rows, parts, isGzipped: !plain });
  note(describe(generated));
  const loadBefore = loadavg();
  const { text, figures } = await mode.run(generated, rounds, note);
  const machine = {
    node: process.version,
    processors: cpus().length,
    model: cpus()[0]?.model.trim() ?? "unknown",
    loadAverage: { before: loadBefore[0], after: loadavg()[0] },
  };
  if (json) {
    console.log(JSON.stringify({ mode: mode.name, rounds, export: generated, machine, figures }, null, 2));
    return;
  }
  const { before, after } = machine.loadAverage;
  console.log(
    `\n${text}\n\n${rounds} rounds in turn, median (least-most). Node ${machine.node}, ${machine.processors} processors ` +
      `(${machine.model}), load average ${before?.toFixed(1)} before, ${after?.toFixed(1)} after.`,
  );
}

function describe({ rowCount, parts, rawByteCount, directory, isFromCache, generatedInSeconds }: GeneratedExport) {
  const stored = parts.reduce((sum, part) => sum + part.byteCount, 0);
  const origin = isFromCache ? "kept from an earlier time, generated then" : "generated";
  return (
    `${formatCount(rowCount)} rows, ${formatBytes(rawByteCount)} of CSV, stored in ${parts.length} ` +
    `${parts.length === 1 ? "file" : "files"} of ${formatBytes(stored)} together; ` +
    `${origin} in ${generatedInSeconds.toFixed(1)} s, in ${directory}`
  );
}

function readCount(text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1 on, without separators.");
}
