import type { RestError } from "@azure/storage-blob";
import { ConfigurationError, OverwrittenError, StorageError, ThrottledError } from "../domain/errors.ts";
import type { BillhouseError } from "../domain/errors.ts";
import type { Credential } from "../domain/source.ts";
import { failureKindOf, withoutSecrets } from "./azure-failure.ts";
import { noteFacts } from "./failure-facts.ts";

/** What is known where a request to the storage account failed. */
export type BlobRequest = {
  /** The container's url, or the blob's: how the message begins. */
  readonly place: string;
  readonly action: "list" | "read";
  readonly credential: Credential;
};

/**
 * A failure of the SDK as one of ours. Its own error holds the request with its headers and url, so it is never kept:
 * the cause is a plain copy of the message, without signatures.
 */
export function blobError(error: unknown, request: BlobRequest): BillhouseError {
  const name = error instanceof Error ? error.name : "";
  const status = statusOf(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const cause = new Error(withoutSecrets(error instanceof Error ? `${name}: ${error.message}` : String(error)));
  const { place, action, credential } = request;
  if (/^(Aggregate)?Authentication|^CredentialUnavailable/.test(name)) {
    const failure = new ConfigurationError(`${place}: no Azure identity could sign in: ${SIGN_IN}`, { cause });
    return noteFacts(failure, { kind: "authentication", statusCode: null });
  }
  if (status === 412 || (status === 404 && code !== "ContainerNotFound")) {
    return new OverwrittenError(`${place}: changed or vanished since it was listed: import again`, { cause });
  }
  const what = `cannot ${action} (${[status ?? "", code].join(" ").trim() || "no answer"})`;
  const message = `${place}: ${what}: ${remedy(status, code, credential)}`;
  const isThrottled = status === 429 || status === 503;
  return noteFacts(
    isThrottled
      ? new ThrottledError(message, { cause, retryAfterSeconds: retryAfterOf(error) })
      : new StorageError(message, { cause }),
    { kind: isThrottled ? "throttled" : failureKindOf(status), statusCode: status },
  );
}

/** The HTTP status of an error of the SDK; null for failures of the network and others. */
export function statusOf(error: unknown): number | null {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : null;
  return typeof status === "number" ? status : null;
}

/** After how many seconds to come back, as the answer says: in seconds, or as a date; null where it says nothing. */
function retryAfterOf(error: unknown): number | null {
  const isAnswered = error instanceof Error && "response" in error;
  const value = isAnswered ? (error as RestError).response?.headers.get("retry-after") : undefined;
  if (value === undefined) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), LONGEST_WAIT_SECONDS);
}

/** Whatever an answer says, an import is tried again within the hour. */
const LONGEST_WAIT_SECONDS = 3600;

const SIGN_IN =
  "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give this machine a managed identity";

function remedy(status: number | null, code: string, credential: Credential): string {
  if (status === null) return "check the account's name and the network, then try again";
  if (status === 404) return "create the container, or correct the source's url";
  if (status !== 401 && status !== 403) return "the storage service failed; try again";
  const network = "and see whether the account's network rules let this machine in";
  if (credential === "default") {
    return `give the identity the role Storage Blob Data Reader on the container ${network}`;
  }
  const held = `check that ${credential.env} holds the account's present key, or a SAS with read and list that has not expired,`;
  return code === "AuthorizationPermissionMismatch" ? `${held} for this container` : `${held} ${network}`;
}
