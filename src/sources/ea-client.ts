import { ConfigurationError } from "../domain/errors.ts";
import type { EaSource } from "../domain/source.ts";
import { createAzureClient } from "./azure-client.ts";
import type { AzureClient, AzureClientOptions } from "./azure-client.ts";
import { createQuota } from "./azure-quota.ts";

/** A month's report in one answer takes the service minutes to write. */
const TIMEOUT_MS = 10 * 60_000;

/** A client of the EA reporting API, which shows the enrolment's API key. Throws ConfigurationError where there is none. */
export function createEaClient(
  source: EaSource,
  environment: NodeJS.ProcessEnv,
  options: Pick<AzureClientOptions, "longestWaitSeconds"> = {},
): AzureClient {
  const { name, url, enrollment, credential } = source;
  const key = environment[credential.env]?.trim() ?? "";
  const renewal = `an administrator of enrolment ${enrollment} makes one in the portal, and it is good for six months`;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(
      `${name}: the environment variable ${credential.env} ${key === "" ? "is not set" : "holds no API key"}: put an API key into it; ${renewal}`,
    );
  }
  return createAzureClient({
    authorize: () => Promise.resolve(`bearer ${key}`),
    signIn: `the API key in ${credential.env} is wrong or has expired: put a valid one there; ${renewal}`,
    grant: `put a key of enrolment ${enrollment} that may see its charges into ${credential.env}; ${renewal}`,
    pass: createQuota("ea", `${url}/${enrollment}`, environment),
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
}
