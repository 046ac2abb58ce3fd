import { ConfigurationError } from "../domain/errors.ts";
import type { Credential } from "../domain/source.ts";
import type { BlobPlace } from "../domain/blob-place.ts";
import { keepSecret, keepSignature } from "./known-secrets.ts";

/** How to sign in to a storage account. Holds the secret: pass it to the SDK and nowhere else. */
export type BlobCredential =
  | { readonly kind: "identity" }
  | { readonly kind: "key"; readonly account: string; readonly key: string }
  | { readonly kind: "sas"; readonly query: string };

/** Azurite's documented account, which UseDevelopmentStorage=true stands for. */
export const EMULATOR_ACCOUNT = "devstoreaccount1";

/** Its documented key: public, and the same everywhere. */
export const EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/**
 * The credential that a source refers to: a connection string, a SAS or a whole SAS url in the named environment
 * variable, or an Azure identity. Throws ConfigurationError, which names the variable and never its value.
 */
export function readBlobCredential(
  credential: Credential,
  place: BlobPlace,
  environment: NodeJS.ProcessEnv,
): BlobCredential {
  if (credential === "default") {
    if (place.containerUrl.startsWith("https:")) return { kind: "identity" };
    throw new ConfigurationError(
      `${place.url}: an Azure identity is only sent over https: name an environment variable with a connection string as credential`,
    );
  }
  const name = credential.env;
  const value = environment[name]?.trim() ?? "";
  if (value === "") {
    throw new ConfigurationError(
      `${place.url}: the environment variable ${name} is not set: put a connection string or a SAS into it`,
    );
  }
  const wrong = (problem: string) =>
    new ConfigurationError(
      `${place.url}: the environment variable ${name} ${problem}: put a connection string or a SAS into it`,
    );

  if (/^https?:\/\//i.test(value)) return sasOfUrl(value, place, wrong);
  if (/^\??[^;]*\bsig=/.test(value)) return { kind: "sas", query: requireSas(value, wrong) };
  return fromConnectionString(value, place, wrong);
}

type Wrong = (problem: string) => ConfigurationError;

function sasOfUrl(value: string, place: BlobPlace, wrong: Wrong): BlobCredential {
  if (!URL.canParse(value)) throw wrong("holds a url that cannot be read");
  const url = new URL(value);
  if (url.host !== new URL(place.containerUrl).host) {
    throw wrong(`holds a SAS for ${url.host}, which is another account`);
  }
  return { kind: "sas", query: requireSas(url.search, wrong) };
}

function requireSas(text: string, wrong: Wrong): string {
  const query = text.replace(/^\?/, "");
  const parameters = new URLSearchParams(query);
  if (!parameters.get("sig") || !parameters.get("sv")) throw wrong("holds a SAS without sv and sig");
  keepSignature(query);
  return query;
}

function fromConnectionString(value: string, place: BlobPlace, wrong: Wrong): BlobCredential {
  const settings = new Map<string, string>();
  for (const setting of value.split(";")) {
    const at = setting.indexOf("=");
    if (at > 0) settings.set(setting.slice(0, at).trim().toLowerCase(), setting.slice(at + 1).trim());
  }
  const isEmulator = settings.get("usedevelopmentstorage")?.toLowerCase() === "true";
  const account = settings.get("accountname") ?? (isEmulator ? EMULATOR_ACCOUNT : undefined);
  const key = settings.get("accountkey") ?? (isEmulator ? EMULATOR_KEY : undefined);
  const sas = settings.get("sharedaccesssignature");
  if (account !== undefined && account !== place.account) {
    throw wrong(`belongs to the account ${account} and not to ${place.account}`);
  }
  if (sas !== undefined) return { kind: "sas", query: requireSas(sas, wrong) };
  if (account !== undefined && key !== undefined && /^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
    keepSecret(key);
    return { kind: "key", account, key };
  }
  throw wrong("holds neither a connection string with AccountName and AccountKey nor a SAS");
}
