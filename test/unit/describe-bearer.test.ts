import { expect, test } from "vitest";
import { describeBearer } from "../../src/sources/describe-bearer.ts";

const SIGNATURE = "c2lnbmF0dXJl";
const tokenOf = (claims: unknown) =>
  `Bearer ${[{ alg: "RS256" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.${SIGNATURE}`;

test.each([
  [
    "an application",
    { tid: "tenant-1", appid: "app-1", oid: "object-1" },
    "signed in to tenant tenant-1 as application app-1 (object object-1)",
  ],
  ["an application of the second version", { tid: "t", azp: "app-2" }, "signed in to tenant t as application app-2"],
  [
    "a user",
    { tid: "t", appid: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", upn: "ana@contoso.com", oid: "o" },
    "signed in to tenant t as user ana@contoso.com (object o)",
  ],
  ["nobody who is told", { aud: "https://management.azure.com" }, "signed in"],
  ["what is not for people", { tid: 'x"\nfoo', appid: ["a"], oid: 7 }, "signed in"],
  ["no claims", null, "signed in"],
])("a token of %s tells who is signed in, and nothing of itself", (_what, claims, told) => {
  expect(describeBearer(tokenOf(claims))).toBe(told);
});

test.each(["Bearer opaque-token", "Bearer a.b.c", "Bearer ", "", "Bearer .e30."])("%j tells nothing", (token) => {
  expect(describeBearer(token)).toBe("signed in");
});
