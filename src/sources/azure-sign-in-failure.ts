import type { AzureIdentity } from "../domain/azure-identity.ts";
import { ApiError, AuthenticationError, BillhouseError } from "../domain/errors.ts";
import { withoutSecrets } from "./azure-failure.ts";
import { noteFacts } from "./failure-facts.ts";

/** Who could not sign in, where, and what is to be checked in any case. */
export type FailedSignIn = {
  readonly authority: string;
  readonly identity: AzureIdentity;
  readonly advice: string;
};

const MESSAGE_LENGTH = 500;
/** What Entra says when it is busy (Microsoft Learn, "Microsoft Entra authentication and authorization error codes"). */
const BUSY_CODES = ["50033", "90033", "90055", "50196"];
/** What the libraries say where nobody answered, or answered that something broke. */
const NOT_REACHED =
  /endpoints_resolution_error|temporarily_unavailable|server_error|Error\(s\): Not Available|post_request_failed|ECONN|ETIMEDOUT|EAI_AGAIN/;
/** The same for managed identities, whose endpoint says "Not Available" in every answer. */
const IDENTITY_BUSY = /busy|throttl|too many requests|temporar|timed? ?out|internal server error/i;
/** What to do about Entra's commonest refusals, where that is more than what is always to be checked. */
const ADVICE: Readonly<Record<string, string>> = {
  "700016": "the application is not in that tenant: correct the source's client id or tenant id",
  "90002": "there is no such tenant: correct the source's tenant id",
  "7000222": "the secret has expired: make a new one for the application",
  "7000215": "that is no secret of the application: take the secret's value, not its id",
};

/** A sign-in that did not succeed as one of our errors, with what to do. It carries nothing of what was asked. */
export function signInFailure(error: unknown, { authority, identity, advice }: FailedSignIn): BillhouseError {
  if (error instanceof BillhouseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const said = withoutSecrets(saidIn(text)).slice(0, MESSAGE_LENGTH);
  const cause = new Error(said); // the libraries' own errors hold the request
  const where = identity.kind === "managed" ? "managed identity" : authority;
  const code = /AADSTS(\d+)/.exec(text)?.[1];
  if (isTransient(text, code, identity)) {
    const failure = new ApiError(`${where}: ${said}: signing in failed or was not reached; try again`, { cause });
    return noteFacts(failure, { kind: "transient", statusCode: null });
  }
  const particular = code === undefined ? undefined : ADVICE[code];
  const what = [particular, advice].filter((one) => one !== undefined).join("; ");
  const failure = new AuthenticationError(`${where}: ${said}: ${what}`, { cause });
  return noteFacts(failure, { kind: "authentication", statusCode: null });
}

function isTransient(text: string, code: string | undefined, identity: AzureIdentity): boolean {
  if (code !== undefined) return BUSY_CODES.includes(code);
  return identity.kind === "managed" ? IDENTITY_BUSY.test(text) : NOT_REACHED.test(text);
}

/** The sentence that matters: Entra's own, a managed identity's, or the first line that says more than "failed". */
function saidIn(text: string): string {
  const described =
    /(AADSTS\d+: .*?)(?: Trace ID:|$)/m.exec(text)?.[1] ?? /Description: (.*?) - Correlation ID/.exec(text)?.[1];
  if (described !== undefined) return described.trim();
  const [first = "", ...others] = text.split("\n").map((line) => line.trim());
  if (!first.startsWith("ChainedTokenCredential")) return first;
  const tried = others.map((line) => line.replace(/^\w+Error: /, "")).filter((line) => line !== "");
  return `nobody is signed in on this machine (${tried.join(" · ")})`;
}
