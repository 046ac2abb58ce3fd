import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createAzureClient } from "../../src/sources/azure-client.ts";
import { createSignIn } from "../../src/sources/azure-sign-in.ts";
import { makeCertificate } from "../support/azure/certificates.ts";
import { startEntra } from "../support/azure/entra.ts";
import type { SimulatedEntra } from "../support/azure/entra.ts";
import { failed } from "../support/azure/faults.ts";
import { MANAGED_CLIENT, SIMULATED_SECRET } from "../support/azure/identity.ts";
import type { SignInCase, SignInResult } from "../support/azure/sign-in-process.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";

const TENANT = "dddddddd-0000-4000-8000-000000000001";

describe("signing in at Entra", () => {
  const server = makeCertificate("entra");
  const own = makeCertificate("own");
  const authority = makeCertificate("authority of its own");
  const stranger = makeCertificate("stranger");
  const expired = makeCertificate("expired", -1);
  let folder = "";
  let entra: SimulatedEntra;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "billhouse-sign-in-"));
    const files: Readonly<Record<string, string | Buffer>> = {
      "entra.pem": server.certificate,
      "own.pem": own.privateKey + own.certificate,
      "chain-first.pem": authority.certificate + own.certificate + own.privateKey,
      "own.pfx": own.pfx("PASSWORD-SECRET-1", [authority]),
      "stranger.pem": stranger.privateKey + stranger.certificate,
      "expired.pem": expired.privateKey + expired.certificate,
      "pod-token": "TOKEN-SECRET-OF-POD",
      "other-token": "TOKEN-SECRET-OF-OTHER",
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    entra = await startEntra(server);
    entra.setApplication({ tenantId: TENANT, clientId: "app", secret: "CLIENT-SECRET-1" });
    entra.setApplication({ tenantId: TENANT, clientId: "late", secret: "CLIENT-SECRET-2", isSecretExpired: true });
    entra.setApplication({ tenantId: TENANT, clientId: "certified", certificate: own });
    entra.setApplication({ tenantId: TENANT, clientId: "federated", federatedToken: "TOKEN-SECRET-OF-POD" });
  });
  afterAll(async () => {
    await entra.stop();
    await rm(folder, { recursive: true });
  });

  /** In a process of its own: only when it starts does Node read whom it trusts. */
  async function signIn(...cases: readonly SignInCase[]): Promise<SignInResult[]> {
    const path = "test/support/azure/sign-in-process.ts";
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", path, JSON.stringify(cases)], {
      env: {
        PATH: process.env["PATH"],
        NODE_EXTRA_CA_CERTS: join(folder, "entra.pem"),
        AZURE_AUTHORITY_HOST: `${entra.url}/`,
      },
    });
    return JSON.parse(stdout) as SignInResult[];
  }

  const bySecret = (clientId: string, secret: string): SignInCase => ({
    identity: { kind: "secret", tenantId: TENANT, clientId, secretVariable: "MY_SECRET" },
    environment: { MY_SECRET: secret },
  });
  const byCertificate = (file: string, password = ""): SignInCase => ({
    identity: {
      kind: "certificate",
      tenantId: TENANT,
      clientId: "certified",
      pathVariable: "MY_CERTIFICATE",
      passwordVariable: "MY_PASSWORD",
    },
    environment: { MY_CERTIFICATE: join(folder, file), MY_PASSWORD: password },
  });
  const byPod = (file: string): SignInCase => ({
    identity: { kind: "workload" },
    environment: {
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: "federated",
      AZURE_FEDERATED_TOKEN_FILE: join(folder, file),
    },
  });

  test("with a secret, a certificate (PEM, PFX, chain before it), a pod's token, and the environment's variables", async () => {
    const results = await signIn(
      bySecret("app", "CLIENT-SECRET-1"),
      byCertificate("own.pem"),
      byCertificate("chain-first.pem"),
      byCertificate("own.pfx", "PASSWORD-SECRET-1"),
      byPod("pod-token"),
      {
        identity: { kind: "default" },
        environment: {
          AZURE_TENANT_ID: TENANT,
          AZURE_CLIENT_ID: "app",
          AZURE_CLIENT_SECRET: "CLIENT-SECRET-1",
          AZURE_FEDERATED_TOKEN_FILE: "",
        },
      },
    );
    expect(
      results.map(({ authorizations, failure }) => failure?.message ?? authorizations[0]?.replace(/\d+$/, "")),
    ).toEqual(
      ["app", "certified", "certified", "certified", "federated", "app"].map(
        (client) => `Bearer TOKEN-SECRET-${client}-`,
      ),
    );
    expect(entra.requests().map(({ body }) => new URLSearchParams(body).get("scope"))).toEqual(
      results.map(() => "https://management.azure.com/.default"),
    );
    expect(entra.assertions.map((header) => header["x5t#S256"] ?? header["x5t"])).toEqual(
      [1, 2, 3].map(() => own.thumbprints.sha256),
    );
  });

  test("keeps a token for all who sign in as the same, and asks for another one when it was refused", async () => {
    const before = entra.requests().length;
    const one = bySecret("app", "CLIENT-SECRET-1");
    const [first, second] = await signIn({ ...one, asks: ["first", "again", "refused", "again"] }, one);
    const [a, b, c, d] = first?.authorizations ?? [];
    expect([b, d, second?.authorizations[0]]).toEqual([a, c, c]);
    expect(c).not.toBe(a);
    expect(entra.requests()).toHaveLength(before + 2);
  });

  test("refusals say what to do, and hold no secret", async () => {
    const cases: readonly (readonly [SignInCase, string, RegExp])[] = [
      [bySecret("app", "CLIENT-SECRET-WRONG"), "AuthenticationError", /AADSTS7000215.*the secret's value.*MY_SECRET/],
      [bySecret("late", "CLIENT-SECRET-2"), "AuthenticationError", /AADSTS7000222.*make a new one/],
      [bySecret("nobody", "CLIENT-SECRET-1"), "AuthenticationError", /AADSTS700016.*client id or tenant id/],
      [byCertificate("stranger.pem"), "AuthenticationError", /AADSTS700027.*MY_CERTIFICATE/],
      [byCertificate("expired.pem"), "AuthenticationError", /the certificate ran out on \d{4}-\d\d-\d\d: make a new/],
      [byCertificate("own.pfx", "PASSWORD-SECRET-WRONG"), "ConfigurationError", /the password is wrong/],
      [byPod("other-token"), "AuthenticationError", /AADSTS700213.*federate its service account/],
      [bySecret("app", ""), "ConfigurationError", /MY_SECRET is not set/],
    ];
    const results = await signIn(...cases.map(([one]) => one));
    expect(results.map(({ failure }) => [failure?.name, failure?.message])).toEqual(
      cases.map(([, name, says]): unknown[] => [name, expect.stringMatching(says)]),
    );
    for (const { failure } of results) expect(failure?.everything).not.toMatch(SIMULATED_SECRET);
  });

  test("an Entra that is busy or not reached is no wrong secret: a later try may succeed", async () => {
    entra.fault(failed(503, 4)); // the library asks four times
    const elsewhere = { MY_SECRET: "CLIENT-SECRET-1", AZURE_AUTHORITY_HOST: "https://127.0.0.1:9" };
    const [[busy], [gone]] = await Promise.all([
      signIn(bySecret("app", "CLIENT-SECRET-1")),
      signIn({ ...bySecret("app", "CLIENT-SECRET-1"), environment: elsewhere }),
    ]);
    expect([busy?.failure?.name, gone?.failure?.name]).toEqual(["ApiError", "ApiError"]);
    expect(gone?.failure?.message).toMatch(/^https:\/\/127\.0\.0\.1:9: /);
  });
});

