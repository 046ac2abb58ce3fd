import Big from "big.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatDecimal,
  formatScientific,
  formatSum,
  multiply,
  parseDecimal,
  quotient,
  toSumUnits,
} from "../../src/demo/decimal.ts";

const decimals = fc
  .record({ units: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), scale: fc.integer({ min: 0, max: 14 }) })
  .map(formatDecimal);

test("products are those of an independent big-decimal library", () => {
  fc.assert(
    fc.property(decimals, decimals, (left, right) => {
      const product = formatDecimal(multiply(parseDecimal(left), parseDecimal(right)));
      const exact = new Big(left).times(right);
      // What is cut off after the 28th digit is less than one unit of it.
      const cut = exact.minus(product).abs();
      expect(cut.lt(new Big(10).pow(exact.e - 27)) || cut.lt("1e-28")).toBe(true);
      expect(product).toBe(new Big(product).toFixed());
    }),
  );
});

test("control sums are those of an independent big-decimal library, whatever the notation", () => {
  fc.assert(
    fc.property(fc.array(decimals), (amounts) => {
      const texts = amounts.flatMap((amount) => [amount, formatScientific(parseDecimal(amount))]);
      const sum = texts.reduce((total, text) => total + toSumUnits(text), 0n);
      const expected = texts.reduce((total, text) => total.plus(text), new Big(0));
      expect(formatSum(sum)).toBe(expected.toFixed());
    }),
  );
});

test.each([
  ["0.0000564902", "5.64902E-05"],
  ["-0.5", "-5E-01"],
  ["1234", "1.234E+03"],
])("%s is %s in scientific notation", (plain, scientific) => {
  expect(formatScientific(parseDecimal(plain))).toBe(scientific);
  expect(formatDecimal(parseDecimal(scientific))).toBe(plain);
});

test("digits after the 28th significant one are cut off as .NET does", () => {
  expect(formatDecimal({ units: 12345678901234567890123456789012345n, scale: 30 })).toBe(
    "12345.67890123456789012345678",
  );
  expect(formatDecimal({ units: 1n, scale: 29 })).toBe("0");
});

test("a quantity counts in blocks of a power of ten", () => {
  expect(quotient("12000", "10000")).toBe("1.2");
  expect(quotient("0.5", "1")).toBe("0.5");
});

test("text that is no number is refused", () => {
  expect(() => parseDecimal("1,5")).toThrow("1,5");
});
