import { ManifestError } from "../domain/errors.ts";
import { monthOf } from "../domain/month.ts";
import type { Part, Run } from "../domain/run.ts";
import { baseName, readLayout } from "./layout.ts";
import type { CostManifest, ManifestBlob } from "./manifest.ts";
import type { StoredFile } from "./store.ts";
import { parseSubmittedAt } from "./submitted-at.ts";

/**
 * The run that a manifest describes, its parts found among the listed files. Throws ManifestError when a part is not
 * there or is not what the manifest says, so that no half delivery is ever imported.
 */
export function runFromManifest(
  source: string,
  manifest: CostManifest,
  file: StoredFile,
  listing: ReadonlyMap<string, StoredFile>,
): Run {
  const parts = manifest.blobs.map((blob) => findPart(blob, file.path, listing));
  if (new Set(parts.map((part) => part.path)).size !== parts.length) {
    throw new ManifestError(`${file.path}: two of its blobs are the same file: restore the folder as Azure wrote it`);
  }
  return {
    source,
    export: manifest.export,
    exportName: manifest.exportName,
    dataset: manifest.dataset,
    month: monthOf(manifest.days.first),
    runId: manifest.runId,
    submittedAt: manifest.submittedAt ?? modifiedAtOf(file),
    days: manifest.days,
    manifestPath: file.path,
    dataVersion: manifest.dataVersion,
    declaredRowCount: manifest.rowCount,
    parts,
  };
}

/** A file's modification time as `Run.submittedAt`, where nothing says when the run was asked for. */
export function modifiedAtOf(file: StoredFile): string {
  return parseSubmittedAt(file.modifiedAt) ?? file.modifiedAt;
}

function findPart(blob: ManifestBlob, manifestPath: string, listing: ReadonlyMap<string, StoredFile>): Part {
  const file = resolveBlob(blob.name, manifestPath, listing);
  if (file === undefined) {
    throw new ManifestError(
      `${manifestPath}: names the blob ${JSON.stringify(blob.name)}, which the source's folder does not hold: ` +
        "it was deleted or lies outside, or Azure is just replacing it; try again, else run the export again",
    );
  }
  if (blob.byteCount !== null && blob.byteCount !== file.byteCount) {
    throw new ManifestError(
      `${manifestPath}: says ${blob.byteCount} bytes for ${file.path}, which has ${file.byteCount}: ` +
        "it was cut off or replaced; try again, else run the export again",
    );
  }
  return {
    path: file.path,
    byteCount: file.byteCount,
    declaredByteCount: blob.byteCount,
    declaredRowCount: blob.rowCount,
    etag: file.etag,
    ...(blob.md5 === undefined ? {} : { declaredMd5: blob.md5 }),
  };
}

/**
 * The listed file that a manifest means. Names are relative to the container that Azure wrote to, which need not be
 * this place: a copy lies elsewhere, a local folder begins further down, and some names begin with the container's own.
 * So: as written; without stray spaces; beside the manifest; then without its first folders, one after the other.
 * Only listed files are ever found, so nothing outside the source's base folder can be.
 */
function resolveBlob(
  name: string,
  manifestPath: string,
  listing: ReadonlyMap<string, StoredFile>,
): StoredFile | undefined {
  const segments = name.split("/").map((segment) => segment.trim());
  const { folder } = readLayout(manifestPath);
  const candidates = [name, segments.join("/"), [folder, baseName(segments.join("/"))].filter(Boolean).join("/")];
  for (let at = 1; at < segments.length - 1; at++) candidates.push(segments.slice(at).join("/"));
  return candidates.map((candidate) => listing.get(candidate)).find((file) => file !== undefined);
}
