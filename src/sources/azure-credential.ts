import type { AccessToken, TokenCredential } from "@azure/identity";
import { AZURE_CLOUDS, AZURE_ENDPOINTS } from "../domain/azure-cloud.ts";
import type { AzureIdentity } from "../domain/azure-identity.ts";
import { AuthenticationError, ConfigurationError } from "../domain/errors.ts";
import { readCertificate } from "./certificate.ts";
import { keepSecret } from "./known-secrets.ts";

/** What the libraries take from the environment by themselves. */
const SECRET_VARIABLES = [
  "AZURE_CLIENT_SECRET",
  "AZURE_CLIENT_CERTIFICATE_PASSWORD",
  "AZURE_PASSWORD",
  "IDENTITY_HEADER",
  "MSI_SECRET",
];
const AUTHORITIES: readonly string[] = AZURE_CLOUDS.map((cloud) => AZURE_ENDPOINTS[cloud].authority);

/**
 * What asks for an identity's tokens. Throws ConfigurationError where a variable or a certificate is missing, and
 * AuthenticationError where the certificate has run out.
 */
export async function createCredential(
  identity: AzureIdentity,
  authorityHost: string,
  environment: NodeJS.ProcessEnv,
): Promise<TokenCredential> {
  if (!authorityHost.startsWith("https://")) {
    throw new ConfigurationError(`AZURE_AUTHORITY_HOST is ${JSON.stringify(authorityHost)}: expected an https url`);
  }
  for (const name of SECRET_VARIABLES) keepSecret(environment[name]?.trim() ?? "");
  const sdk = await import("@azure/identity"); // takes a third of a second
  const options = {
    authorityHost,
    // Microsoft's own directory knows its own clouds only: another authority is the one that was named.
    disableInstanceDiscovery: !AUTHORITIES.includes(authorityHost),
  };
  switch (identity.kind) {
    case "default":
      return new sdk.DefaultAzureCredential(options);
    case "workload":
      return new sdk.WorkloadIdentityCredential({
        ...options,
        tenantId: requireVariable("AZURE_TENANT_ID", "the application's tenant id", environment),
        clientId: requireVariable("AZURE_CLIENT_ID", "the application's client id", environment),
        tokenFilePath: requireVariable("AZURE_FEDERATED_TOKEN_FILE", "the path of the pod's token", environment),
      });
    case "managed":
      return new sdk.ManagedIdentityCredential(identity.clientId === null ? {} : { clientId: identity.clientId });
    case "secret": {
      const secret = requireVariable(identity.secretVariable, "the application's secret", environment);
      keepSecret(secret);
      return new sdk.ClientSecretCredential(identity.tenantId, identity.clientId, secret, options);
    }
    case "certificate": {
      const { pathVariable, passwordVariable, tenantId, clientId } = identity;
      const path = requireVariable(pathVariable, "the path of the application's certificate", environment);
      const given = environment[passwordVariable];
      keepSecret(given ?? "");
      const { pem, expiresAt } = await readCertificate(path, given === "" ? undefined : given);
      if (expiresAt.getTime() < Date.now()) {
        throw new AuthenticationError(
          `${path}: the certificate ran out on ${expiresAt.toISOString().slice(0, 10)}: make a new one, add it to the application ${clientId}, and name its file in ${pathVariable}`,
        );
      }
      return new sdk.ClientCertificateCredential(tenantId, clientId, { certificate: pem }, options);
    }
  }
}

/**
 * A new token where a new credential gave the one again that was refused: those of managed identities are kept in mind
 * by the whole process, and no option of the credential asks for another one. For any other identity the token itself.
 */
export async function renewManagedToken(
  identity: AzureIdentity,
  scope: string,
  environment: NodeJS.ProcessEnv,
  refused: AccessToken,
): Promise<AccessToken> {
  const isManaged =
    identity.kind === "managed" || (identity.kind === "default" && environment["IDENTITY_ENDPOINT"] !== undefined);
  if (!isManaged) return refused;
  const { ManagedIdentityApplication } = await import("@azure/msal-node");
  const clientId = identity.kind === "managed" ? identity.clientId : (environment["AZURE_CLIENT_ID"] ?? null);
  const application = new ManagedIdentityApplication(
    clientId === null ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } },
  );
  const resource = scope.replace(/\/\.default$/, "");
  const { accessToken, expiresOn } = await application.acquireToken({ resource, forceRefresh: true });
  return { token: accessToken, expiresOnTimestamp: expiresOn?.getTime() ?? refused.expiresOnTimestamp };
}

function requireVariable(name: string, what: string, environment: NodeJS.ProcessEnv): string {
  const value = environment[name]?.trim() ?? "";
  if (value !== "") return value;
  throw new ConfigurationError(`The environment variable ${name} is not set: put ${what} into it`);
}
