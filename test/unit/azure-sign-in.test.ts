import { describe, expect, test } from "vitest";
import type { AzureIdentity } from "../../src/domain/azure-identity.ts";
import { ApiError, AuthenticationError, ConfigurationError } from "../../src/domain/errors.ts";
import { authorityOf, createSignIn } from "../../src/sources/azure-sign-in.ts";
import { signInFailure } from "../../src/sources/azure-sign-in-failure.ts";

describe("where to sign in", () => {
  test.each([
    ["public", "https://login.microsoftonline.com"],
    ["china", "https://login.partner.microsoftonline.cn"],
    ["us-government", "https://login.microsoftonline.us"],
  ] as const)("the cloud %s has the authority %s", (cloud, authority) => {
    expect(authorityOf(cloud, {})).toBe(authority);
  });

  test("AZURE_AUTHORITY_HOST stands for the public cloud's, and not for one that a source names", () => {
    const environment = { AZURE_AUTHORITY_HOST: " https://login.example.com/ " };
    expect(authorityOf("public", environment)).toBe("https://login.example.com");
    expect(authorityOf("china", environment)).toBe("https://login.partner.microsoftonline.cn");
  });
});

describe("what a sign-in needs", () => {
  const secret = { kind: "secret", tenantId: "t", clientId: "c", secretVariable: "MY_SECRET" } as const;
  const certificate = {
    kind: "certificate",
    tenantId: "t",
    clientId: "c",
    pathVariable: "MY_PATH",
    passwordVariable: "MY_PASSWORD",
  } as const;

  test.each<[AzureIdentity, Record<string, string>, RegExp]>([
    [secret, {}, /MY_SECRET is not set: put the application's secret into it/],
    [certificate, {}, /MY_PATH is not set: put the path/],
    [certificate, { MY_PATH: "/nowhere" }, /^\/nowhere: the certificate cannot be read/],
    [
      secret,
      { MY_SECRET: "s", AZURE_AUTHORITY_HOST: "http://login" },
      /AZURE_AUTHORITY_HOST is "http:\/\/login": expected/,
    ],
    [{ kind: "workload" }, { AZURE_TENANT_ID: "t" }, /AZURE_CLIENT_ID is not set/],
    [{ kind: "workload" }, { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" }, /AZURE_FEDERATED_TOKEN_FILE is not set/],
  ])("is missing where %j has %j", async (identity, environment, says) => {
    const { authorize } = createSignIn(identity, { cloud: "public" }, environment);
    await expect(authorize()).rejects.toMatchObject({
      name: ConfigurationError.name,
      message: expect.stringMatching(says) as string,
    });
  });
});

describe("a sign-in that did not succeed", () => {
  const failed = (message: string, identity: AzureIdentity = { kind: "default" }) =>
    signInFailure(new Error(message), { authority: "https://login", identity, advice: "do this" });

  test("on a machine where nobody is signed in, it tells all that was tried", () => {
    const failure = failed(
      "ChainedTokenCredential authentication failed.\nCredentialUnavailableError: EnvironmentCredential is unavailable. \n" +
        "CredentialUnavailableError: Azure CLI could not be found.\nCredentialUnavailableError: network_error",
    );
    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(failure.message).toBe(
      "https://login: nobody is signed in on this machine (EnvironmentCredential is unavailable. · Azure CLI could not be found. · network_error): do this",
    );
  });

  test.each([
    "AADSTS90033: A transient error has occurred. Please try again. Trace ID: 1",
    "endpoints_resolution_error: See https://aka.ms/msal.js.errors",
    "ChainedTokenCredential authentication failed.\nCredentialUnavailableError: endpoints_resolution_error: See it",
  ])("is worth a later try after %j", (message) => {
    expect(failed(message)).toBeInstanceOf(ApiError);
  });

  test("a managed identity's endpoint that is busy is worth a later try, one that knows no identity is not", () => {
    const of = (description: string) =>
      failed(
        `ManagedIdentityCredential: Authentication failed. Message : Error(s): Not Available - Description: ${description} - Correlation ID: 1`,
        { kind: "managed", clientId: null },
      );
    expect(of("Too many requests")).toBeInstanceOf(ApiError);
    expect(of("Identity not found")).toBeInstanceOf(AuthenticationError);
    expect(of("Identity not found").message).toBe("managed identity: Identity not found: do this");
  });

  test("nothing of what was asked with is in it", () => {
    const failure = failed(
      "AADSTS1: client_assertion=eyJhbGciOiJub25lIn0.e30.SECRET and client_secret=SECRET Trace ID: 2",
    );
    expect(`${failure.message}${String(failure.cause)}${failure.stack}`).not.toContain("SECRET");
  });
});
