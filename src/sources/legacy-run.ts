import { monthOf } from "../domain/month.ts";
import type { Run } from "../domain/run.ts";
import { guessDataset } from "./dataset-guess.ts";
import { baseName, readLayout, readLegacyName } from "./layout.ts";
import { modifiedAtOf } from "./manifest-run.ts";
import type { StoredFile } from "./store.ts";

/**
 * The run that a single file without a manifest is: `<export>/<20260501-20260531>/<export>_<run id>.csv`, how exports
 * were written before there were manifests. Null when its name or folders are others.
 */
export function runFromLegacyFile(source: string, file: StoredFile): Run | null {
  const { period, exportFolder, runId } = readLayout(file.path);
  const name = readLegacyName(file.path);
  // A folder named after a run belongs to an export that writes manifests: this one is not finished yet.
  if (name === null || period === null || runId !== null) return null;
  const { exportName } = name;
  const isOwnFolder = baseName(exportFolder).toLowerCase() === exportName.toLowerCase();
  return {
    source,
    export: (isOwnFolder ? exportFolder : `${exportFolder}/${exportName}`).toLowerCase(),
    exportName,
    dataset: guessDataset(exportName, exportFolder),
    month: monthOf(period.first),
    runId: name.runId,
    submittedAt: modifiedAtOf(file),
    days: period,
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: null,
    parts: [
      {
        path: file.path,
        byteCount: file.byteCount,
        declaredByteCount: null,
        declaredRowCount: null,
        etag: file.etag,
      },
    ],
  };
}
