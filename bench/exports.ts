import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { formatSum } from "../src/demo/decimal.ts";
import { createEstate } from "../src/demo/estate.ts";
import { folderSink } from "../src/demo/sink.ts";
import { writeExport } from "../src/demo/write-export.ts";
import { daysOfMonth, parseMonth } from "../src/domain/month.ts";

/** How large a generated export is, and how it is stored. */
export type ExportSize = { readonly rows: number; readonly parts: number; readonly isGzipped: boolean };

const Facts = z.object({
  rowCount: z.number(),
  rawByteCount: z.number(),
  /** Paths below the directory. */
  parts: z.array(z.object({ path: z.string(), byteCount: z.number(), rowCount: z.number() })),
  /** The exact sum of the costs, made from the generated text. */
  total: z.string(),
  /** What it cost to generate it. */
  generatedInSeconds: z.number(),
});

/** An export on disk, with what is known of it from its generation. */
export type GeneratedExport = z.infer<typeof Facts> & { readonly directory: string; readonly isFromCache: boolean };

const CACHE = join(tmpdir(), "billhouse-bench");
const FACTS = ".facts.json"; // the folder store does not see files whose name begins with a dot
const MONTH = parseMonth("2026-05");

/** Generates an EA export of 55 columns, or takes the same one of an earlier time. Its bytes are in the page cache. */
export async function provideExport(size: ExportSize): Promise<GeneratedExport> {
  const name = `ea-${size.rows}x${size.parts}${size.isGzipped ? "-gz" : ""}-`;
  const directory = join(CACHE, name + (await generatorVersion()));
  const facts = await readFile(join(directory, FACTS), "utf8").catch(() => undefined);
  if (facts === undefined) {
    await removeVersions(name);
    await generate(directory, size);
  }
  const known = Facts.parse(JSON.parse(facts ?? (await readFile(join(directory, FACTS), "utf8"))));
  for (const { path } of known.parts) for await (const _ of createReadStream(join(directory, path)));
  return { ...known, directory, isFromCache: facts !== undefined };
}

/** A change of the generators makes other files. */
async function generatorVersion(): Promise<string> {
  const folder = fileURLToPath(new URL("../src/demo/", import.meta.url));
  const digest = createHash("sha256");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ts")).toSorted();
  for (const file of [...names.map((name) => join(folder, name)), fileURLToPath(import.meta.url)]) {
    digest.update(await readFile(file));
  }
  return digest.digest("hex").slice(0, 8);
}

/** Files of the same size that no generator makes any more. */
async function removeVersions(name: string): Promise<void> {
  const cached = await readdir(CACHE).catch(() => []);
  const old = cached.filter((entry) => entry.startsWith(name));
  await Promise.all(old.map((entry) => rm(join(CACHE, entry), { recursive: true, force: true })));
}

/** Appears under its name only when it is complete. */
async function generate(directory: string, { rows, parts, isGzipped }: ExportSize): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(join(CACHE, "unfinished-"));
  try {
    const started = performance.now();
    const written = await writeExport(folderSink(unfinished), {
      estate: createEstate({ seed: "bench", agreement: "ea", currency: "EUR", subscriptions: 40, resources: 8000 }),
      columns: "ea-2023-12-01-preview",
      dataset: "actual",
      days: daysOfMonth(MONTH),
      rows,
      parts,
      level: 6,
      gzip: isGzipped,
      bom: false,
      eol: "\n",
      exportName: "bench",
      runId: "3f0c6a52-5b7e-4c1d-9a83-0e7b1d2f4c66",
      submittedAt: "2026-06-03T04:12:31.7047394Z",
      layout: "overwrite",
      rootFolder: "exports",
    });
    const { rowCount, rawByteCount } = written;
    const total = formatSum(written.sums.reduce((sum, one) => sum + one.sum, 0n));
    const generatedInSeconds = (performance.now() - started) / 1000;
    const facts: z.infer<typeof Facts> = {
      rowCount,
      rawByteCount,
      parts: [...written.parts],
      total,
      generatedInSeconds,
    };
    await writeFile(join(unfinished, FACTS), JSON.stringify(facts));
    await rename(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Demands that every row of the export arrived, and every digit of its costs. */
export function requireTotals(generated: GeneratedExport, arrived: { rows: string; total: string }, who: string): void {
  if (arrived.rows === `${generated.rowCount}` && arrived.total === generated.total) return;
  throw new Error(
    `${who}: ${arrived.rows} rows with ${arrived.total} arrived of ${generated.rowCount} with ${generated.total}. ` +
      "A figure of wrong totals is worth nothing: find the difference first.",
  );
}
