/** A clock of ours that is further off than this is not believed. */
const TOLERATED_SECONDS = 60;

/**
 * When an API was asked, `YYYY-MM-DDTHH:MM:SS.fffffffZ`: by our clock, or by the service's own Date header where the two
 * differ. Of two answers for the same month the later one counts, and they may have been asked for by two machines.
 */
export function askedAtOf(headers: Readonly<Record<string, string>>, now = Date.now()): string {
  const served = Date.parse(headers["date"] ?? "");
  const isOff = Math.abs(served - now) > TOLERATED_SECONDS * 1000;
  return new Date(isOff ? served : now).toISOString().replace("Z", "0000Z");
}
