import { AZURE_ENDPOINTS } from "../domain/azure-cloud.ts";
import type { CostDetailsSource, UsageDetailsSource } from "../domain/source.ts";
import { createAzureClient } from "./azure-client.ts";
import type { AzureClient, AzureClientOptions } from "./azure-client.ts";
import { createQuota } from "./azure-quota.ts";
import { createSignIn, signInAdvice } from "./azure-sign-in.ts";
import type { SignIn } from "./azure-sign-in.ts";
import { grantAdvice } from "./grant-advice.ts";

/** Azure's management API, and who asks it. */
export type ManagementClient = {
  readonly client: AzureClient;
  /** Where it is asked, such as `https://management.azure.com`; without a slash at its end. */
  readonly management: string;
  /** Who the client asks as. */
  readonly signIn: SignIn;
};

/** How long to wait for a place in the quota; 30 seconds where nothing is said. */
export type ManagementOptions = Pick<AzureClientOptions, "longestWaitSeconds">;

/**
 * A client of the management API that a source names, signed in as the source's identity when it is first used. It keeps
 * the API's documented quotas.
 */
export function createManagementClient(
  source: CostDetailsSource | UsageDetailsSource,
  environment: NodeJS.ProcessEnv,
  options: ManagementOptions = {},
): ManagementClient {
  const { identity, cloud, kind, scope } = source;
  const management = source.endpoint ?? AZURE_ENDPOINTS[cloud].management;
  const tenant = "tenantId" in identity ? identity.tenantId : null;
  const signIn = createSignIn(identity, { cloud }, environment);
  const client = createAzureClient({
    authorize: signIn.authorize,
    grant: grantAdvice(source),
    signIn: signInAdvice(identity),
    pass: createQuota(kind, `${management}${scope}`, environment, tenant),
    ...options,
  });
  return { client, management, signIn };
}
