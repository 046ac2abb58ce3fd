import { stringify } from "lossless-json";
import type { SimulatedAnswer, SimulatedRequest } from "./server.ts";

/** The enrolment that there is, and its API key. */
export const EA_ENROLLMENT = "100";
/** Every kind of secret of the simulator is recognisable. */
export const EA_KEY = "KEY-SECRET-1";

/** Items of a month; numbers as LosslessNumber keep every digit. */
export type SimulatedUsage = { readonly month: string; readonly items: readonly object[] };

/** How the pages of an answer are wrapped. */
export type EaEnvelope = {
  /** The field that holds the items; null for a bare array, which has one page only. */
  readonly items: "data" | "value" | "content" | null;
  /** How the next page is told: by a link under this name, or by `hasMoreData` and a `pageindex` to ask for. */
  readonly next: "nextLink" | "nextPageLink" | "@odata.nextLink" | "hasMoreData";
  /** What the link of the last page is. */
  readonly last: "absent" | "empty" | "null";
  readonly hasBom: boolean;
};

/** EA reporting API of the simulator. */
export type SimulatedEa = {
  /** Puts the items of a month there; a month that has none is empty. */
  setUsage(usage: SimulatedUsage): void;
  /** How many items a page has from now on; 1000 by default. */
  setPageSize(count: number): void;
  /**
   * How answers are wrapped from now on. Without it each family has its own: v2 and v3 `data` and `nextLink`,
   * `usage-report` a bare array, `usage-report/paginated…` `content` and `nextLink` behind a byte order mark.
   */
  setEnvelope(envelope: Partial<EaEnvelope>): void;
  /** What a month without items is: an empty envelope, CSV text where JSON was asked for (as `usage-report` does), or 404. */
  setNoData(answer: "empty" | "csv" | "not found"): void;
  /**
   * Answers a path with its query, such as `/rest/100/usage-report?month=2026-05&type=detail&fmt=Json`, with this
   * instead, whoever asks with the right key.
   */
  setAnswer(url: string, answer: SimulatedAnswer): void;
};

const VERSIONED: EaEnvelope = { items: "data", next: "nextLink", last: "empty", hasBom: false };
const REPORT: EaEnvelope = { items: null, next: "nextLink", last: "absent", hasBom: false };
const PAGINATED: EaEnvelope = { items: "content", next: "nextLink", last: "null", hasBom: true };

/** The API: `/v2` and `/v3/enrollments/…` and `/rest/{enrolment}/usage-report…`. */
export function createEa(now: () => Date): SimulatedEa & {
  answer(request: SimulatedRequest, origin: string): SimulatedAnswer;
} {
  const months = new Map<string, readonly object[]>();
  let pageSize = 1000;
  let changed: Partial<EaEnvelope> = {};
  const answers = new Map<string, SimulatedAnswer>();
  let noData: "empty" | "csv" | "not found" | undefined;

  const itemsOf = (asked: Asked): readonly object[] =>
    [...months].filter(([month]) => asked.first <= month && month <= asked.last).flatMap(([, items]) => items);

  const page = (asked: Asked, request: SimulatedRequest, origin: string): SimulatedAnswer => {
    const items = itemsOf(asked);
    const envelope = { ...asked.envelope, ...changed };
    if (items.length === 0) {
      const answer = noData ?? (asked.envelope === REPORT ? "csv" : "empty");
      if (answer === "csv") return textAnswer(EMPTY_CSV, "text/csv");
      if (answer === "not found") return eaRefusal(404, "The data is not found.");
    }
    if (envelope.items === null) return jsonAnswer(items, envelope.hasBom);
    const index = Number(request.query.get("pageindex") ?? request.query.get("pageIndex") ?? 0);
    const shown = items.slice(index * pageSize, (index + 1) * pageSize);
    const hasMore = (index + 1) * pageSize < items.length;
    const body: Record<string, unknown> = { id: request.path, [envelope.items]: shown };
    if (envelope.next === "hasMoreData") body["hasMoreData"] = hasMore;
    else if (hasMore) body[envelope.next] = linkTo(request, origin, index + 1);
    else if (envelope.last !== "absent") body[envelope.next] = envelope.last === "empty" ? "" : null;
    return jsonAnswer(body, envelope.hasBom);
  };

  return {
    setUsage({ month, items }) {
      months.set(month, items);
    },
    setPageSize(count) {
      pageSize = count;
    },
    setEnvelope(envelope) {
      changed = envelope;
    },
    setNoData(answer) {
      noData = answer;
    },
    setAnswer: (url, answer) => void answers.set(url, answer),
    answer(request, origin) {
      if (!/^bearer KEY-SECRET-1$/i.test(request.headers["authorization"] ?? "")) {
        return eaRefusal(401, "API key is invalid or has expired.");
      }
      const set = answers.get(request.rawUrl);
      if (set !== undefined) return set;
      const list = listOf(request.path, [...months.keys()], origin);
      if (list !== null) return list;
      const asked = askedOf(request, now());
      if (asked === null) return eaRefusal(404, "No HTTP resource was found that matches the request.");
      if ("problem" in asked) return eaRefusal(400, asked.problem);
      return asked.enrollment === EA_ENROLLMENT
        ? page(asked, request, origin)
        : eaRefusal(403, "The key does not belong to the enrollment.");
    },
  };
}

