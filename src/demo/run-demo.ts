import { countOf, formatBytes, formatCount } from "../commands/format.ts";
import type { Context } from "../context.ts";
import { ReconciliationError } from "../domain/errors.ts";
import { compareSums } from "./control-sums.ts";
import { importRuns, inspectRuns, listSummary, reconcileRuns } from "./demo-commands.ts";
import type { ImportedRuns } from "./demo-commands.ts";
import { demoRuns } from "./demo-exports.ts";
import { addDemoSource, DEMO_VARIABLE, disableDemoSource } from "./demo-source.ts";
import type { DemoStorage } from "./demo-storage.ts";
import { tableOfInspected, tableOfLoaded, tableOfReconciled, tableOfSummary, tableOfSums } from "./demo-tables.ts";
import type { Story } from "./story.ts";
import { type WrittenExport, writeExport } from "./write-export.ts";

/** What the demo works with. */
export type Demo = {
  readonly context: Context;
  readonly story: Story;
  readonly storage: DemoStorage;
  /** About how many rows to generate. */
  readonly rows: number;
  /** Whether the warehouse holds the figures of an earlier demo. */
  readonly isAgain: boolean;
};

/** From exports in storage to exact totals. Throws ReconciliationError when anything does not add up. */
export async function runDemo(demo: Demo): Promise<void> {
  const { story, isAgain, storage } = demo;
  const context = { ...demo.context, env: { ...demo.context.env, [DEMO_VARIABLE]: storage.connectionString } };
  const written = await story.step("Exports as Azure delivers them", () => generate(demo));
  await addDemoSource(context, storage.url);
  await story.step("What is there: billhouse inspect", () => look(context, story));
  const loaded = isAgain
    ? await story.step("Bring it in once more: billhouse import --overwrite", () => replace(context, story))
    : await story.step("Bring it in: billhouse import", () => bringIn(context, story));
  await story.step("And again: billhouse import", () => importAgain(context, story, loaded));
  await story.step("Costs by subscription, every digit of them", () => summarise(context, story));
  await story.step("Proof: billhouse reconcile", () => prove(context, story, written, loaded));
  await disableDemoSource(context, storage.url);
}

async function generate({ story: { say }, storage, rows }: Demo): Promise<readonly WrittenExport[]> {
  const written: WrittenExport[] = [];
  for (const run of demoRuns(rows)) {
    const one = await writeExport(storage.sink, run);
    written.push(one);
    const facts = [
      run.exportName.padEnd(12),
      `${run.days.first} to ${run.days.last}`,
      `${formatCount(one.rowCount).padStart(7)} rows`,
      countOf(run.parts, "part").padEnd(7),
      formatBytes(storedBytes(one)).padStart(8),
    ];
    say(facts.join("  "));
  }
  const total = (count: (one: WrittenExport) => number) => written.reduce((sum, one) => sum + count(one), 0);
  const rowCount = formatCount(total((one) => one.rowCount));
  const rawBytes = formatBytes(total((one) => one.rawByteCount));
  say(`\n${rowCount} rows, ${rawBytes} of CSV, gzipped ${formatBytes(total(storedBytes))}.`);
  say(`Uploaded to ${storage.url}`);
  say("ea-actual was delivered on three days, each time with the whole month so far, as Azure does.");
  return written;
}

async function look(context: Context, { say }: Story): Promise<void> {
  say(tableOfInspected(await inspectRuns(context)));
  say("\nListings and manifests were read, no data file. A delivery whose days a later one covers is superseded.");
}

async function bringIn(context: Context, { say }: Story): Promise<ImportedRuns> {
  const runs = await importRuns(context, { overwrite: false });
  say(tableOfLoaded(runs.loaded));
  say(`\n${sentenceOf(runs)}`);
  return runs;
}

async function replace(context: Context, { say }: Story): Promise<ImportedRuns> {
  const runs = await importRuns(context, { overwrite: true });
  say(tableOfLoaded(runs.loaded));
  say(`\n${sentenceOf(runs)}\nWhat the earlier demo had of a run was replaced at once.`);
  return runs;
}

async function importAgain(context: Context, { say }: Story, before: ImportedRuns): Promise<void> {
  const runs = await importRuns(context, { overwrite: false });
  const known = runs.skipped.filter(({ reason }) => reason === "already imported").length;
  if (runs.loaded.length > 0 || known !== before.loaded.length) {
    throw new ReconciliationError(
      `import: of ${countOf(before.loaded.length, "run")} ${known} were known the second time and ` +
        `${runs.loaded.length} were loaded again: this is a defect, please report it`,
    );
  }
  say(`${sentenceOf(runs)}\nAll were skipped: nothing is counted twice.`);
}

async function summarise(context: Context, { say }: Story): Promise<void> {
  say(tableOfSummary(await listSummary(context)));
  say("\n- where no export says it. Amounts of different currencies are never added together.");
}

async function prove(
  context: Context,
  { say }: Story,
  written: readonly WrittenExport[],
  { loaded }: ImportedRuns,
): Promise<void> {
  const runs = await reconcileRuns(context);
  say(tableOfReconciled(runs));
  const sums = compareSums(written, runs);
  say("\nThe generator added up what it wrote into the files, the warehouse what it holds:\n");
  say(tableOfSums(sums));
  const wrong = sums.filter(({ difference }) => difference !== "0").length;
  if (wrong > 0 || runs.length !== loaded.length) {
    throw new ReconciliationError(
      `reconcile: ${runs.length} of ${countOf(loaded.length, "run")} were found and ` +
        `${wrong} of ${countOf(sums.length, "sum")} differ: this is a defect, please report it`,
    );
  }
  say(`\n${countOf(runs.length, "run")} and ${countOf(sums.length, "sum")}: every difference is 0.`);
}

function sentenceOf({ loaded, skipped }: ImportedRuns): string {
  const rows = loaded.reduce((sum, { report }) => sum + report.rowsLoaded, 0);
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  const counts = reasons.map((wanted) => `${skipped.filter(({ reason }) => reason === wanted).length} ${wanted}`);
  return `${countOf(loaded.length, "run")} loaded, ${formatCount(rows)} rows; ${skipped.length} skipped: ${counts.join(", ")}.`;
}

function storedBytes({ parts }: WrittenExport): number {
  return parts.reduce((sum, { byteCount }) => sum + byteCount, 0);
}
