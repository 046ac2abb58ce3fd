import { createHash } from "node:crypto";
import type { AccessToken, TokenCredential } from "@azure/identity";
import { AZURE_ENDPOINTS } from "../domain/azure-cloud.ts";
import type { AzureCloud } from "../domain/azure-cloud.ts";
import type { AzureIdentity } from "../domain/azure-identity.ts";
import { createCredential, renewManagedToken } from "./azure-credential.ts";
import { signInFailure } from "./azure-sign-in-failure.ts";

/** Signs in to a cloud's management API. */
export type SignIn = {
  /** The value of the Authorization header; a new token where the last one was refused. */
  readonly authorize: (isRefused?: boolean) => Promise<string>;
};

/** Where to sign in. */
export type SignInOptions = { readonly cloud: AzureCloud };

/** A token is replaced before it runs out: what is asked with it may take a while. */
const SPARE_MS = 300_000;
const VARIABLE_OF_AUTHORITY = "AZURE_AUTHORITY_HOST";
/** What an identity can depend on in the environment, beside the variables that it names. */
const VARIABLES = /^(AZURE|IDENTITY|MSI|IMDS)_/;

/** Those of this process: each asks for a token when it has none, and not for every source and activity anew. */
const signIns = new Map<string, SignIn>();

/**
 * Signs in as an identity, when it is first needed; a token is kept until it runs out, for all who sign in as the same.
 * The authority is the cloud's own; AZURE_AUTHORITY_HOST names another one for the public cloud. It throws
 * ConfigurationError where a variable or a certificate is missing, AuthenticationError where Entra refuses, and ApiError
 * where it is not reached.
 */
export function createSignIn(
  identity: AzureIdentity,
  { cloud }: SignInOptions,
  environment: NodeJS.ProcessEnv,
): SignIn {
  const authority = authorityOf(cloud, environment);
  const key = fingerprintOf(identity, [cloud, authority], environment);
  const signIn = signIns.get(key) ?? startSignIn(identity, AZURE_ENDPOINTS[cloud].scope, authority, environment);
  signIns.set(key, signIn);
  return signIn;
}

/** What to do where nobody is signed in. */
export function signInAdvice(identity: AzureIdentity): string {
  switch (identity.kind) {
    case "default":
      return "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give this machine a managed identity";
    case "workload":
      return "label the pod azure.workload.identity/use and federate its service account with the application";
    case "managed":
      return "give this machine a managed identity, or correct the source's clientId";
    case "secret":
      return `check the application's tenant and client id, and that ${identity.secretVariable} holds a secret of it that has not expired`;
    case "certificate":
      return `check the application's tenant and client id, and that the certificate of ${identity.pathVariable} is one of its own and has not expired`;
  }
}

/** Who signs people in to a cloud: its own authority, or the public cloud's by AZURE_AUTHORITY_HOST. */
export function authorityOf(cloud: AzureCloud, environment: NodeJS.ProcessEnv): string {
  const named = environment[VARIABLE_OF_AUTHORITY]?.trim() ?? "";
  // The other clouds are named by the source, which knows better than a variable for the whole process.
  const host = cloud === "public" && named !== "" ? named : AZURE_ENDPOINTS[cloud].authority;
  return host.replace(/\/+$/, "");
}

function startSignIn(
  identity: AzureIdentity,
  scope: string,
  authority: string,
  environment: NodeJS.ProcessEnv,
): SignIn {
  let credential: Promise<TokenCredential> | undefined;
  let token: AccessToken | undefined;
  let pending: Promise<AccessToken> | undefined;

  async function fetchToken(refused: string | undefined): Promise<AccessToken> {
    try {
      if (refused !== undefined) credential = undefined; // what it keeps in mind is the token that was refused
      credential ??= createCredential(identity, authority, environment);
      const found = await (await credential).getToken(scope);
      if (found === null) throw new Error("no token was given");
      return found.token === refused ? await renewManagedToken(identity, scope, environment, found) : found;
    } catch (error) {
      credential = undefined;
      throw signInFailure(error, { authority, identity, advice: signInAdvice(identity) });
    }
  }

  return {
    async authorize(isRefused = false) {
      if (token === undefined || isRefused || !isFresh(token)) {
        pending ??= fetchToken(isRefused ? token?.token : undefined).finally(() => {
          pending = undefined;
        });
        token = await pending;
      }
      return `Bearer ${token.token}`;
    },
  };
}

function isFresh({ expiresOnTimestamp, refreshAfterTimestamp = Number.POSITIVE_INFINITY }: AccessToken): boolean {
  return Date.now() < Math.min(expiresOnTimestamp - SPARE_MS, refreshAfterTimestamp);
}

/** Names what a sign-in depends on; secrets of the environment are not to be found in it. */
function fingerprintOf(identity: AzureIdentity, place: readonly string[], environment: NodeJS.ProcessEnv): string {
  const named = new Set<unknown>(Object.values(identity));
  const variables = Object.entries(environment)
    .filter(([name]) => VARIABLES.test(name) || named.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([identity, place, variables]))
    .digest("hex");
}
