import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { WorkflowHandle } from "@temporalio/client";
import { ApiError, ApiRefusalError, FileError, StorageError } from "../src/domain/errors.ts";
import { parseMonth } from "../src/domain/month.ts";
import {
  backfillId,
  IMPORT_ALL_ID,
  importId,
  importRunId,
  MESSAGES,
  PRUNE_ID,
  TRACKING_IDS,
} from "../src/domain/workflow-names.ts";
import type { RunProgress, SourceProgress } from "../workflows/progress.ts";
import { inStudio } from "./history-studio.ts";
import type { Hindrance, Studio } from "./history-studio.ts";

// Runs every workflow in every way it can go and writes down what Temporal remembers of it. The test temporal-replay
// holds later versions of the workflows against it. Given the names of some, it writes only those: the others stay as an
// earlier version has left them.

/** Histories by the names of their files. */
type Recorded = Readonly<Record<string, WorkflowHandle>>;

const FOLDER = fileURLToPath(new URL("../test/fixtures/histories/", import.meta.url));
const SCENES = [
  playImports,
  playRetries,
  playRefusals,
  playFailures,
  playCancelled,
  playBackfill,
  playPrune,
  playExtractions,
  playCancelledExtraction,
  playTracking, // last: from the first rule on every import has resources to assign
];
const MAY = parseMonth("2026-05");
const APRIL = parseMonth("2026-04");
const PATIENCE_MS = 30_000;

const histories = await inStudio(async (studio) => {
  const texts = new Map<string, string>();
  for (const play of SCENES) {
    for (const [name, handle] of Object.entries(await play(studio))) texts.set(name, await studio.historyOf(handle));
  }
  return texts;
});
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !histories.has(name));
if (unknown !== undefined) {
  throw new RangeError(`${unknown}: no such history. Give some of ${[...histories.keys()].join(", ")}.`);
}
if (wanted.length === 0) await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const written = [...histories].filter(([name]) => wanted.length === 0 || wanted.includes(name));
for (const [name, text] of written) await writeFile(join(FOLDER, `${name}.json`), text);
process.stdout.write(`${written.length} histories in ${FOLDER}\n`);

async function playImports(studio: Studio): Promise<Recorded> {
  const { deliver, start } = studio;
  const input = { source: "contoso" };
  const runId = await deliver({ source: "contoso", month: MAY, parts: 3 });
  await deliver({ source: "contoso", month: APRIL });
  const imported = await finished(await start("importSource", importId("contoso"), input));
  await deliver({ source: "contoso", month: MAY, day: 2 });
  const all = await finished(await start("importAll", IMPORT_ALL_ID, { sources: ["contoso", "nowhere"] }));
  const dryRun = { ...input, overwrite: true, dryRun: true };
  return {
    "import-source": imported,
    "import-run": runOf(studio, "contoso", runId),
    "import-all": all,
    "import-source-dry": await finished(await start("importSource", importId("contoso"), dryRun)),
  };
}

/** A part that fails once, and one that hangs until `retryPart` begins it anew, while the import is paused. */
async function playRetries(studio: Studio): Promise<Recorded> {
  const failsOnce: Hindrance = (nth) =>
    nth === 1 ? new StorageError("part_0: cannot read (500): try again") : undefined;
  const hangsOnce: Hindrance = (nth) => (nth === 1 ? "waits" : undefined);
  const hindrances = [failsOnce, hangsOnce];
  const runId = await studio.deliver({ source: "retried", month: MAY, parts: 3, hindrances });
  const handle = await studio.start("importSource", importId("retried"), { source: "retried" });
  const run = runOf(studio, "retried", runId);
  await until(async () => (await progressOf(run)).parts.done === 2);
  await handle.signal(MESSAGES.pause);
  await until(async () => (await progressOf(run)).isPaused);
  const [part] = (await progressOf(run)).loading;
  await run.executeUpdate(MESSAGES.retryPart, { args: [{ part }] });
  await until(async () => (await progressOf(run)).parts.done === 3);
  await handle.signal(MESSAGES.resume);
  return { "import-source-paused": await finished(handle), "import-run-retried": run };
}

/** What is written down beside an import is refused once, at its beginning or at its end. */
async function playRefusals(studio: Studio): Promise<Recorded> {
  const runId = await studio.deliver({ source: "refused", month: MAY });
  studio.refuse("runs", 1);
  studio.refuse("source_attempts", 2);
  const handle = await finished(await studio.start("importSource", importId("refused"), { source: "refused" }));
  await studio.deliver({ source: "unwritten", month: MAY });
  studio.refuse("source_attempts", 1);
  return {
    "import-source-refused": handle,
    "import-run-refused": runOf(studio, "refused", runId),
    "import-source-unwritten": await finished(
      await studio.start("importSource", importId("unwritten"), { source: "unwritten" }),
    ),
  };
}

