const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * A moment as `YYYY-MM-DDTHH:MM:SS.fffffffZ`, which orders as text; null when it is none. Azure writes 7 fractional
 * digits, more than a Date holds. A time without a zone is UTC.
 */
export function parseSubmittedAt(text: string): string | null {
  const [, day, time, fraction = "", zone = "Z"] = INSTANT.exec(text.trim()) ?? [];
  const milliseconds = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return null;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction.padEnd(7, "0").slice(0, 7)}Z`;
}
