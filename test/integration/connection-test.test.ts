import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { ConnectionTest } from "../../src/domain/connection-test.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { BlobSource, CostDetailsSource, EaSource, UsageDetailsSource } from "../../src/domain/source.ts";
import { EMULATOR_KEY } from "../../src/sources/blob-credential.ts";
import { testSource } from "../../src/sources/test-source.ts";
import { EA_ENROLLMENT, EA_KEY } from "../support/azure/ea.ts";
import { answered, failed, forbidden, held, text, throttled, unauthorized } from "../support/azure/faults.ts";
import { CLAIMS, MANAGED_CLIENT, SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { legacyItem } from "../support/azure/usage-details.ts";
import { startAzurite } from "../support/azurite.ts";
import type { Azurite } from "../support/azurite.ts";
import { blobSink } from "../../src/demo/sink.ts";

let azure: AzureSimulator;
let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
});

afterAll(() => azurite.close());

beforeEach(async () => {
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value); // Azure's library reads it
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await azure.stop();
});

const SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001";
const SIGNED_IN = `signed in to tenant ${CLAIMS.tid} as application ${CLAIMS.appid} (object ${CLAIMS.oid})`;

const common = { ...SOURCE_DEFAULTS, ...EXTRACTION_DEFAULTS, name: "contoso", datasets: ["actual"] } as const;

function costDetails(change: Partial<CostDetailsSource> = {}): CostDetailsSource {
  return {
    ...common,
    kind: "cost-details",
    cloud: "public",
    endpoint: azure.managementUrl,
    identity: { kind: "managed", clientId: null },
    scope: SCOPE,
    by: "month",
    ...change,
  };
}

function usageDetails(change: Partial<UsageDetailsSource> = {}): UsageDetailsSource {
  const { by: _, ...source } = costDetails();
  return { ...source, kind: "usage-details", ...change };
}

function ea(change: Partial<EaSource> = {}): EaSource {
  return {
    ...common,
    kind: "ea",
    url: azure.eaUrl,
    enrollment: EA_ENROLLMENT,
    credential: { env: "SIMULATED_EA_KEY" },
    api: "v3",
    by: "month",
    currency: null,
    taxFactor: null,
    ...change,
  };
}

function blob(change: Partial<BlobSource> = {}): BlobSource {
  const settings = { url: `${azurite.url}/exports/daily`, credential: { env: "STORAGE" } };
  return { ...SOURCE_DEFAULTS, name: "contoso", kind: "blob", ...settings, ...change };
}

/** Tests it as the commands do; whatever comes of it, no secret is in it. */
async function tested(
  source: Parameters<typeof testSource>[0],
  { env = azure.environment, limitMs }: { env?: NodeJS.ProcessEnv; limitMs?: number } = {},
): Promise<ConnectionTest> {
  const found = await testSource(source, env, new AbortController().signal, limitMs);
  expect(JSON.stringify(found)).not.toMatch(SIMULATED_SECRET);
  expect(JSON.stringify(found)).not.toContain(EMULATOR_KEY);
  expect(found.responseTimeMs).toBeGreaterThanOrEqual(0);
  expect(found.success).toBe(found.failure === null);
  return found;
}

test("cost details can be read: says who is signed in, and asks for no report", async () => {
  expect(await tested(costDetails())).toMatchObject({
    success: true,
    message: `${azure.managementUrl}${SCOPE}: ${SIGNED_IN}, may read costs`,
    warning: null,
    statusCode: 200,
  });
  const asked = azure.requests().filter(({ api }) => api !== "tokens");
  expect(asked.map(({ path }) => path)).toEqual([`${SCOPE}/providers/Microsoft.CostManagement/query`]);
  expect(azure.costDetails.asked).toEqual([]);
});

test("usage details can be read: one item is asked for; a scope without any can be read, too", async () => {
  expect(await tested(usageDetails())).toMatchObject({ success: true, statusCode: 204 });
  azure.usageDetails.setItems({ metric: "actualcost", items: [legacyItem({ cost: 1 }), legacyItem({ cost: 2 })] });
  expect(await tested(usageDetails())).toMatchObject({ success: true, statusCode: 200 });
  expect(azure.requests("usage-details").map(({ query }) => query.get("$top"))).toEqual(["1", "1"]);
});

