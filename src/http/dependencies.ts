import type { Warehouse } from "../../clickhouse/client.ts";
import { createEdits } from "../../clickhouse/edits.ts";
import type { Edits } from "../../clickhouse/edits.ts";
import { createTrackingSets } from "../../clickhouse/tracking-set.ts";
import type { TrackingSets } from "../../clickhouse/tracking-set.ts";
import { createVisibleSets } from "../../clickhouse/visible-set.ts";
import type { VisibleSets } from "../../clickhouse/visible-set.ts";
import type { ConnectionTest } from "../domain/connection-test.ts";
import type { RunReport } from "../domain/run-report.ts";
import type { Run } from "../domain/run.ts";
import type { Source } from "../domain/source.ts";
import type { WantedRules } from "../domain/tracking-changes.ts";
import type { RuleSet } from "../domain/tracking-rule.ts";
import { createAnswerCache } from "./answer-cache.ts";
import type { AnswerCache } from "./answer-cache.ts";
import { createQueryLane } from "./query-lane.ts";
import type { QueryLane } from "./query-lane.ts";
import { HTTP_DEFAULTS } from "./settings.ts";
import type { HttpSettings } from "./settings.ts";
import { createTokenBook } from "./token-book.ts";
import type { TokenBook } from "./token-book.ts";
import { createTrackingDesk } from "./tracking-desk.ts";
import type { TrackingDesk } from "./tracking-desk.ts";
import { createTraffic } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

/** Everything that the HTTP service works with. */
export type HttpDependencies = {
  readonly warehouse: Warehouse;
  readonly visibleSets: VisibleSets;
  /** Which evaluation of the tracking rules costs are read with. */
  readonly trackingSets: TrackingSets;
  /** What answers depend on beside the publications. */
  readonly edits: Edits;
  /** Where every query of a caller goes through: so many at once, so long, and none that nobody waits for. */
  readonly queries: QueryLane;
  readonly cache: AnswerCache;
  readonly imports: ImportsPort;
  readonly ingest: IngestPort;
  readonly testSource: TestSource;
  readonly ruleFiles: RuleFiles;
  /** What evaluates the tracking rules. */
  readonly tracking: TrackingDesk;
  readonly settings: HttpSettings;
  /** Who may call. */
  readonly tokens: TokenBook;
  /** The requests under way; a service that stops is not ready any more, and ends what was begun. */
  readonly traffic: Traffic;
  /** What /openapi.json says of the version. */
  readonly version: string;
  /** The present moment; tests fix it. */
  readonly now: () => Date;
};

/** Tests whether a source can be read, with the secrets that this process holds. */
export type TestSource = (source: Source, signal: AbortSignal) => Promise<ConnectionTest>;

/** In which form a rule file is written. */
export type RuleFileFormat = "yaml" | "json" | "csv";

/** Reads and writes rule files. */
export type RuleFiles = {
  /**
   * The rules of a file, whose form its name tells, checked as a whole. Throws InvalidRequestError that lists everything
   * that is wrong, each with its place.
   */
  read(warehouse: Warehouse, text: string, file: string): Promise<WantedRules>;
  /** A file that `read` reads as the same rules. */
  render(ruleSet: RuleSet, format: RuleFileFormat): string;
};

/** What starts imports, whatever does the work. */
export type ImportsPort = {
  /** Starts an import, or finds the one that is at the same already. */
  start(request: ImportRequest): Promise<StartedImport>;
  /** Undefined when it was never heard of, or is forgotten. */
  find(id: string): Promise<ImportState | undefined>;
  /** The last ones that are known, the newest first. */
  list(limit: number): Promise<readonly ImportState[]>;
  /** Takes the schedule away by which a source is imported, if it has one: without its source it would fail. */
  removeSchedule(source: string): Promise<void>;
};

/** What to import. */
export type ImportRequest = {
  readonly source: string;
  readonly dataset?: string;
  /** Half-open days. */
  readonly from?: string;
  readonly to?: string;
  readonly runId?: string;
  /** Import again what is published. */
  readonly overwrite: boolean;
};

/** An import under way; `isNew` is false where it was begun before. */
export type StartedImport = { readonly id: string; readonly isNew: boolean };

/** How far an import is: what came of runs, and the rows of those that are imported. */
export type ImportProgress = {
  readonly runs: {
    readonly total: number;
    readonly imported: number;
    readonly skipped: number;
    readonly failed: number;
  };
  readonly rows: number;
  readonly rejected: number;
};

/** How an import goes. */
export type ImportState = {
  readonly id: string;
  readonly source: string;
  readonly state: "running" | "done" | "failed" | "canceled";
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly error: string | null;
  /** How far it is; null where nobody can tell. */
  readonly progress: ImportProgress | null;
  /** What came of it, as `billhouse import --json` tells it. */
  readonly report: object | null;
};

/** What brings in a file that somebody sends. */
export type IngestPort = {
  /**
   * Loads the bytes as they come, as a run of one part, and publishes it when all of them have come. Asks for none of
   * them where the run is published already. Whatever fails or is aborted leaves nothing visible. Throws NotFoundError
   * without the source, AlreadyRunningError while the same run is sent, HttpError 503 while too many are, and what an
   * import of the file would.
   */
  push(request: PushRequest, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<PushedRun>;
  /** How many files are being brought in. */
  readonly running: () => number;
};

/** What somebody says of a file. */
export type PushRequest = Pick<Run, "source" | "exportName" | "dataset" | "month" | "runId"> & {
  /** How many rows it has; null where that is not said. */
  readonly rowCount: number | null;
  /** How many bytes are sent; null where that is not said. */
  readonly byteCount: number | null;
  /** Whether they are gzipped on their way only, and what they hold is the file. */
  readonly isGzipped: boolean;
  /** Import again what is published. */
  readonly overwrite: boolean;
};

/** What came of a file: `report` is null where its run was published before. */
export type PushedRun = {
  readonly run: Pick<Run, "source" | "export" | "exportName" | "dataset" | "month" | "runId" | "submittedAt" | "days">;
  readonly report: RunReport | null;
};

/** What has to be given to make a service; the rest is made. */
export type HttpServiceOptions = {
  readonly warehouse: Warehouse;
  readonly imports: ImportsPort;
  readonly ingest: IngestPort;
  readonly testSource: TestSource;
  readonly ruleFiles: RuleFiles;
  readonly settings?: Partial<HttpSettings>;
  readonly now?: () => Date;
  readonly version?: string;
  /** Hears of what goes wrong beside the requests. */
  readonly complain?: (what: string, error: unknown) => void;
};

/** Makes what the routes share. */
export function createHttpDependencies(options: HttpServiceOptions): HttpDependencies {
  const { warehouse, imports, ingest, testSource, ruleFiles, now = () => new Date(), version = "0" } = options;
  const complain = (what: string) => (error: unknown) => options.complain?.(what, error);
  const settings = { ...HTTP_DEFAULTS, ...options.settings };
  return {
    warehouse,
    imports,
    ingest,
    testSource,
    ruleFiles,
    tracking: createTrackingDesk(warehouse, complain("tracking rules were not evaluated")),
    settings,
    now,
    version,
    traffic: createTraffic(),
    tokens: createTokenBook(warehouse, now, complain("the use of a token was not written down")),
    edits: createEdits(warehouse),
    visibleSets: createVisibleSets(warehouse),
    trackingSets: createTrackingSets(warehouse),
    queries: createQueryLane(warehouse, settings),
    cache: createAnswerCache(settings.cacheBytes),
  };
}
