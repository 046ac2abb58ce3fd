import { AZURE_ENDPOINTS } from "../domain/azure-cloud.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { monthOf } from "../domain/month.ts";
import type { UsageDetailsSource } from "../domain/source.ts";
import { readPages } from "./api-pages.ts";
import type { PageContent, PagedApi } from "./api-pages.ts";
import { askedAtOf } from "./asked-at.ts";
import { streamRecords } from "./csv-records.ts";
import { extractedRun } from "./extracted-run.ts";
import type { Extractor } from "./extractor.ts";
import { isRecord, parseJson, requireRecords, unreadable } from "./json-record.ts";
import { createManagementClient } from "./management-client.ts";
import { createPartStore } from "./part-store.ts";
import { requireData } from "./require-data.ts";
import type { Store } from "./store.ts";
import { flatItem } from "./usage-item.ts";
import { requireUsage } from "./usage-pages.ts";
import { parseUsagePath, usagePathOf, usageUrlOf } from "./usage-query.ts";

/** The most that the API gives at once. */
const PAGE_SIZE = 1000;
/** In the middle of a month it is better to wait for the next page than to begin anew. */
const PAGE_WAIT_SECONDS = 600;

/**
 * Asks the Consumption API for usage details (Microsoft Learn, "Usage Details - List"). What it has is there when it is
 * asked for; it is only looked whether there is an item at all, since a month without any is not a run.
 */
export function createUsageDetailsExtractor(source: UsageDetailsSource, environment: NodeJS.ProcessEnv): Extractor {
  const { client, management } = createManagementClient(source, environment);
  const begin: Extractor["begin"] = async (extraction, signal) => {
    if (extraction.invoice !== undefined) {
      throw new InvalidRequestError(`${source.scope}: usage details cannot be asked for by invoice: ask for the month`);
    }
    const url = `${management}${usageUrlOf(source.scope, extraction, 1)}`;
    const place = `GET ${url.replace(/\?.*$/s, "")}`;
    const answer = await client.ask({ method: "GET", url, signal });
    requireData(answer, place);
    if (answer.status === 204 || isEmpty(openPage({ text: answer.text, place }))) return { kind: "no data" };
    const parts = [{ path: usagePathOf(extraction), byteCount: 0 }];
    const askedAt = askedAtOf(answer.headers);
    return { kind: "ready", run: extractedRun({ source, extraction, askedAt, parts }) };
  };
  return { place: source.scope, begin, look: (extraction, _pending, signal) => begin(extraction, signal) };
}

/** Usage details as CSV files, for which the API is asked page by page. */
export function createUsageDetailsStore(source: UsageDetailsSource, environment: NodeJS.ProcessEnv): Store {
  const { client, management } = createManagementClient(source, environment, { longestWaitSeconds: PAGE_WAIT_SECONDS });
  const open: PagedApi["open"] = (answer) => {
    const { items, next } = openPage(answer);
    return { items: items.map(flatItem), next: next && reachable(next, management, source) };
  };
  return createPartStore({
    place: source.scope,
    open: async ({ path }, signal) => {
      const query = parseUsagePath(path);
      const api = { client, url: `${management}${usageUrlOf(source.scope, query, PAGE_SIZE)}`, open };
      const asked = { month: monthOf(query.days.first), place: source.scope };
      return streamRecords((stop) => requireUsage(() => readPages(api, stop), asked), signal);
    },
    advice: `its runs begin to exist when they are asked for, by \`billhouse import --source ${source.name}\``,
  });
}

function openPage({ text, place }: { readonly text: string; readonly place: string }): PageContent {
  const answer = parseJson(text, place);
  if (!isRecord(answer)) throw unreadable(place, "is no object");
  const next = answer["nextLink"] ?? null;
  if (next !== null && typeof next !== "string") throw unreadable(place, "has a nextLink that is no text");
  return { items: requireRecords(answer["value"], place), next: next === "" ? null : next };
}

/** A link as it was written; where a gateway is asked, Azure still writes its own host into it. */
function reachable(link: string, asked: string, { cloud }: UsageDetailsSource): string {
  const isAzures = URL.canParse(link) && new URL(link).origin === AZURE_ENDPOINTS[cloud].management;
  return isAzures ? link.replace(/^[^/]*\/\/[^/?#]*/, asked) : link;
}

function isEmpty({ items, next }: PageContent): boolean {
  return items.length === 0 && next === null;
}
