import { enterpriseUrl } from "./azure-cloud.ts";
import type { AzureCloud } from "./azure-cloud.ts";
import { formatIdentity, parseIdentity } from "./azure-identity.ts";
import { formatCredential } from "./source.ts";
import type {
  BlobSource,
  CostDetailsSource,
  Credential,
  EaSource,
  FolderSource,
  PushSource,
  Source,
  UsageDetailsSource,
} from "./source.ts";

/** A source with each of its settings in one line, as options, requests and tables say them. */
export type SourceText =
  | InText<BlobSource>
  | FolderSource
  | InText<CostDetailsSource>
  | InText<UsageDetailsSource>
  | InText<EaSource>
  | PushSource;

/** The same, as it may be configured: where no url of the EA reporting API is said, that of the cloud is meant. */
export type ConfiguredText = Exclude<SourceText, InText<EaSource>> | ConfiguredEa;

type ConfiguredEa = Omit<InText<EaSource>, "url"> & {
  readonly url?: string | undefined;
  readonly cloud?: AzureCloud | undefined;
};

type InText<S extends Source> = {
  readonly [Name in keyof S]: Name extends "credential" | "identity" ? string : S[Name];
};

/** What `placeOf` and `credentialOf` tell. */
const TOLD: ReadonlySet<string> = new Set(["url", "path", "scope", "enrollment", "credential", "identity"]);

/** The source with each of its settings in one line. */
export function textOf(source: Source): SourceText {
  switch (source.kind) {
    case "blob":
    case "ea":
      return { ...source, credential: formatCredential(source.credential) };
    case "cost-details":
    case "usage-details":
      return { ...source, identity: formatIdentity(source.identity) };
    case "folder":
    case "push":
      return source;
  }
}

/** The source that settings in text describe. */
export function sourceOf(text: ConfiguredText): Source {
  switch (text.kind) {
    case "blob":
      return { ...text, credential: parseCredential(text.credential) };
    case "cost-details":
    case "usage-details":
      return { ...text, identity: parseIdentity(text.identity) };
    case "ea": {
      const { cloud = "public", url = enterpriseUrl(cloud, text.api), credential, ...settings } = text;
      return { ...settings, url, credential: { env: variableOf(credential) } };
    }
    case "folder":
    case "push":
      return text;
  }
}

/** The settings that sources of the kind have and others have not. */
export function ownSettings(source: Source) {
  const {
    name: _name,
    kind: _kind,
    enabled: _enabled,
    priority: _priority,
    rejectLimit: _limit,
    ...own
  } = textOf(source);
  return own;
}

/** What of these settings is told by neither place nor credential, for people to read. */
export function furtherSettings(source: Source): Readonly<Record<string, string>> {
  const further = Object.entries(ownSettings(source)).filter(([name]) => !TOLD.has(name));
  return Object.fromEntries(further.map(([name, value]) => [name, [value ?? "none"].flat().join(", ")]));
}

function parseCredential(text: string): Credential {
  return text === "default" ? text : { env: variableOf(text) };
}

function variableOf(credential: string): string {
  return credential.replace(/^env:/, "");
}
