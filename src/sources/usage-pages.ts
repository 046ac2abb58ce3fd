import { ApiError, FileError } from "../domain/errors.ts";
import type { Month } from "../domain/month.ts";
import type { Page } from "./api-pages.ts";
import { unreadable } from "./json-record.ts";
import { createSeenTexts } from "./seen-texts.ts";
import { dayTextOf, identityOf } from "./usage-item.ts";

/**
 * Pages of usage details as they are, as long as they can be published: items of one month only, none that came before,
 * and not nothing at all. Throws FileError for days of another month, else ApiError.
 */
export async function* requireUsage(
  pages: AsyncIterable<Page>,
  { month, place }: { readonly month: Month; readonly place: string },
): AsyncGenerator<Page, void> {
  const isKnown = createSeenTexts();
  let count = 0;
  for await (const page of pages) {
    requireMonth(page, month);
    requireFirstTime(page, isKnown);
    count += page.items.length;
    yield page;
  }
  if (count > 0) return;
  throw new ApiError(`${place}: ${month} had items when it was asked for, and has none now: try again`);
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

function requireFirstTime({ items, place }: Page, isKnown: (text: string) => boolean): void {
  const again = items.map(identityOf).filter((identity) => identity !== null && isKnown(identity)).length;
  if (again > 0) throw unreadable(place, `holds ${again} ${again === 1 ? "item" : "items"} that came before`);
}
