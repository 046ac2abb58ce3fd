import type { CostDetailsSource } from "../domain/source.ts";
import { byteStream } from "./byte-stream.ts";
import { costDetailsPlace, goneReport, listReportBlobs } from "./cost-details.ts";
import { parsePartPath } from "./cost-details-operation.ts";
import { createPartStore } from "./part-store.ts";
import { downloadReportBlob } from "./report-blob.ts";
import { shareLinks } from "./report-links.ts";
import type { FileVersion, Store } from "./store.ts";

/** An operation may be asked twice a minute, and whoever opens its blobs has looked at it just before. */
const QUOTA_SECONDS = 90;

/**
 * The blobs of reports that were asked for. Their links are asked for when a blob is opened, because they run out, and
 * are told to nobody; the token stays with the management API.
 */
export function createCostDetailsStore(source: CostDetailsSource, environment: NodeJS.ProcessEnv): Store {
  const place = costDetailsPlace(source, environment, { longestWaitSeconds: QUOTA_SECONDS });

  async function* download(file: FileVersion, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const { operation, index } = parsePartPath(file.path);
    const report = `${source.name} ${place.management}${operation}`;
    const ask = () => listReportBlobs(place, operation, signal);
    let last: string | undefined;
    const link = async (isRefused: boolean) => {
      const blob = (await shareLinks(report, ask, isRefused ? last : undefined))[index];
      if (blob === undefined || isAnother(file, blob.byteCount)) throw goneReport(operation);
      return (last = blob.link);
    };
    yield* downloadReportBlob({ place: file.path, byteCount: file.byteCount || null, link }, signal);
  }

  return createPartStore({
    place: source.scope,
    async open(file, signal) {
      const stop = new AbortController();
      return byteStream(download(file, stop.signal), stop, signal);
    },
    advice: `ask for reports by \`billhouse import --source ${source.name}\``,
  });
}

/** Azure's documents say nothing of whether an operation may give another report later. */
function isAnother(file: FileVersion, byteCount: number | null): boolean {
  return file.byteCount > 0 && byteCount !== null && byteCount !== file.byteCount;
}
