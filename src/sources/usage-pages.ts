import { createHash } from "node:crypto";
import { stringify } from "lossless-json";
import { ApiError, FileError } from "../domain/errors.ts";
import type { Month } from "../domain/month.ts";
import type { Page } from "./api-pages.ts";
import { textOf, unreadable } from "./json-record.ts";
import type { JsonRecord } from "./json-record.ts";
import { createSeenTexts } from "./seen-texts.ts";
import { dayTextOf } from "./usage-item.ts";

/**
 * Pages of usage details as they are, as long as they can be published: items of one month only, no page that came
 * before, and not nothing at all. Single items may be there twice, as long as they are when all is read once more: pages
 * whose items moved from one to the next while they were read are not whole. Throws FileError for days of another month,
 * else ApiError.
 */
export async function* requireUsage(
  read: () => AsyncIterable<Page>,
  { month, place }: { readonly month: Month; readonly place: string },
): AsyncGenerator<Page, void> {
  const isKnown = createSeenTexts();
  const whole = createHash("sha256");
  let count = 0;
  let again = 0;
  for await (const page of read()) {
    const texts = textsOf(page);
    requireMonth(page, month);
    again += countKnown(page, texts, isKnown);
    whole.update(texts.join("\n"));
    count += page.items.length;
    yield page;
  }
  if (count === 0) {
    throw new ApiError(`${place}: ${month} had items when it was asked for, and has none now: try again`);
  }
  if (again > 0 && whole.digest("base64") !== (await digestOf(read()))) {
    throw unreadable(place, `holds ${again} ${again === 1 ? "item" : "items"} that came before, and is another by now`);
  }
}

async function digestOf(pages: AsyncIterable<Page>): Promise<string> {
  const hash = createHash("sha256");
  for await (const page of pages) hash.update(textsOf(page).join("\n"));
  return hash.digest("base64");
}

/** Days that were not asked for belong to another month's run, and would be counted twice. */
function requireMonth({ items, place }: Page, month: Month): void {
  const days = items.map(dayTextOf);
  const others = days.filter((day) => day !== "" && !day.startsWith(`${month}-`)).toSorted();
  const [first, last] = [others[0], others.at(-1)];
  if (first === undefined) return;
  throw new FileError(
    `${place}: ${others.length} of ${items.length} items are not of ${month}, which was asked for, but of ${first}` +
      `${first === last ? "" : ` to ${last}`}. Nothing was published. Subscriptions that were moved to another agreement ` +
      "answer with the present month, whatever they are asked for: use an export or another scope for this month.",
  );
}

/** How many items came on an earlier page; those that one page holds twice are meant so. */
function countKnown({ items, place }: Page, texts: readonly string[], isKnown: (text: string) => boolean): number {
  const own = new Set(texts.filter((_, index) => hasId(items[index])));
  const known = [...own].filter(isKnown).length;
  if (known > 1 && known === own.size) throw unreadable(place, "holds nothing but items that came before");
  return known;
}

/** Without an id nothing tells a line that came twice from two that are alike. */
function hasId(item: JsonRecord | undefined): boolean {
  return textOf(item?.["id"]) !== "";
}

/** What items are known by: all of them, since an id alone need not be of one line only. */
function textsOf({ items }: Page): string[] {
  return items.map((item) => stringify(item) ?? "");
}