test("a scope as it was written earlier is one that queries do not know: an item is asked for", async () => {
  const scope = "/providers/Microsoft.Billing/departments/84819";
  expect(await tested(costDetails({ scope }))).toMatchObject({ success: true });
  expect(azure.requests("usage-details").map(({ path }) => path)).toEqual([
    `${scope}/providers/Microsoft.Consumption/usageDetails`,
  ]);
});

test.each(["v2", "v3", "usage-report", "usage-report-v3"] as const)(
  "the key of an enrolment is accepted, asked by %s",
  async (api) => {
    expect(await tested(ea({ api }))).toMatchObject({
      success: true,
      message: `${azure.eaUrl}, enrolment ${EA_ENROLLMENT}: the key in SIMULATED_EA_KEY is accepted`,
      statusCode: 200,
    });
  },
);

test("files are given to a push source: there is nothing to test", async () => {
  expect(await tested({ ...SOURCE_DEFAULTS, name: "given", kind: "push" })).toMatchObject({
    success: true,
    message: expect.stringContaining("POST /v1/ingest/given") as string,
    statusCode: null,
  });
});

test("a container can be listed; one without a file is a warning", async () => {
  const env = { STORAGE: azurite.connectionString };
  const sink = await blobSink(azurite.connectionString, "exports");
  const place = `${azurite.url}/exports/daily, credential env:STORAGE`;
  expect(await tested(blob(), { env })).toMatchObject({
    success: true,
    message: `${place}: can be listed`,
    warning: "holds no file: check the base folder",
    statusCode: 200,
  });
  await sink.put("daily/part.csv", Buffer.from("x"));
  expect(await tested(blob(), { env })).toMatchObject({
    success: true,
    message: `${place}: can be listed, begins with daily/part.csv`,
    warning: null,
  });
});

