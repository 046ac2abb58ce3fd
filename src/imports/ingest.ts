import { createActivities } from "../../activities/activities.ts";
import type { Activities } from "../../activities/activities.ts";
import { listKnownRuns } from "../../clickhouse/known-runs.ts";
import { importRun } from "../../workflows/import-run.ts";
import { readConfig } from "../config.ts";
import { AlreadyRunningError, PartLimitError } from "../domain/errors.ts";
import { daysOfMonth } from "../domain/month.ts";
import type { RunReport } from "../domain/run-report.ts";
import { runKeyOf } from "../domain/run.ts";
import type { Part, Run } from "../domain/run.ts";
import type { Source } from "../domain/source.ts";
import type { IngestPort, PushRequest } from "../http/dependencies.ts";
import { HttpError } from "../http/errors.ts";
import { watchActivities } from "../import-events.ts";
import { openExtractor } from "../sources/open-store.ts";
import { createPushBody } from "../sources/push-body.ts";
import type { PushBody } from "../sources/push-body.ts";
import { unpackOnce } from "../sources/push-encoding.ts";
import { attempt } from "./attempt.ts";
import { requireSource } from "./imports.ts";
import type { ImportsOptions } from "./imports.ts";

/** What brings files in for the service, and what ends that with it. */
export type Ingest = IngestPort & {
  /** Breaks off what is still coming in and waits for its end. */
  close(): Promise<void>;
};

/** How many files are brought in at once; who comes then is asked to come back. */
const CONCURRENT_FILES = 2;
const RETRY_AFTER_SECONDS = "30";
/** How messages and tables name the part of a run that was sent. */
const PART_PATH = "body";

/** Brings files in, in this process, wherever imports are done: what somebody sends cannot be sent on. */
export function createIngest(options: ImportsOptions): Ingest {
  const { env, cwd, warehouse, tell = () => undefined } = options;
  const { partLimitBytes } = readConfig(env, cwd);
  const stop = new AbortController();
  const works = new Map<string, Promise<RunReport>>();

  async function bringIn(
    source: Source,
    run: Run,
    request: PushRequest,
    bytes: AsyncIterable<Buffer>,
    left: AbortSignal,
  ): Promise<RunReport> {
    const file = request.isGzipped ? unpackOnce(PART_PATH, bytes) : bytes;
    const body = await createPushBody(PART_PATH, file, partLimitBytes);
    const { signal, forget } = endOf(stop.signal, left);
    const bound = createActivities({
      warehouse,
      openStore: () => body.store,
      openExtractor: (asked) => openExtractor(asked, env),
      signal,
      onProgress: (loaded) => tell({ event: "part progress", ...loaded }),
      partLimitBytes,
    });
    const activities = watchActivities(withSize(bound, body), (event) =>
      // Of what comes in chunks nobody knows the length before its end.
      tell(event.event === "part loaded" ? { ...event, byteCount: body.byteCount() } : event),
    );
    try {
      return await attempt(activities, source, signal, async () => {
        const part = await Promise.race([describePart(body, request), reasonOf(signal)]);
        return importRun(activities, { source, run: { ...run, parts: [part] } });
      });
    } finally {
      forget();
      await body.close();
    }
  }

  return {
    async push(request, bytes, left) {
      const source = await requireSource(warehouse, request.source);
      const run = describeRun(request);
      const key = runKeyOf(run);
      if (!request.overwrite && !works.has(key)) {
        const { dataset, month } = run;
        const known = await listKnownRuns(warehouse, { source: run.source, export: run.export, dataset, month });
        const same = known.find((one) => one.runId === run.runId && one.isWithdrawn !== true);
        if (same !== undefined) return { run: { ...run, ...same }, report: null };
      }
      if (works.has(key)) {
        throw new AlreadyRunningError(`${run.source}: the run ${run.runId} is being sent already. Wait for its end.`);
      }
      if (stop.signal.aborted || works.size >= CONCURRENT_FILES) throw busy();
      if ((request.byteCount ?? 0) > partLimitBytes) throw tooLarge(partLimitBytes);
      const work = bringIn(source, run, request, bytes, left);
      works.set(key, work);
      try {
        return { run, report: await work };
      } finally {
        works.delete(key);
      }
    },
    running: () => works.size,
    async close() {
      stop.abort();
      await Promise.allSettled(works.values());
    },
  };
}

function describeRun({ source, exportName, dataset, month, runId, rowCount }: PushRequest): Run {
  return {
    source,
    export: exportName.toLowerCase(),
    exportName,
    dataset,
    month,
    runId,
    submittedAt: new Date().toISOString().replace("Z", "0000Z"),
    days: daysOfMonth(month),
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: rowCount,
    parts: [],
  };
}

async function describePart(body: PushBody, { byteCount, rowCount, isGzipped }: PushRequest): Promise<Part> {
  const isWhole = await body.isParquet(); // its columns are described at its end
  const announced = isGzipped ? 0 : (byteCount ?? 0);
  return {
    path: PART_PATH,
    byteCount: isWhole ? await body.takeAll() : announced,
    declaredByteCount: null,
    declaredRowCount: rowCount,
    etag: "",
  };
}

/** The same activities, which write down how many bytes have come: of most files nobody says it beforehand. */
function withSize(activities: Activities, body: PushBody): Activities {
  const sized = (run: Run): Run => ({
    ...run,
    parts: run.parts.map((part) => ({ ...part, byteCount: body.byteCount() })),
  });
  return {
    ...activities,
    recordRun: (record) => activities.recordRun({ ...record, run: sized(record.run) }),
    finishRun: (input) => activities.finishRun({ ...input, run: sized(input.run) }),
  };
}

/** Aborted when the service stops or the sender leaves, with a reason that says so. */
function endOf(stopped: AbortSignal, left: AbortSignal): { signal: AbortSignal; forget: () => void } {
  const end = new AbortController();
  const say = (what: string) => () =>
    end.abort(new DOMException(`${PART_PATH}: ${what}. Nothing was published. Send the file again.`, "AbortError"));
  const [stop, leave] = [say("The service was stopped"), say("The sender has left")];
  stopped.addEventListener("abort", stop);
  left.addEventListener("abort", leave);
  if (stopped.aborted) stop();
  if (left.aborted) leave();
  return {
    signal: end.signal,
    forget() {
      stopped.removeEventListener("abort", stop);
      left.removeEventListener("abort", leave);
    },
  };
}

/** Rejects when the signal is aborted. */
function reasonOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const tell = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) tell();
    signal.addEventListener("abort", tell, { once: true });
  });
}

function busy(): HttpError {
  return new HttpError(503, "busy", `${CONCURRENT_FILES} files are being brought in already. Try again later.`, {
    headers: { "retry-after": RETRY_AFTER_SECONDS },
  });
}

function tooLarge(limitBytes: number): PartLimitError {
  return new PartLimitError(
    `${PART_PATH}: More than ${limitBytes / 2 ** 30} GiB are announced, which is the limit of a part. Nothing was ` +
      "published. Send less, or have BILLHOUSE_PART_LIMIT_GIB raised.",
  );
}
