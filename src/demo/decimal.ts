/** An exact decimal number: `units` × 10^-`scale`. */
export type Decimal = { readonly units: bigint; readonly scale: number };

/** The scale of control sums, that of the warehouse's money columns. */
export const SUM_SCALE = 30;

// Azure computes with .NET's decimal, which keeps 28 significant digits.
const SIGNIFICANT_DIGITS = 28;
// Scientific notation comes from numbers that went through a double.
const DOUBLE_DIGITS = 15;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Reads a decimal as files write them, plain or scientific; throws RangeError on anything else. */
export function parseDecimal(text: string): Decimal {
  const match = NUMBER.exec(text);
  if (match === null) throw new RangeError(`Expected a decimal number, got ${JSON.stringify(text)}`);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const scale = fraction.length - Number(exponent);
  const units = BigInt(sign + whole + fraction);
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

/** The exact product. */
export function multiply(left: Decimal, right: Decimal): Decimal {
  return { units: left.units * right.units, scale: left.scale + right.scale };
}

/** The product of two decimals as text; empty when one of them is no number. */
export function product(left: string, right: string): string {
  if (!NUMBER.test(left) || !NUMBER.test(right)) return "";
  return formatDecimal(multiply(parseDecimal(left), parseDecimal(right)));
}

/** An amount at a rate; the amount's own digits when the rate is 1. Text that is no number stays as it is. */
export function convert(amount: string, rate: string): string {
  return rate === "1" || !NUMBER.test(amount) ? amount : product(amount, rate);
}

/** How often a power of ten ("1", "100", "10000") fits into a number; empty when it is no number. */
export function quotient(dividend: string, powerOfTen: string): string {
  if (!NUMBER.test(dividend)) return "";
  const { units, scale } = parseDecimal(dividend);
  return formatDecimal({ units, scale: scale + powerOfTen.length - 1 });
}

/** Plain notation without surplus zeros; digits after the 28th significant one are cut off. */
export function formatDecimal(value: Decimal): string {
  if (value.units === 0n) return "0";
  const sign = value.units < 0n ? "-" : "";
  const digits = String(value.units)
    .slice(sign.length)
    .padStart(value.scale + 1, "0");
  const point = digits.length - value.scale;
  const whole = digits.slice(0, point);
  const kept = SIGNIFICANT_DIGITS - (whole === "0" ? 0 : whole.length);
  const fraction = withoutTrailingZeros(digits.slice(point, point + Math.max(kept, 0)));
  if (fraction === "" && whole === "0") return "0";
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** Scientific notation as .NET writes small numbers: 5.64902E-05. */
export function formatScientific(value: Decimal): string {
  if (value.units === 0n) return "0";
  const sign = value.units < 0n ? "-" : "";
  const digits = String(value.units).slice(sign.length);
  const exponent = digits.length - 1 - value.scale;
  const fraction = withoutTrailingZeros(digits.slice(1, DOUBLE_DIGITS));
  const power = `E${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return `${sign}${digits.slice(0, 1)}${fraction === "" ? "" : `.${fraction}`}${power}`;
}

/** The number in units of 10^-30, for sums; throws RangeError when it has more digits than that. */
export function toSumUnits(text: string): bigint {
  const { units, scale } = parseDecimal(text);
  if (scale > SUM_SCALE) throw new RangeError(`${text} has more than ${SUM_SCALE} digits after the point`);
  return units * 10n ** BigInt(SUM_SCALE - scale);
}

/** A control sum as plain text. */
export function formatSum(sum: bigint): string {
  const sign = sum < 0n ? "-" : "";
  const digits = String(sum)
    .slice(sign.length)
    .padStart(SUM_SCALE + 1, "0");
  const fraction = withoutTrailingZeros(digits.slice(-SUM_SCALE));
  const whole = digits.slice(0, -SUM_SCALE);
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}
