import { expect, test } from "vitest";
import { formatIdentity, isIdentity, parseIdentity } from "../../src/domain/azure-identity.ts";
import type { AzureIdentity } from "../../src/domain/azure-identity.ts";

const CLIENT = "00001111-aaaa-2222-BBBB-3333cccc4444";
const application = { tenantId: "contoso.onmicrosoft.com", clientId: CLIENT };

test.each<[string, AzureIdentity]>([
  ["default", { kind: "default" }],
  ["workload", { kind: "workload" }],
  ["managed", { kind: "managed", clientId: null }],
  [`managed:${CLIENT}`, { kind: "managed", clientId: CLIENT }],
  [
    `secret:contoso.onmicrosoft.com/${CLIENT}`,
    { kind: "secret", ...application, secretVariable: "AZURE_CLIENT_SECRET" },
  ],
  [
    `secret:contoso.onmicrosoft.com/${CLIENT}:CONTOSO_SECRET`,
    { kind: "secret", ...application, secretVariable: "CONTOSO_SECRET" },
  ],
  [
    `certificate:contoso.onmicrosoft.com/${CLIENT}`,
    {
      kind: "certificate",
      ...application,
      pathVariable: "AZURE_CLIENT_CERTIFICATE_PATH",
      passwordVariable: "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    },
  ],
  [
    `certificate:contoso.onmicrosoft.com/${CLIENT}:CERTIFICATE`,
    {
      kind: "certificate",
      ...application,
      pathVariable: "CERTIFICATE",
      passwordVariable: "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    },
  ],
  [
    `certificate:contoso.onmicrosoft.com/${CLIENT}:AZURE_CLIENT_CERTIFICATE_PATH:PASSWORD`,
    {
      kind: "certificate",
      ...application,
      pathVariable: "AZURE_CLIENT_CERTIFICATE_PATH",
      passwordVariable: "PASSWORD",
    },
  ],
  [
    `certificate:contoso.onmicrosoft.com/${CLIENT}:CERTIFICATE:PASSWORD`,
    { kind: "certificate", ...application, pathVariable: "CERTIFICATE", passwordVariable: "PASSWORD" },
  ],
])("%s is read, and written the same", (text, identity) => {
  expect(parseIdentity(text)).toEqual(identity);
  expect(formatIdentity(identity)).toBe(text);
});

test.each([
  "",
  "Default",
  "default:x",
  "workload:x",
  "managed:",
  "managed:geheim",
  `managed:${CLIENT}:X`,
  "secret",
  "secret:contoso.com",
  "secret:contoso.com/geheim",
  `secret:/${CLIENT}`,
  `secret:../${CLIENT}`,
  `secret:contoso.com/${CLIENT}/x`,
  `secret:contoso.com/${CLIENT}:`,
  `secret:contoso.com/${CLIENT}:ge heim`,
  `secret:contoso.com/${CLIENT}:A:B`,
  `certificate:contoso.com/${CLIENT}:A:B:C`,
  `certificate:contoso.com/${CLIENT}::PASSWORD`,
  `password:contoso.com/${CLIENT}`,
])("%j is no identity, and a message does not repeat it", (text) => {
  expect(isIdentity(text)).toBe(false);
  expect(() => parseIdentity(text)).toThrow(
    /^identity: expected default, workload, managed, managed:<client>, secret:<tenant>\/<client>\[:VARIABLE\] or /,
  );
  expect(() => parseIdentity(text)).not.toThrow(/geheim|ge heim/);
});
