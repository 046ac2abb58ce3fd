import { randomUUID } from "node:crypto";
import { stringify } from "lossless-json";
import { managementHeaders, refusal } from "./answers.ts";
import type { SimulatedAnswer, SimulatedRequest } from "./server.ts";

/** Items of a month; numbers as LosslessNumber keep every digit. */
export type SimulatedItems = {
  /** Only of this scope, such as `/subscriptions/…`; of every one without it. */
  readonly scope?: string;
  readonly metric: "actualcost" | "amortizedcost" | "usage";
  /** The month that the filter asks for, such as 2026-05; everything that is asked for without it. */
  readonly month?: string;
  /** Given as they are, whatever the filter says: also those of other days. */
  readonly items: readonly object[];
};

/** Consumption API of the simulator. */
export type SimulatedUsageDetails = {
  /** Puts items there; those of the same scope, metric and month are replaced. */
  setItems(items: SimulatedItems): void;
  /** How many items a page has from now on; 1000 by default, or what `$top` asks for where that is less. */
  setPageSize(count: number): void;
  /** Whether a month without items is 204 ("no content", the default) or an empty page. */
  setNoData(answer: "no content" | "empty page"): void;
};

/** An item of an EA or pay-as-you-go scope, around its properties. */
export function legacyItem(properties: object, tags: Readonly<Record<string, string>> | null = null): object {
  return itemOf("legacy", properties, tags);
}

/** An item of a Microsoft Customer Agreement, around its properties. */
export function modernItem(properties: object, tags: Readonly<Record<string, string>> | null = null): object {
  return itemOf("modern", properties, tags);
}

function itemOf(kind: "legacy" | "modern", properties: object, tags: Readonly<Record<string, string>> | null): object {
  const name = randomUUID();
  return {
    id: `/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Billing/billingPeriods/202605/providers/Microsoft.Consumption/usageDetails/${name}`,
    name,
    type: "Microsoft.Consumption/usageDetails",
    kind,
    tags,
    properties,
  };
}

const API_VERSIONS = [
  "2018-03-31",
  "2018-10-01",
  "2019-10-01",
  "2021-10-01",
  "2023-03-01",
  "2023-05-01",
  "2023-11-01",
  "2024-08-01",
];
const METRICS = ["actualcost", "amortizedcost", "usage"];
const LARGEST_PAGE = 1000;

/** The API, which takes a `nextLink` only as it gave it. */
export function createUsageDetails(): SimulatedUsageDetails & {
  answer(request: SimulatedRequest, origin: string): SimulatedAnswer;
} {
  const months = new Map<string, readonly object[]>();
  const links = new Map<string, { readonly items: readonly object[]; readonly start: number; readonly size: number }>();
  let pageSize = LARGEST_PAGE;
  let noData: "no content" | "empty page" = "no content";

  const page = (request: SimulatedRequest, origin: string, items: readonly object[], start: number, size: number) => {
    const end = start + size;
    const body: Record<string, unknown> = { value: items.slice(start, end) };
    if (end < items.length) {
      const link = nextUrlOf(request);
      links.set(link, { items, start: end, size });
      body["nextLink"] = `${origin}${link}`;
    }
    return { status: 200, headers: managementHeaders(), body: stringify(body) ?? "" };
  };

  return {
    setItems({ scope, metric, month, items }) {
      months.set(keyOf(scope, metric, month), items);
    },
    setPageSize(count) {
      pageSize = count;
    },
    setNoData(answer) {
      noData = answer;
    },
    answer(request, origin) {
      const { query, rawUrl, path } = request;
      const version = query.get("api-version");
      if (version === null || !API_VERSIONS.includes(version)) {
        return refusal(
          400,
          "MissingApiVersionParameter",
          "The api-version query parameter (?api-version=) is required for all requests.",
        );
      }
      if (query.get("$skiptoken") !== null) {
        const link = links.get(rawUrl);
        if (link === undefined) return refusal(400, "BadRequest", "Invalid $skiptoken.");
        return page(request, origin, link.items, link.start, link.size);
      }
      const metric = query.get("metric")?.toLowerCase() ?? "actualcost";
      if (!METRICS.includes(metric)) return refusal(400, "BadRequest", "Invalid metric.");
      const filter = query.get("$filter");
      const [, first, last] = FILTER.exec(filter ?? "") ?? [];
      if (filter !== null && (first === undefined || last === undefined || first > last)) {
        return refusal(400, "BadRequest", "Invalid query filter.");
      }
      const top = query.get("$top");
      if (top !== null && !(Number(top) >= 1 && Number(top) <= LARGEST_PAGE)) {
        return refusal(400, "BadRequest", "$top has to be between 1 and 1000.");
      }
      const scope = path.replace(/\/providers\/Microsoft\.Consumption\/usageDetails$/i, "");
      const month = first?.slice(0, 7);
      const items =
        [keyOf(scope, metric, month), keyOf(undefined, metric, month), keyOf(scope, metric), keyOf(undefined, metric)]
          .map((key) => months.get(key))
          .find((found) => found !== undefined) ?? [];
      if (items.length === 0 && noData === "no content") return { status: 204, headers: managementHeaders() };
      return page(request, origin, items, 0, Math.min(pageSize, Number(top ?? LARGEST_PAGE)));
    },
  };
}

const FILTER =
  /^properties\/usageStart ge '(\d{4}-\d\d-\d\d)[^']*' and properties\/usageEnd le '(\d{4}-\d\d-\d\d)[^']*'$/i;

/** Escapes that only a reader who takes the link verbatim sends back unchanged. */
function nextUrlOf({ rawUrl }: SimulatedRequest): string {
  const token = `AQAAAA%3D%3D${randomUUID()}%2Fx%252By`;
  const [path = "", query = ""] = rawUrl.split("?");
  const kept = query.split("&").filter((parameter) => !/^(\$|%24)skiptoken=/i.test(parameter));
  return `${path}?${[...kept, `%24skiptoken=${token}`].join("&")}`;
}

function keyOf(scope: string | undefined, metric: string, month?: string): string {
  return JSON.stringify([scope?.toLowerCase() ?? null, metric, month ?? null]);
}
