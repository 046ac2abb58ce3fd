/** `retry-after` itself, and those of each limit: `x-ms-ratelimit-microsoft.costmanagement-entity-retry-after`, …. */
const SECONDS = /^(retry-after|x-ms-ratelimit-.*retry-after)$/;
const MILLISECONDS = /^(x-ms-)?retry-after-ms$/;
/** As HTTP writes dates, and as ISO 8601 does; Date.parse alone finds a date in nearly every text. */
const DATE = /^[A-Z][a-z]{2}, .+ GMT$|^\d{4}-\d\d-\d\dT.+Z$/;
const LONGEST_SECONDS = 86_400; // no quota is longer than a day: what says more is a clock that is wrong

/**
 * How many seconds an answer of Azure asks to be left alone: the longest that any of its headers says, each in seconds,
 * milliseconds or as a date, and a day at most; null where none does. `now` is our time; the service's own counts where
 * its Date header tells it.
 */
export function secondsToWait(headers: Readonly<Record<string, unknown>>, now: number): number | null {
  const served = Date.parse(textOf(headers["date"]));
  const clock = Number.isNaN(served) ? now : served; // a clock of ours that is wrong must not make the wait wrong
  const waits = Object.entries(headers).flatMap(([header, value]) => {
    const name = header.toLowerCase();
    const wait = SECONDS.test(name) || MILLISECONDS.test(name) ? secondsOf(textOf(value), clock) : null;
    if (wait === null) return [];
    return [MILLISECONDS.test(name) ? wait / 1000 : wait];
  });
  return waits.length === 0 ? null : Math.min(Math.max(...waits), LONGEST_SECONDS);
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
}

function secondsOf(value: string, clock: number): number | null {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const at = DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - clock) / 1000));
}
