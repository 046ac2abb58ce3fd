import { randomUUID } from "node:crypto";
import { managementHeaders, refusal } from "./answers.ts";
import type { BlobShelf } from "./blobs.ts";
import { readReportRequest, versionProblem } from "./cost-details-request.ts";
import type { AskedReport } from "./cost-details-request.ts";
import type { SimulatedAnswer, SimulatedRequest } from "./server.ts";

/** A report that can be asked for. */
export type SimulatedReport = {
  /** Only of this scope, such as `/subscriptions/…`; of every one without it. */
  readonly scope?: string;
  readonly metric: "ActualCost" | "AmortizedCost";
  /** The month that is asked for, by its days or as a billing period; such as 2026-05. */
  readonly month: string;
  /** Only of this invoice; everything without it. */
  readonly invoiceId?: string;
  /** The CSV text of each blob, without a byte order mark: the service puts one before each. */
  readonly blobs: readonly (string | Buffer)[];
};

/** How the service behaves; what is not said stays as it was. */
export type CostDetailsManners = {
  /** How often an operation answers 202 before it is finished; 1 by default. */
  readonly polls: number;
  /** The Retry-After of every 202: seconds, or "date" for an HTTP date a second ahead; null for none. 0 by default. */
  readonly retryAfter: number | "date" | null;
  /**
   * Where a 202 sends to look again: the same place, `another path` for each look (the old one is gone then), `another
   * host` (which a client must refuse), or `nowhere` (no Location at all, only in looks). "same place" by default.
   */
  readonly location: "same place" | "another path" | "another host" | "nowhere";
  /** What becomes of a report: its blobs, an error, or 200 at once. "completed" by default. */
  readonly outcome: "completed" | "failed" | "completed at once";
  /** How a period without data is answered: 204 to the request, 204 to a look, or the status NoDataFound. */
  readonly noData: "no content" | "no content later" | "NoDataFound";
  /** Whether blobs start with a byte order mark; true by default, as in Azure. */
  readonly hasBom: boolean;
  /** How long links are good, in seconds; an hour by default. */
  readonly linkSeconds: number;
};

/** Cost Details API of the simulator. */
export type SimulatedCostDetails = {
  /** Puts a report there; one of the same scope, metric, month and invoice is replaced. */
  setReport(report: SimulatedReport): void;
  /** There is no report of anything any more. */
  removeReports(): void;
  /** Changes how the service behaves from now on. */
  behave(manners: Partial<CostDetailsManners>): void;
  /** Every operation that was begun so far is gone: looks answer 404. */
  forgetOperations(): void;
  /** The reports that were asked for, in their order. */
  readonly asked: readonly AskedReport[];
};

type Operation = AskedReport & { path: string; looks: number; readonly body: unknown };

const RESULTS = "providers/Microsoft.CostManagement/costDetailsOperationResults";
const STATUS = "providers/Microsoft.CostManagement/costDetailsOperationStatus";
/** What the simulator's servers need of it. */
export type CostDetailsApi = SimulatedCostDetails & {
  /** Answers POST generateCostDetailsReport. */
  begin(request: SimulatedRequest, origin: string): SimulatedAnswer;
  /** Answers GET of an operation. */
  look(request: SimulatedRequest, origin: string): SimulatedAnswer;
  /** Where a Location on another host leads. */
  setElsewhere(url: string): void;
};

