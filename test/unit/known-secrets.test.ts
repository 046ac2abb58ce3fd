import { expect, test } from "vitest";
import { withoutSecrets } from "../../src/sources/azure-failure.ts";
import { keepAuthorization, keepSecret, keepSignature, withoutKnownSecrets } from "../../src/sources/known-secrets.ts";

test.each<[string, () => void, string, string]>([
  ["a key", () => keepSecret("pass+word/1=="), "x_pass+word/1==_x, 'pass%2Bword%2F1%3D%3D'", "x_…_x, '…'"],
  ["what is behind a scheme", () => keepAuthorization("bearer some-key-1"), "no some-key-1 here", "no … here"],
  [
    "the signature of a link, also decoded",
    () => keepSignature("https://blobs/a?sv=1&sig=abc%2Bdef%3D&se=2"),
    "abc%2Bdef%3D or abc+def=",
    "… or …",
  ],
  ["that of a query alone", () => keepSignature("sig=ghijklm&sv=1"), "(ghijklm)", "(…)"],
  ["text with a percent sign", () => keepSecret("100%sure!"), "100%sure! 100%25sure!", "… …"],
])("%s is cut out wherever it stands", (_, keep, text, expected) => {
  expect(withoutKnownSecrets(text)).toBe(text);
  keep();
  expect(withoutKnownSecrets(text)).toBe(expected);
  expect(withoutSecrets(text)).toBe(expected);
});

test("what is too short to be a secret leaves messages as they are", () => {
  keepSecret("");
  keepSecret("scope");
  expect(withoutKnownSecrets("The scope is wrong.")).toBe("The scope is wrong.");
});

test("the newest thousand are known", () => {
  for (let number = 0; number <= 1000; number++) keepSecret(`token${String(number).padStart(4, "0")}`);
  expect(withoutKnownSecrets("token0000 token0001 token1000")).toBe("token0000 … …");
});
