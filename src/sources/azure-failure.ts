import type { FailureKind } from "../domain/connection-test.ts";
import {
  ApiError,
  ApiRefusalError,
  AuthenticationError,
  ConfigurationError,
  PermissionError,
  ThrottledError,
} from "../domain/errors.ts";
import type { BillhouseError } from "../domain/errors.ts";
import { noteFacts } from "./failure-facts.ts";
import { withoutKnownSecrets } from "./known-secrets.ts";
import { secondsToWait } from "./retry-after.ts";

/** What went wrong between us and one of Azure's APIs. */
export type FailedRequest = {
  /** How messages name what was asked: method and url without its query, which may hold a signature. */
  readonly place: string;
  /** The HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The answer's text, or what the network said. */
  readonly text: string;
  /** What to grant to whom where a role is missing, such as "give the identity the role Cost Management Reader on …". */
  readonly grant: string;
  /** What to do where nobody is signed in. */
  readonly signIn: string;
};

const MESSAGE_LENGTH = 500;
const REQUEST_IDS = ["x-ms-request-id", "x-ms-correlation-request-id", "request-id", "x-ms-client-request-id"];
/** What Node says where it does not trust a server's certificate. */
const UNTRUSTED = /\b(CERT_|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|DEPTH_ZERO|ERR_TLS_CERT)/;

/** Sorts a failure by its status. */
export function failureKindOf(status: number | null): FailureKind {
  if (status === null || status === 408 || status >= 500) return "transient";
  if (status === 401) return "authentication";
  if (status === 403) return "permission";
  if (status === 404) return "not found";
  if (status === 429) return "throttled";
  // Microsoft's own SDK meets 406 now and then, and succeeds a moment later.
  return status === 406 ? "transient" : "refused";
}

/** A failed request as one of our errors: what, where, what the service says, its request id for support, what to do. */
export function apiFailure(request: FailedRequest): BillhouseError {
  const { status } = request;
  return noteFacts(errorOf(request), { kind: failureKindOf(status), statusCode: status });
}

function errorOf({ place, status, headers, grant, signIn, text }: FailedRequest): BillhouseError {
  const said = saidBy(text);
  const retryAfterSeconds = secondsToWait(headers, Date.now());
  const id = REQUEST_IDS.map((name) => headers[name]).find((value) => typeof value === "string" && value !== "");
  const what = `${place}: ${status ?? "no answer"}${said === "" ? "" : ` (${said})`}${
    typeof id === "string" ? `, request id ${id}` : ""
  }`;
  switch (failureKindOf(status)) {
    case "authentication":
      return new AuthenticationError(`${what}: ${signIn}`);
    case "permission":
      return new PermissionError(`${what}: ${grant}`);
    case "not found":
      return new ApiRefusalError(`${what}: there is no such scope or period, or the identity may not see it: ${grant}`);
    case "refused":
      return new ApiRefusalError(`${what}: correct the source's settings, or ask for another period`);
    case "throttled":
      return new ThrottledError(`${what}: the service asks to be left alone; try again later`, { retryAfterSeconds });
    case "transient":
      if (status === null && UNTRUSTED.test(text)) {
        return new ConfigurationError(
          `${what}: the server's certificate is not trusted: set NODE_EXTRA_CA_CERTS to a file with its authority`,
        );
      }
      return retryAfterSeconds === null || retryAfterSeconds === 0
        ? new ApiError(`${what}: the service failed or was not reached; try again`)
        : new ThrottledError(`${what}: the service is busy; try again later`, { retryAfterSeconds });
  }
}

/** What the service says, in one line and without anything that could be a secret. */
function saidBy(text: string): string {
  const message = messageIn(text.replace(/^\uFEFF/, "")) ?? text.replace(/<[^>]*>/g, " "); // a page, or XML
  return withoutSecrets(message.replace(/\s+/g, " ").trim()).slice(0, MESSAGE_LENGTH);
}

function messageIn(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const error = fieldOf(parsed, "error") ?? parsed;
    const parts = [fieldOf(error, "code"), fieldOf(error, "message") ?? fieldOf(error, "Message")];
    const said = parts.filter((part) => typeof part === "string" && part !== "").join(": ");
    return said === "" ? undefined : said;
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

const NAMES =
  "sig|AccountKey|SharedAccessSignature|client_secret|client_assertion|password|access_token|refresh_token|id_token";
/** A named secret in a query, in a form, percent-encoded, in JSON. */
const NAMED = new RegExp(`\\b(${NAMES})(=|%3D|\\\\?"\\s*:\\s*\\\\?")[^&;\\s"'<>\\\\]+`, "gi");

/** A text without the values of signatures, keys and tokens: those that are known, and what looks like one. */
export function withoutSecrets(text: string): string {
  return withoutKnownSecrets(text)
    .replace(NAMED, "$1$2…")
    .replace(/\b(Bearer|SharedKey|SharedAccessSignature)\s+(?!realm|error|authorization_uri)[^\s"',;<>]+/gi, "$1 …")
    .replace(/\beyJ[\w-]{8,}(\.[\w-]*)*/g, "…"); // a token, named or not
}
