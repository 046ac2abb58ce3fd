const NUMBER = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/;
/** As many digits behind the point as the warehouse's amounts have. */
const MOST_DECIMALS = 30;

/**
 * The exact product of two decimal numbers, plain or in scientific notation, as plain text; rounded half away from zero
 * where it has more than 30 digits behind the point. Null when one of them is no number.
 */
export function exactProduct(left: string, right: string): string | null {
  const [first, second] = [decimalOf(left), decimalOf(right)];
  return first && second && textOf(first.units * second.units, first.decimals + second.decimals);
}

/** A number as whole units of 10^-`decimals`. */
function decimalOf(text: string): { readonly units: bigint; readonly decimals: number } | null {
  const [match, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (match === undefined) return null;
  return { units: BigInt(whole + fraction) * (sign === "-" ? -1n : 1n), decimals: fraction.length - Number(exponent) };
}

function textOf(units: bigint, decimals: number): string {
  const rounded = decimals > MOST_DECIMALS ? dividedBy(units, 10n ** BigInt(decimals - MOST_DECIMALS)) : units;
  const shown = Math.min(decimals, MOST_DECIMALS);
  if (shown <= 0) return String(rounded * 10n ** BigInt(-shown));
  const digits = String(rounded < 0n ? -rounded : rounded).padStart(shown + 1, "0");
  const fraction = digits.slice(-shown).replace(/0+$/, "");
  return `${rounded < 0n ? "-" : ""}${digits.slice(0, -shown)}${fraction === "" ? "" : `.${fraction}`}`;
}

function dividedBy(units: bigint, divisor: bigint): bigint {
  const half = units < 0n ? -(divisor / 2n) : divisor / 2n;
  return (units + half) / divisor; // BigInt's division cuts
}
