/** The middle of some figures, and how far they go to both sides. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** Sums some figures up; throws when there are none. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((one, other) => one - other);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new RangeError("Expected at least one figure");
  }
  return { median: (low + high) / 2, min, max };
}

/** For people: 4.31 (4.20-4.62). */
export function formatSpread({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}
