import { ApiRefusalError } from "../domain/errors.ts";
import type { PageContent, PagedApi } from "./api-pages.ts";
import { isRecord, parseJson, requireRecords, textOf, unreadable } from "./json-record.ts";
import type { JsonRecord, JsonValue } from "./json-record.ts";

/** Names of an envelope's fields, in lower case: services write them in either case. */
const ITEMS = ["data", "value", "content"];
const LINKS = ["nextlink", "nextpagelink", "@odata.nextlink"];
const HAS_MORE = "hasmoredata";
const PAGE_INDEX = /([?&]pageindex=)(\d+)/i;
const NOTHING: PageContent = { items: [], next: null, saysNothing: true };
const CSV_TITLE = /^\uFEFF?\s*"?Usage Data Extract"?/i;

/**
 * Reads an answer of the EA reporting API, whichever envelope it has: a list of items, bare or in a field; behind it a
 * link to the next page, or word that there is one to be asked for by its index. Throws ApiError when it cannot be read,
 * and ApiRefusalError when it is CSV with rows.
 */
export function openEaAnswer({ text, url, place }: Parameters<PagedApi["open"]>[0]): PageContent {
  if (CSV_TITLE.test(text)) return openCsv(text, place);
  const body = parseJson(text, place);
  if (!isRecord(body)) return wholeAnswer(requireRecords(body, place));
  const fields = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
  const items = itemsIn(fields, place);
  if (items === null) return NOTHING;
  const link = LINKS.map((name) => textOf(fields.get(name)).trim()).find((value) => value !== "");
  if (link !== undefined) return { items, next: URL.canParse(link) ? link : new URL(link, url).href };
  if (textOf(fields.get(HAS_MORE)).toLowerCase() !== "true") return { items, next: null };
  if (items.length === 0) throw unreadable(place, "announces more data, but is an empty page");
  return { items, next: followingPage(url) };
}

/** A bare list has no pages: an empty one is an empty month. */
function wholeAnswer(items: readonly JsonRecord[]): PageContent {
  return items.length === 0 ? NOTHING : { items, next: null };
}

function itemsIn(fields: ReadonlyMap<string, JsonValue>, place: string): readonly JsonRecord[] | null {
  const list = ITEMS.map((name) => fields.get(name)).find((value) => Array.isArray(value));
  if (list !== undefined) return requireRecords(list, place);
  if (ITEMS.some((name) => fields.get(name) === null)) return null; // an empty month of a service that writes null for it
  throw unreadable(place, `holds no list of items under ${ITEMS.join(", ")}`);
}

/** The page behind that of a url; one without an index is the first of all, which has the index 0. */
function followingPage(url: string): string {
  if (!PAGE_INDEX.test(url)) return `${url}${url.includes("?") ? "&" : "?"}pageindex=1`;
  return url.replace(PAGE_INDEX, (_, name: string, index: string) => `${name}${Number(index) + 1}`);
}

/**
 * A month without usage is CSV text where JSON was asked for: a title, perhaps a header, and nothing behind it. CSV with
 * rows has no end mark: one that was cut off could not be told from a whole one.
 */
function openCsv(text: string, place: string): PageContent {
  const lines = text.split(/\r?\n/).filter((line) => /[^\s",\uFEFF]/.test(line));
  if (lines.length <= 2) return NOTHING;
  throw new ApiRefusalError(
    `${place}: the answer is CSV with rows where JSON was asked for, and it cannot be told whether all of it came: ` +
      "set the source's api to v3 or usage-report-v3",
  );
}
