import { InvalidRequestError } from "./errors.ts";
import { VARIABLE_NAME } from "./variable-name.ts";

/**
 * Who asks Azure's APIs. Secrets, certificates and passwords are named by the environment variables that hold them:
 * `default` whatever this machine has (environment, workload or managed identity, `az login`) ·
 * `workload` the federated token of a Kubernetes pod · `managed` the identity of this machine, or one of several ·
 * `secret` and `certificate` an application's. A certificate's variable holds the path of a PEM or PFX file.
 */
export type AzureIdentity =
  | { readonly kind: "default" }
  | { readonly kind: "workload" }
  | { readonly kind: "managed"; readonly clientId: string | null }
  | {
      readonly kind: "secret";
      readonly tenantId: string;
      readonly clientId: string;
      /** Such as AZURE_CLIENT_SECRET. */
      readonly secretVariable: string;
    }
  | {
      readonly kind: "certificate";
      readonly tenantId: string;
      readonly clientId: string;
      /** Such as AZURE_CLIENT_CERTIFICATE_PATH. */
      readonly pathVariable: string;
      /** Such as AZURE_CLIENT_CERTIFICATE_PASSWORD; where it is not set, the file needs no password. */
      readonly passwordVariable: string;
    };

/** The environment variables that are read where none is named: those of Azure's own tools. */
export const IDENTITY_VARIABLES = {
  secret: "AZURE_CLIENT_SECRET",
  path: "AZURE_CLIENT_CERTIFICATE_PATH",
  password: "AZURE_CLIENT_CERTIFICATE_PASSWORD",
} as const;

/** The id of an application, or of a managed identity. */
export const CLIENT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A tenant, by its id or one of its domains. */
export const TENANT_ID = /^[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?$/;

/** What a message says that an identity in one line has to be. */
export const IDENTITY_FORMS =
  "default, workload, managed, managed:<client>, secret:<tenant>/<client>[:VARIABLE] or " +
  "certificate:<tenant>/<client>[:PATH_VARIABLE[:PASSWORD_VARIABLE]]";

/** An identity in one line, such as `managed:<client>` or `secret:<tenant>/<client>:VARIABLE`. */
export function formatIdentity(identity: AzureIdentity): string {
  switch (identity.kind) {
    case "default":
    case "workload":
      return identity.kind;
    case "managed":
      return identity.clientId === null ? "managed" : `managed:${identity.clientId}`;
    case "secret":
      return join(identity, [[identity.secretVariable, IDENTITY_VARIABLES.secret]]);
    case "certificate":
      return join(identity, [
        [identity.pathVariable, IDENTITY_VARIABLES.path],
        [identity.passwordVariable, IDENTITY_VARIABLES.password],
      ]);
  }
}

/** Whether `text` is an identity in one line. */
export function isIdentity(text: string): boolean {
  return read(text) !== null;
}

/** Reads what `formatIdentity` writes. Throws InvalidRequestError without the text: it may be a secret. */
export function parseIdentity(text: string): AzureIdentity {
  const identity = read(text);
  if (identity === null) throw new InvalidRequestError(`identity: expected ${IDENTITY_FORMS}`);
  return identity;
}

function read(text: string): AzureIdentity | null {
  const [kind = "", subject, ...variables] = text.split(":");
  if (kind === "default" || kind === "workload") return subject === undefined ? { kind } : null;
  if (kind === "managed") {
    if (variables.length > 0 || (subject !== undefined && !CLIENT_ID.test(subject))) return null;
    return { kind, clientId: subject ?? null };
  }
  const [tenantId = "", clientId = "", ...rest] = (subject ?? "").split("/");
  if (!TENANT_ID.test(tenantId) || !CLIENT_ID.test(clientId) || rest.length > 0) return null;
  if (!variables.every((name) => VARIABLE_NAME.test(name))) return null;
  if (kind === "secret" && variables.length <= 1) {
    const [secretVariable = IDENTITY_VARIABLES.secret] = variables;
    return { kind, tenantId, clientId, secretVariable };
  }
  if (kind === "certificate" && variables.length <= 2) {
    const [pathVariable = IDENTITY_VARIABLES.path, passwordVariable = IDENTITY_VARIABLES.password] = variables;
    return { kind, tenantId, clientId, pathVariable, passwordVariable };
  }
  return null;
}

/** Variables up to the last one that is not the usual one are written. */
function join(
  { kind, tenantId, clientId }: Extract<AzureIdentity, { readonly tenantId: string }>,
  variables: readonly (readonly [name: string, usual: string])[],
): string {
  const count = variables.findLastIndex(([name, usual]) => name !== usual) + 1;
  return [`${kind}:${tenantId}/${clientId}`, ...variables.slice(0, count).map(([name]) => name)].join(":");
}
