import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip, gzipSync } from "node:zlib";
import { z } from "zod";
import { formatSum, toSumUnits } from "../src/demo/decimal.ts";
import type { ExportFacts, GeneratedExport } from "./exports.ts";

const Manifest = z.looseObject({
  blobs: z.array(z.looseObject({ blobName: z.string(), byteCount: z.number(), dataRowCount: z.number() })),
});

/**
 * Writes a larger export: of each part its header once and its records so many times, which in a gzipped file are
 * members of their own, compressed once. Its total is exactly so many times that of the base.
 */
export async function repeatExport(base: GeneratedExport, copies: number, directory: string): Promise<ExportFacts> {
  const started = performance.now();
  const parts: { path: string; byteCount: number; rowCount: number }[] = [];
  let headerByteCount = 0;
  for (const { path, rowCount } of base.parts) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    headerByteCount += await repeatPart(join(base.directory, path), copies, target);
    parts.push({ path, rowCount: rowCount * copies, byteCount: (await stat(target)).size });
  }
  await writeManifest(base, parts, directory);
  return {
    rowCount: base.rowCount * copies,
    rawByteCount: headerByteCount + (base.rawByteCount - headerByteCount) * copies,
    parts,
    manifestPath: base.manifestPath,
    total: formatSum(toSumUnits(base.total) * BigInt(copies)),
    generatedInSeconds: base.generatedInSeconds + (performance.now() - started) / 1000,
  };
}

/** Gives the bytes of the header. */
async function repeatPart(source: string, copies: number, target: string): Promise<number> {
  const isGzipped = source.endsWith(".gz");
  const records = `${target}.records`;
  const header: Buffer[] = [];
  await pipeline(
    createReadStream(source),
    isGzipped ? createGunzip() : new PassThrough(),
    (text: AsyncIterable<Buffer>) => behindHeader(text, header),
    isGzipped ? createGzip({ level: 6 }) : new PassThrough(),
    createWriteStream(records),
  );
  const first = Buffer.concat(header);
  await writeFile(target, isGzipped ? gzipSync(first) : first);
  for (let copy = 0; copy < copies; copy++) {
    await pipeline(createReadStream(records), createWriteStream(target, { flags: "a" }));
  }
  await rm(records);
  return first.length;
}

async function* behindHeader(text: AsyncIterable<Buffer>, header: Buffer[]): AsyncGenerator<Buffer> {
  let isBehind = false;
  for await (const chunk of text) {
    const end: number = isBehind ? 0 : chunk.indexOf("\n") + 1; // names of columns hold no line breaks
    if (!isBehind) header.push(end === 0 ? chunk : chunk.subarray(0, end));
    isBehind ||= end > 0;
    if (isBehind) yield chunk.subarray(end);
  }
}

async function writeManifest(base: GeneratedExport, parts: ExportFacts["parts"], directory: string): Promise<void> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(base.directory, base.manifestPath), "utf8")));
  const blobs = manifest.blobs.map((blob) => {
    const part = parts.find(({ path }) => path === blob.blobName);
    return { ...blob, byteCount: part?.byteCount ?? blob.byteCount, dataRowCount: part?.rowCount ?? blob.dataRowCount };
  });
  const sum = (of: (blob: (typeof blobs)[number]) => number) => blobs.reduce((total, blob) => total + of(blob), 0);
  const repeated = {
    ...manifest,
    byteCount: sum((blob) => blob.byteCount),
    dataRowCount: sum((blob) => blob.dataRowCount),
    blobs,
  };
  await writeFile(join(directory, base.manifestPath), JSON.stringify(repeated, null, 2));
}