describe("signing in as a managed identity", () => {
  let azure: AzureSimulator;

  beforeAll(async () => {
    azure = await startAzureSimulator();
  });
  beforeEach(() => {
    for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await azure.stop();
  });

  const ask = (clientId: string | null) => {
    const { authorize } = createSignIn({ kind: "managed", clientId }, { cloud: "public" }, process.env);
    const client = createAzureClient({ authorize, grant: "grant it", signIn: "sign in", firstWaitMs: 1 });
    const url = `${azure.managementUrl}/subscriptions/1/providers/Microsoft.Consumption/usageDetails?api-version=2024-08-01`;
    return client.ask({ method: "GET", url });
  };

  test("the machine's own, and one of several", async () => {
    expect(await ask(null)).toMatchObject({ status: 204 });
    expect(await ask(MANAGED_CLIENT)).toMatchObject({ status: 204 });
  });

  test.each([
    ["public", "https://management.azure.com"],
    ["china", "https://management.chinacloudapi.cn"],
    ["us-government", "https://management.usgovcloudapi.net"],
  ] as const)("for the cloud %s a token for %s is asked for", async (cloud, audience) => {
    const { authorize } = createSignIn({ kind: "managed", clientId: MANAGED_CLIENT }, { cloud }, process.env);
    await authorize();
    expect(await authorize(true)).toMatch(/^Bearer /);
    expect(azure.requests("tokens").at(-1)?.query.get("resource")).toBe(audience);
  });

  test("a token that is refused is replaced by a new one, again and again", async () => {
    for (let round = 0; round < 3; round++) {
      const before = azure.requests().length;
      azure.revokeTokens();
      expect(await ask(null)).toMatchObject({ status: 204 });
      expect(
        azure
          .requests()
          .slice(before)
          .map(({ api, status }) => `${api} ${status}`),
      ).toEqual(["usage-details 401", "tokens 200", "usage-details 204"]);
    }
  });

  test("an identity that is not the machine's is refused with what to do", async () => {
    const failure = ask("nobody");
    await expect(failure).rejects.toMatchObject({
      name: "AuthenticationError",
      message:
        "managed identity: No User Assigned Managed Identity found.: give this machine a managed identity, or correct the source's clientId",
    });
  });
});