/** The API, which validates what it is asked as Azure does. */
export function createCostDetails(shelf: BlobShelf, now: () => Date): CostDetailsApi {
  const reports = new Map<string, SimulatedReport>();
  const operations = new Map<string, Operation>();
  const asked: AskedReport[] = [];
  let elsewhere = "";
  let manners: CostDetailsManners = {
    polls: 1,
    retryAfter: 0,
    location: "same place",
    outcome: "completed",
    noData: "NoDataFound",
    hasBom: true,
    linkSeconds: 3600,
  };

  const reportOf = ({ scope, metric, period }: AskedReport): SimulatedReport | undefined => {
    const invoiceId = period !== null && "invoiceId" in period ? period.invoiceId : undefined;
    const month = monthOf(period, now());
    const whole = { metric, month: invoiceId === undefined ? month : "", invoiceId };
    return reports.get(keyOf({ ...whole, scope })) ?? reports.get(keyOf(whole));
  };

  const accepted = (operation: Operation, origin: string, isFirst: boolean): SimulatedAnswer => {
    if (manners.location === "another path" && !isFirst) {
      operation.path = operation.path.includes(RESULTS)
        ? operation.path.replace(RESULTS, STATUS)
        : operation.path.replace(STATUS, RESULTS).replace(/[^/]+$/, randomUUID());
      operations.set(operation.path, operation);
    }
    const host = manners.location === "another host" ? elsewhere : origin;
    const location = `${host}${operation.path}?api-version=2025-03-01`;
    const { retryAfter } = manners;
    const wait = retryAfter === "date" ? new Date(now().getTime() + 1000).toUTCString() : String(retryAfter);
    return {
      status: 202,
      headers: {
        ...managementHeaders(),
        ...(manners.location === "nowhere" && !isFirst ? {} : { location }),
        ...(retryAfter === null ? {} : { "retry-after": wait }),
      },
    };
  };

  const finished = (operation: Operation): SimulatedAnswer => {
    const report = reportOf(operation);
    const id = operation.operation;
    const common = { id: operation.path.replace(/^\//, ""), name: id };
    const answer = (body: object): SimulatedAnswer => ({
      status: 200,
      headers: managementHeaders(),
      body: JSON.stringify({ ...common, ...body }),
    });
    if (manners.outcome === "failed") {
      return answer({
        status: "Failed",
        error: { code: "InternalServerError", message: "Failed to generate the report." },
      });
    }
    if (report === undefined) {
      if (manners.noData === "no content later") return { status: 204, headers: managementHeaders() };
      return answer({ status: "NoDataFound", manifest: null, validTill: null });
    }
    const until = new Date(now().getTime() + manners.linkSeconds * 1000);
    const bytes = report.blobs.map((blob) => bytesOf(blob, manners.hasBom));
    const blobs = bytes.map((content, index) => {
      const path = `/armreports/${monthOf(operation.period, now()).replace("-", "")}/${id}_${index}`;
      if (operation.looks <= manners.polls + 1) shelf.put(path, content);
      return { blobLink: shelf.linkTo(path, until), byteCount: content.length };
    });
    return answer({
      status: "Completed",
      manifest: {
        manifestVersion: "2025-03-01",
        dataFormat: "Csv",
        blobCount: blobs.length,
        // Not the sum of the blobs: it is not in Microsoft's own example either.
        byteCount: blobs.reduce((sum, { byteCount }) => sum + byteCount, 0) * 2 + 1,
        compressData: false,
        requestContext: { requestScope: operation.scope.replace(/^\//, ""), requestBody: operation.body },
        blobs,
      },
      validTill: until.toISOString().replace("Z", "1973Z"),
    });
  };

  return {
    asked,
    setReport(report) {
      reports.set(keyOf({ ...report, month: report.invoiceId === undefined ? report.month : "" }), report);
    },
    removeReports: () => reports.clear(),
    behave(change) {
      manners = { ...manners, ...change };
    },
    forgetOperations: () => operations.clear(),
    setElsewhere(url) {
      elsewhere = url;
    },
    begin(request, origin) {
      const wanted = readReportRequest(request, now());
      if ("status" in wanted) return wanted;
      const { scope } = wanted;
      const operation: Operation = {
        ...wanted,
        operation: randomUUID(),
        path: "",
        looks: 0,
        body: JSON.parse(request.body),
      };
      operation.path = `${scope}/${RESULTS}/${operation.operation}`;
      asked.push(operation);
      if (manners.noData === "no content" && reportOf(operation) === undefined) {
        return { status: 204, headers: managementHeaders() };
      }
      operations.set(operation.path, operation);
      return manners.outcome === "completed at once" ? finished(operation) : accepted(operation, origin, true);
    },
    look({ path, query }, origin) {
      const problem = versionProblem(query);
      if (problem !== null) return problem;
      const operation = operations.get(path);
      if (operation === undefined || operation.path !== path) {
        return refusal(404, "NotFound", "The operation was not found or has expired.");
      }
      operation.looks += 1;
      const isDone = operation.looks > manners.polls || manners.outcome === "completed at once";
      return isDone ? finished(operation) : accepted(operation, origin, false);
    },
  };
}

function keyOf(report: {
  readonly scope?: string | undefined;
  readonly metric: string;
  readonly month: string;
  readonly invoiceId?: string | undefined;
}): string {
  return JSON.stringify([report.scope?.toLowerCase() ?? null, report.metric, report.month, report.invoiceId ?? null]);
}

function monthOf(period: AskedReport["period"], now: Date): string {
  if (period !== null && "start" in period) return period.start.slice(0, 7);
  if (period !== null && "billingPeriod" in period) return period.billingPeriod.replace(/^(\d{4})(\d\d)$/, "$1-$2");
  return now.toISOString().slice(0, 7);
}

function bytesOf(blob: string | Buffer, hasBom: boolean): Buffer {
  const bytes = Buffer.isBuffer(blob) ? blob : Buffer.from(blob);
  return hasBom ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]) : bytes;
}