test("a folder can be listed; one that is not there is a matter of configuration", async () => {
  const path = await mkdtemp(join(tmpdir(), "billhouse-connection-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await mkdir(join(path, "daily"));
  await writeFile(join(path, "daily", "part.csv"), "x");
  const folder = { ...SOURCE_DEFAULTS, name: "files", kind: "folder", path } as const;
  expect(await tested(folder)).toMatchObject({
    success: true,
    message: `${path}: can be listed, begins with daily/part.csv`,
    statusCode: null,
  });
  expect(await tested({ ...folder, path: join(path, "absent") })).toMatchObject({
    success: false,
    message: expect.stringContaining("correct the source's path") as string,
    failure: "configuration",
  });
});

test.each([
  ["cost-details", "query", costDetails],
  ["usage-details", "usage-details", usageDetails],
] as const)("without a role, %s says who is signed in and what to grant", async (_kind, api, source) => {
  azure.fault(api, forbidden());
  const { message, ...found } = await tested(source());
  expect(found).toMatchObject({ success: false, statusCode: 403, failure: "permission" });
  expect(message).toContain(`${azure.managementUrl}${SCOPE}: ${SIGNED_IN}, but `);
  expect(message).toContain("403 (AuthorizationFailed: The client does not have authorization");
  expect(message).toMatch(
    new RegExp(`az role assignment create --assignee <its object id> --role "Cost Management Reader" --scope ${SCOPE}`),
  );
});

test("without a role on an enrolment, the role of enrolments is named", async () => {
  azure.fault("query", forbidden());
  const scope = "/providers/Microsoft.Billing/billingAccounts/1234567";
  const { message } = await tested(costDetails({ scope }));
  expect(message).toContain("give the application the role EnrollmentReader of the billing account 1234567");
});

test.each([
  ["a token that is refused twice", "query", unauthorized(2), costDetails, "authentication", 401],
  ["a scope that is not there", "query", answered(404, { code: "NotFound" }), costDetails, "not found", 404],
  ["an offer without costs", "query", answered(422, { code: "Unsupported" }), costDetails, "refused", 422],
  ["a service that wants to rest", "query", throttled(1, { qpu: 10 }), costDetails, "throttled", 429],
  ["items that are throttled", "usage-details", throttled(1, { consumption: 10 }), usageDetails, "throttled", 429],
  ["a key that is refused", "ea", unauthorized(2), ea, "authentication", 401],
  ["a key of another enrolment", "ea", forbidden(), ea, "permission", 403],
  ["a key that is throttled", "ea", throttled(1, { any: 10 }), ea, "throttled", 429],
  ["a page instead of data", "usage-details", text("<html>Sign in</html>"), usageDetails, "refused", null],
  ["a page instead of the key's periods", "ea", text("\n<!doctype html>"), ea, "refused", null],
] as const)("%s is told for what it is", async (_what, api, faults, source, failure, statusCode) => {
  azure.fault(api, [...faults]);
  expect(await tested(source())).toMatchObject({ success: false, failure, statusCode });
});

test("a service that fails once is asked again", async () => {
  azure.fault("query", failed(503, 1, { "retry-after": "0" }));
  expect(await tested(costDetails())).toMatchObject({ success: true });
  expect(azure.requests("query").map(({ status }) => status)).toEqual([503, 200]);
});

test("a secret that the service repeats in its refusal is not passed on", async () => {
  azure.fault("ea", answered(401, { times: 2, message: `The key ${EA_KEY} has expired.` }));
  const { message } = await tested(ea());
  expect(message).toContain("The key … has expired.");
});

test("an identity that cannot sign in is a matter of authentication, and nothing else is asked", async () => {
  const found = await tested(costDetails({ identity: { kind: "managed", clientId: "not-there" } }));
  expect(found).toMatchObject({ success: false, failure: "authentication", statusCode: null });
  expect(found.message).toContain("correct the source's clientId");
  expect(azure.requests("query")).toEqual([]);
});

test.each([
  ["an application's secret", () => costDetails({ identity: application("secret") }), "MY_SECRET"],
  ["an application's certificate", () => usageDetails({ identity: application("certificate") }), "MY_CERTIFICATE"],
  ["an enrolment's key", () => ea({ credential: { env: "MY_KEY" } }), "MY_KEY"],
  ["a container's SAS", () => blob({ credential: { env: "MY_SAS" } }), "MY_SAS"],
])("the variable of %s that is not set is named", async (_what, source, variable) => {
  expect(await tested(source(), { env: {} })).toMatchObject({
    success: false,
    message: expect.stringContaining(`environment variable ${variable} is not set`) as string,
    failure: "configuration",
    statusCode: null,
  });
});

test("a key that the storage account does not know is a matter of permission", async () => {
  const wrong = azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${"A".repeat(86)}==`);
  const found = await tested(blob(), { env: { STORAGE: wrong } });
  expect(found).toMatchObject({ success: false, failure: "permission", statusCode: 403 });
  expect(found.message).not.toContain("AAAA");
});

test.each([
  ["query", costDetails, `${SIGNED_IN}, but ${SCOPE}: no answer within 0.3 s`],
  ["usage-details", usageDetails, `${SIGNED_IN}, but ${SCOPE}: no answer within 0.3 s`],
  ["ea", ea, `/${EA_ENROLLMENT}: no answer within 0.3 s`],
] as const)("nobody waits longer than the limit for %s", async (api, source, message) => {
  await tested(source()); // whoever is signed in already is not what is waited for
  azure.fault(api, held());
  const found = await tested(source(), { limitMs: 300 });
  expect(found).toMatchObject({ success: false, failure: "transient", statusCode: null });
  expect(found.message).toContain(message);
  azure.letGo();
});

test("nobody waits longer than the limit for a sign-in either", async () => {
  azure.fault("tokens", held());
  const found = await tested(costDetails({ identity: { kind: "managed", clientId: MANAGED_CLIENT } }), {
    limitMs: 300,
  });
  expect(found).toMatchObject({
    failure: "transient",
    message: expect.stringMatching(/^\/.*no answer within 0.3 s/) as string,
  });
  expect(azure.requests("tokens")).toHaveLength(1);
});

test("whoever leaves ends the test", async () => {
  const left = new AbortController();
  azure.fault("query", held());
  const going = testSource(costDetails(), azure.environment, left.signal);
  await vi.waitFor(() => expect(azure.faultsLeft("query")).toBe(0));
  left.abort(new Error("left"));
  await expect(going).rejects.toThrow("left");
  azure.letGo();
});

function application(kind: "secret" | "certificate") {
  const who = { tenantId: "tenant", clientId: "client" };
  if (kind === "secret") return { ...who, kind, secretVariable: "MY_SECRET" };
  return { ...who, kind, pathVariable: "MY_CERTIFICATE", passwordVariable: "MY_PASSWORD" };
}
