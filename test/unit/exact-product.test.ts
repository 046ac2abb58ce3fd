import fc from "fast-check";
import { expect, test } from "vitest";
import { exactProduct } from "../../src/domain/exact-product.ts";

test.each([
  ["19.99", "1.06", "21.1894"],
  ["0.1", "0.2", "0.02"],
  ["0.0000496065685939103754949709", "1.06", "0.000052582962709544998024669154"],
  ["12345678901234567890.123456789", "1.19", "14691357892469135789.24691357891"],
  ["5.64902E-05", "1.06", "0.000059879612"],
  ["-7.5e+2", "1.1", "-825"],
  ["1E3", "1", "1000"],
  ["-0.00", "1.06", "0"],
  [".5", "5.", "2.5"],
  ["1e-29", "1.25", "0.000000000000000000000000000013"],
  ["-1e-29", "1.25", "-0.000000000000000000000000000013"],
  ["1e-40", "1", "0"],
])("%s times %s is %s", (left, right, product) => {
  expect(exactProduct(left, right)).toBe(product);
});

test.each(["", ".", "-", "1.2.3", "NaN", "1,5", "0x10", " 1", "1e9999999999"])("%o is no number", (text) => {
  expect([exactProduct(text, "1.06"), exactProduct("1.06", text)]).toEqual([null, null]);
});

test("of numbers with up to 30 digits behind the point together no digit is lost", () => {
  const units = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
  const decimals = fc.nat({ max: 15 });
  fc.assert(
    fc.property(units, decimals, units, decimals, (left, leftDecimals, right, rightDecimals) => {
      const product = exactProduct(plain(left, leftDecimals), plain(right, rightDecimals));
      const [whole = "", fraction = ""] = (product ?? "").split(".");
      expect(BigInt(whole + fraction.padEnd(30, "0"))).toBe(
        left * right * 10n ** BigInt(30 - leftDecimals - rightDecimals),
      );
    }),
  );
});

function plain(units: bigint, decimals: number): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return `${units < 0n ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}