/** The later of two runs is broken, so that the earlier one answers instead. */
async function playFailures(studio: Studio): Promise<Recorded> {
  const isBroken: Hindrance = () => new FileError("part_0: is no CSV. Nothing was published. Deliver the run again.");
  await studio.deliver({ source: "broken", month: MAY });
  const runId = await studio.deliver({ source: "broken", month: MAY, day: 2, hindrances: [isBroken] });
  const handle = await studio.start("importSource", importId("broken"), { source: "broken" });
  return { "import-source-failed": await finished(handle), "import-run-failed": runOf(studio, "broken", runId) };
}

/** Cancelled in mid-load, from the top down. */
async function playCancelled(studio: Studio): Promise<Recorded> {
  const hindrances: Hindrance[] = [() => "waits"];
  const runId = await studio.deliver({ source: "cancelled", month: MAY, parts: 2, hindrances });
  const handle = await studio.start("importAll", IMPORT_ALL_ID, { sources: ["cancelled"] });
  const run = runOf(studio, "cancelled", runId);
  await until(async () => (await progressOf(run)).parts.done === 1);
  await handle.cancel();
  return {
    "import-all-cancelled": await finished(handle),
    "import-source-cancelled": studio.client.workflow.getHandle(importId("cancelled")),
    "import-run-cancelled": run,
  };
}

/** Of more months than one execution takes. */
async function playBackfill({ start, client }: Studio): Promise<Recorded> {
  const input = { source: "contoso", from: "2025-04", to: MAY, overwrite: true };
  const handle = await finished(await start("backfill", backfillId("contoso"), input));
  return { backfill: handle, "backfill-continued": client.workflow.getHandle(handle.workflowId) };
}

async function playPrune({ start }: Studio): Promise<Recorded> {
  return { prune: await finished(await start("prune", PRUNE_ID)) };
}

/** Reports that take their time, are gone, are refused, and one of which there is nothing. */
async function playExtractions({ addApi, start }: Studio): Promise<Recorded> {
  const failed = new ApiError(
    "POST https://management.azure.com/…: 503: the service failed or was not reached; try again",
  );
  const refused = new ApiRefusalError("POST https://management.azure.com/…: 400: ask for another period");
  await addApi("extracted", ["pending", "pending", "gone", failed, "pending", "ready", refused, "pending", "no data"]);
  const input = { source: "extracted", billingPeriod: { first: "2026-03-01", last: "2026-05-31" }, extract: true };
  const months = await finished(await start("importSource", importId("extracted"), input));
  const dryRun = { source: "extracted", extract: true, dryRun: true };
  return {
    "import-source-extracted": months,
    "import-source-extracted-dry": await finished(await start("importSource", importId("extracted"), dryRun)),
  };
}

/** Paused while a report is made, and cancelled. */
async function playCancelledExtraction({ addApi, start }: Studio): Promise<Recorded> {
  await addApi("waiting", ["pending for long"]);
  const handle = await start("importSource", importId("waiting"), { source: "waiting" });
  await until(async () => (await handle.query<SourceProgress>(MESSAGES.progress)).extraction !== null);
  await handle.signal(MESSAGES.pause);
  await until(async () => (await handle.query<SourceProgress>(MESSAGES.progress)).isPaused);
  await handle.cancel();
  return { "import-source-extraction-cancelled": await finished(handle) };
}

/** Without rules an import asks whether there is something to be assigned, and that is all. */
async function playTracking({ addRule, deliver, start }: Studio): Promise<Recorded> {
  const importOne = async (source: string) => {
    await deliver({ source, month: MAY });
    return finished(await start("importSource", importId(source), { source }));
  };
  const withoutRules = await importOne("without-rules");
  await addRule();
  return {
    "import-source-without-rules": withoutRules,
    "import-source-tracked": await importOne("tracked"),
    "track-resources": await finished(await start("trackResources", TRACKING_IDS.anew, { anew: true })),
  };
}

function runOf({ client }: Studio, source: string, runId: string): WorkflowHandle {
  return client.workflow.getHandle(importRunId({ source, dataset: "actual", month: MAY, runId }));
}

async function progressOf(run: WorkflowHandle): Promise<RunProgress> {
  return run.query<RunProgress>(MESSAGES.progress);
}

/** Waits for the end of a workflow, whichever it is. */
async function finished(handle: WorkflowHandle): Promise<WorkflowHandle> {
  await handle.result().catch(() => undefined);
  return handle;
}

/** Waits until something is true; what cannot be asked yet is not. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isTrue().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`This did not come true: ${String(isTrue)}`);
    await sleep(20);
  }
}
