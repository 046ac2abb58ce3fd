import { InvalidRequestError } from "../domain/errors.ts";

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;
const DURATION = /^(\d{1,7})(s|m|h|d)$/;

/** Seconds of a time span such as 90s, 5m, 4h or 1d; 0 needs no unit. Throws InvalidRequestError. */
export function parseDuration(text: string): number {
  const [, count, unit] = (text === "0" ? DURATION.exec("0s") : DURATION.exec(text)) ?? [];
  const seconds = UNITS.find(([name]) => name === unit)?.[1];
  if (seconds !== undefined) return Number(count) * seconds;
  throw new InvalidRequestError(`expected a time span like 90s, 5m, 4h or 1d, got ${JSON.stringify(text)}`);
}

/** Seconds in the largest unit that says them exactly: 1d, 90m, 0s. */
export function formatSpan(seconds: number): string {
  const [name, size] = UNITS.find(([, one]) => seconds > 0 && seconds % one === 0) ?? (["s", 1] as const);
  return `${seconds / size}${name}`;
}
