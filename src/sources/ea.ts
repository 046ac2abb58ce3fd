import { ApiError, FileError, InvalidRequestError } from "../domain/errors.ts";
import type { Extraction } from "../domain/extraction.ts";
import { monthOf, parseBillingPeriod } from "../domain/month.ts";
import type { DayRange, Month } from "../domain/month.ts";
import { placeOf } from "../domain/source-place.ts";
import type { EaSource } from "../domain/source.ts";
import { readPages } from "./api-pages.ts";
import type { Page } from "./api-pages.ts";
import { askedAtOf } from "./asked-at.ts";
import type { AzureClient } from "./azure-client.ts";
import { streamRecords } from "./csv-records.ts";
import { openEaAnswer } from "./ea-answer.ts";
import { createEaClient } from "./ea-client.ts";
import { completeEaItem, monthOfEaItem } from "./ea-item.ts";
import { eaUrlOf } from "./ea-url.ts";
import { extractedRun } from "./extracted-run.ts";
import type { Extractor } from "./extractor.ts";
import { createPartStore } from "./part-store.ts";
import type { Store } from "./store.ts";

/** Rather than begin a month anew, a load waits for its next page. */
const LONGEST_WAIT_SECONDS = 600;

/**
 * Asks the EA reporting API, which answers at once: it is only looked whether there is an item at all, since a month
 * without any is not a run. Throws ConfigurationError where there is no API key.
 */
export function createEaExtractor(source: EaSource, environment: NodeJS.ProcessEnv): Extractor {
  const client = createEaClient(source, environment);
  const begin: Extractor["begin"] = async (extraction, signal) => {
    requireAnswerable(source, extraction);
    let askedAt: string | undefined;
    const noting: AzureClient = {
      async ask(request) {
        const answer = await client.ask(request);
        askedAt ??= askedAtOf(answer.headers);
        return answer;
      },
    };
    for await (const { items } of pagesOf(noting, source, extraction.days, signal)) {
      if (items.length === 0) continue;
      const parts = [{ path: pathOf(extraction.days), byteCount: 0 }];
      return { kind: "ready", run: extractedRun({ source, extraction, askedAt: askedAt ?? askedAtOf({}), parts }) };
    }
    return { kind: "no data" };
  };
  return { place: placeOf(source), begin, look: (extraction, _pending, signal) => begin(extraction, signal) };
}

/** What the EA reporting API answers, as CSV. Throws ConfigurationError where there is no API key. */
export function createEaStore(source: EaSource, environment: NodeJS.ProcessEnv): Store {
  const client = createEaClient(source, environment, { longestWaitSeconds: LONGEST_WAIT_SECONDS });
  return createPartStore({
    place: placeOf(source),
    open: async ({ path }, signal) => {
      const days = parseBillingPeriod(path);
      const pages = (stop: AbortSignal) => pagesOf(client, source, days, stop);
      return streamRecords((stop) => completePages(source, monthOf(days.first), pages(stop)), signal);
    },
    advice: `its runs begin to exist when they are asked for, by \`billhouse import --source ${source.name}\``,
  });
}

function pagesOf(
  client: AzureClient,
  source: EaSource,
  days: DayRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Page, void> {
  return readPages({ client, url: eaUrlOf(source, days), open: openEaAnswer }, signal);
}

/** A part's path says which days are asked for, as Azure's folders do. */
function pathOf({ first, last }: DayRange): string {
  return `${first}-${last}`.replaceAll(/(\d{4})-(\d{2})-(\d{2})/g, "$1$2$3");
}

/** The pages as rows need them, as long as they can be published: items of one month, and not nothing at all. */
async function* completePages(source: EaSource, month: Month, pages: AsyncIterable<Page>): AsyncGenerator<Page, void> {
  let count = 0;
  for await (const page of pages) {
    requireMonth(page, month);
    count += page.items.length;
    yield { ...page, items: page.items.map((item) => completeEaItem(source, item)) };
  }
  if (count > 0) return;
  throw new ApiError(`${placeOf(source)}: ${month} had items when it was asked for, and has none now: try again`);
}

/** Days that were not asked for belong to another month's run, and would be counted twice. */
function requireMonth({ items, place }: Page, month: Month): void {
  const others = items.map(monthOfEaItem).filter((found) => found !== "" && found !== month);
  if (others.length === 0) return;
  throw new FileError(
    `${place}: ${others.length} of ${items.length} items are not of ${month}, which was asked for, but of ` +
      `${[...new Set(others)].toSorted().slice(0, 3).join(", ")}. Nothing was published. Ask for months in another way, ` +
      "by the source's settings `api` and `by`.",
  );
}

function requireAnswerable({ name, enrollment }: EaSource, { dataset, invoice }: Extraction): void {
  if (dataset === "amortized") {
    throw new InvalidRequestError(
      `${name}: the EA reporting API knows no amortized costs: set the source's datasets to actual, or use an export`,
    );
  }
  if (invoice !== undefined) {
    throw new InvalidRequestError(`${name}: enrolment ${enrollment} has no costs by invoice: ask for a month instead`);
  }
}