type Asked = {
  readonly enrollment: string;
  readonly first: string;
  readonly last: string;
  readonly envelope: EaEnvelope;
};

function askedOf({ path, query }: SimulatedRequest, now: Date): Asked | { readonly problem: string } | null {
  const versioned =
    /^\/v[23]\/enrollments\/([^/]+)\/(?:billingPeriods\/([^/]+)\/)?(usagedetails|usagedetailsbycustomdate)$/i.exec(
      path,
    );
  if (versioned !== null) {
    const [, enrollment = "", period, what = ""] = versioned;
    const common = { enrollment, envelope: VERSIONED };
    if (what.toLowerCase() === "usagedetailsbycustomdate") {
      const [start, end] = [query.get("startTime"), query.get("endTime")];
      if (start === null || end === null || start > end) return { problem: "startTime and endTime are required." };
      return { ...common, first: start.slice(0, 7), last: end.slice(0, 7) };
    }
    if (period !== undefined && !/^\d{6}$/.test(period)) return { problem: "The billing period has to be yyyymm." };
    const month = period?.replace(/^(\d{4})/, "$1-") ?? now.toISOString().slice(0, 7);
    return { ...common, first: month, last: month };
  }
  const rest = /^\/rest\/([^/]+)\/usage-report(\/paginated(?:V\d)?)?$/i.exec(path);
  if (rest === null) return null;
  const [, enrollment = "", paginated] = rest;
  const month = query.get("month");
  if (month === null || !/^\d{4}-\d\d$/.test(month)) return { problem: "month has to be yyyy-mm." };
  if (query.get("fmt")?.toLowerCase() !== "json") return { problem: "Only fmt=Json is simulated." };
  if (paginated === undefined && !/^(detail|summary)$/i.test(query.get("type") ?? "")) {
    return { problem: "type has to be detail or summary." };
  }
  return { enrollment, first: month, last: month, envelope: paginated === undefined ? REPORT : PAGINATED };
}

/** The lists of what there is: of billing periods, and of months. */
function listOf(path: string, months: readonly string[], origin: string): SimulatedAnswer | null {
  const enrollment = /^\/v[23]\/enrollments\/([^/]+)\/billingperiods$/i.exec(path)?.[1];
  const reporting = /^\/rest\/([^/]+)\/usage-reports$/i.exec(path)?.[1];
  const owner = enrollment ?? reporting;
  if (owner === undefined) return null;
  if (owner !== EA_ENROLLMENT) return eaRefusal(403, "The key does not belong to the enrollment.");
  if (reporting !== undefined) {
    const link = (month: string, type: string) => `/rest/${reporting}/usage-report?month=${month}&type=${type}`;
    return jsonAnswer(
      {
        ObjectType: "Usage",
        ContractVersion: "1.0",
        AvailableMonths: months.map((month) => ({
          Month: month,
          LinkToDownloadSummaryReport: link(month, "summary"),
          LinkToDownloadDetailReport: link(month, "detail"),
        })),
      },
      false,
    );
  }
  const periods = months.map((month) => ({
    billingPeriodId: month.replace("-", ""),
    billingStart: `${month}-01T00:00:00Z`,
    billingEnd: `${month}-28T00:00:00Z`,
    balanceSummary: "",
    usageDetails: `${origin}/v3/enrollments/${owner}/billingPeriods/${month.replace("-", "")}/usagedetails`,
    marketplaceCharges: "",
    priceSheet: "",
  }));
  return jsonAnswer(periods, false);
}

function linkTo({ rawUrl }: SimulatedRequest, origin: string, index: number): string {
  const url = new URL(rawUrl, origin);
  url.searchParams.delete("pageIndex");
  url.searchParams.set("pageindex", String(index));
  return url.href;
}

function jsonAnswer(body: unknown, hasBom: boolean): SimulatedAnswer {
  return textAnswer(`${hasBom ? "\uFEFF" : ""}${stringify(body) ?? ""}`, "application/json; charset=utf-8");
}

function textAnswer(body: string, contentType: string): SimulatedAnswer {
  return { status: 200, headers: { "content-type": contentType, "cache-control": "no-cache" }, body };
}

function eaRefusal(status: number, message: string): SimulatedAnswer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify({ error: { code: String(status), message } }),
  };
}

/** What an empty month is where JSON was asked for. */
const EMPTY_CSV = '"Usage Data Extract",\r\n"",\r\n"AccountOwnerId","Account Name","ServiceAdministratorId"\r\n';
