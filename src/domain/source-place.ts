import { formatIdentity } from "./azure-identity.ts";
import { formatCredential } from "./source.ts";
import type { Source } from "./source.ts";

/** What people recognise a source by: its url, path, scope or enrolment, without anything secret. Empty for `push`. */
export function placeOf(source: Source): string {
  switch (source.kind) {
    case "blob":
      return source.url;
    case "folder":
      return source.path;
    case "cost-details":
    case "usage-details":
      return source.scope;
    case "ea":
      return `${source.url}/${source.enrollment}`;
    case "push":
      return "";
  }
}

/** What a source signs in with, by name only; empty where it signs in nowhere. */
export function credentialOf(source: Source): string {
  switch (source.kind) {
    case "blob":
    case "ea":
      return formatCredential(source.credential);
    case "cost-details":
    case "usage-details":
      return formatIdentity(source.identity);
    case "folder":
    case "push":
      return "";
  }
}
