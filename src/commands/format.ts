const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Stored bytes for people: 17.4 MB. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.95 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

/** A count for people: 195,400. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** A time span for people: 0.8 s, 45 s, 2 min 5 s, 3 h 4 min. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** An amount with its sign: +1.5, -1.5, 0. */
export function formatDifference(amount: string): string {
  return amount.startsWith("-") || amount === "0" ? amount : `+${amount}`;
}

/** "1 run", "2 runs". */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
