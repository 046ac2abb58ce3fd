/** The middle of some figures, and how far they go to both sides. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** Sums some figures up; throws RangeError when there are none. */
export function spreadOf(figures: readonly number[]): Spread {
  return { median: quantileOf(figures, 0.5), min: quantileOf(figures, 0), max: quantileOf(figures, 1) };
}

/** The figure that this share of all figures does not exceed, between two of them by proportion. */
export function quantileOf(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) throw new RangeError("Expected at least one figure");
  return low + (high - low) * (place - Math.floor(place));
}

/** The same with every figure so many times as large. */
export function scaled({ median, min, max }: Spread, factor: number): Spread {
  return { median: median * factor, min: min * factor, max: max * factor };
}

/** For people: 4.31 (4.20-4.62); 4.31 where it is one figure. */
export function formatSpread({ median, min, max }: Spread, digits = 2): string {
  if (min === max) return median.toFixed(digits);
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}
