import { createHash } from "node:crypto";
import { ApiError } from "../domain/errors.ts";
import type { AzureClient } from "./azure-client.ts";
import type { JsonRecord } from "./json-record.ts";
import { unreadable } from "./json-record.ts";

/** Items that an API gave in one answer. */
export type Page = {
  /** How messages name it: the url without its query, and the number of the page. */
  readonly place: string;
  readonly items: readonly JsonRecord[];
};

/** What an answer holds. */
export type PageContent = {
  readonly items: readonly JsonRecord[];
  /** The url of the next answer as the API wrote it; null behind the last. */
  readonly next: string | null;
  /** Whether it is word that there is nothing at all, and not an empty last page. */
  readonly saysNothing?: true;
};

/** An API that gives what it has in pages. */
export type PagedApi = {
  readonly client: AzureClient;
  /** The first page. Later ones must be of the same origin: a token is for the host that it was asked for. */
  readonly url: string;
  /** Reads an answer. Throws ApiError, with `place` in front, when it cannot be read. */
  readonly open: (answer: { readonly text: string; readonly url: string; readonly place: string }) => PageContent;
};

const MOST_PAGES = 100_000;
/** How often an answer is asked for that arrives, and then cannot be read. */
const ATTEMPTS = 3;

/**
 * All pages, one at a time and only when they are read. A first answer of status 204 has no items and is the last. Throws
 * what the client throws, and ApiError when a page cannot be read, leads back to an earlier one, or to another host.
 */
export async function* readPages({ client, url, open }: PagedApi, signal?: AbortSignal): AsyncGenerator<Page, void> {
  const { origin } = new URL(url);
  const earlier = new Set<string>();
  let next: string | null = url;
  for (let number = 1; next !== null; number++) {
    const place = `GET ${next.replace(/[?#].*$/s, "")} page ${number}`;
    if (number > MOST_PAGES) throw unreadable(place, `has more than ${MOST_PAGES} pages before it`);
    earlier.add(fingerprintOf(next));
    const content: PageContent | null = await askReadably({ client, url: next, open }, place, number, signal);
    if (content === null) return;
    next = content.next;
    if (next !== null) requireOnward(next, origin, earlier, place);
    yield { place, items: content.items };
  }
}

/** Word that there is nothing at all is an answer to the first question only: behind a page it would cut a month short. */
async function askReadably(
  { client, url, open }: PagedApi,
  place: string,
  number: number,
  signal: AbortSignal | undefined,
): Promise<PageContent | null> {
  for (let attempt = 1; ; attempt++) {
    const { status, text } = await client.ask({ method: "GET", url, signal });
    try {
      if (status === 204 && number === 1) return null;
      if (status !== 200) throw unreadable(place, `has the status ${status}`);
      const content = open({ text, url, place });
      if (content.saysNothing === true && number > 1) throw unreadable(place, "says that there is nothing at all");
      return content;
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ApiError)) throw error;
    }
  }
}

function requireOnward(next: string, origin: string, earlier: ReadonlySet<string>, place: string): void {
  const url = URL.canParse(next) ? new URL(next) : undefined;
  if (url?.origin !== origin) {
    throw new ApiError(
      `${place}: sends to ${url?.host ?? "nowhere"} for the next page, but a token is only sent to ${origin}: ` +
        "correct the source's endpoint, or try again",
    );
  }
  if (earlier.has(fingerprintOf(next))) {
    throw new ApiError(`${place}: the next page is one that was read before: try again, then tell Microsoft's support`);
  }
}

/** Stands for a text of any length in constant memory. */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
