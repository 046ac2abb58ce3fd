import type { ReportBlob } from "./cost-details-report.ts";

/** For how long links are given again without asking: an operation may be asked twice a minute only. */
const KEPT_MILLISECONDS = 10 * 60_000;
const MOST_REPORTS = 100;

/** What was told of each report last, in this process's memory and nowhere else. */
const told = new Map<string, { readonly at: number; readonly blobs: Promise<readonly ReportBlob[]> }>();

/**
 * The blobs of a report as they were told a while ago, or asked for now: its parts are opened one after another. A list
 * that holds the link that was `refused` is not given again. Nobody fails because someone else's question did.
 */
export async function shareLinks(
  report: string,
  ask: () => Promise<readonly ReportBlob[]>,
  refused?: string,
): Promise<readonly ReportBlob[]> {
  const known = told.get(report);
  if (known !== undefined && performance.now() - known.at < KEPT_MILLISECONDS) {
    const blobs = await known.blobs.catch(() => undefined);
    if (blobs !== undefined && !blobs.some(({ link }) => link === refused)) return blobs;
  }
  const blobs = ask();
  told.delete(report); // the newest are last
  told.set(report, { at: performance.now(), blobs });
  for (const oldest of told.keys()) {
    if (told.size <= MOST_REPORTS) break;
    told.delete(oldest);
  }
  return blobs;
}
