import { resolve } from "node:path";
import { z } from "zod";
import { FolderSourcePath, SOURCE_SETTINGS, sourceSchema } from "../clickhouse/source-settings.ts";
import { CLIENT_ID, formatIdentity, IDENTITY_VARIABLES, TENANT_ID } from "./domain/azure-identity.ts";
import { sourceOf } from "./domain/source-text.ts";
import type { Source } from "./domain/source.ts";
import { VARIABLE_NAME } from "./domain/variable-name.ts";
import { ScheduleInFile } from "./temporal/schedule-settings.ts";

const variableForm = (example: string) => ({
  error: `expected the name of an environment variable, such as ${example}`,
});
const variable = (example: string) => z.string(variableForm(example)).regex(VARIABLE_NAME, variableForm(example));

const key = z
  .strictObject(
    { env: variable("CONTOSO_STORAGE") },
    { error: "expected { env: NAME } with the environment variable that holds the enrolment's API key" },
  )
  .transform(({ env }) => `env:${env}`);

const credential = z.union([z.literal("default"), key], {
  error: "expected default, or { env: NAME } with the environment variable that holds a connection string or SAS",
});

const tenantForm = { error: "expected the id or a domain of a tenant, such as contoso.onmicrosoft.com" };
const clientForm = { error: "expected the client id of an application, such as 00001111-aaaa-2222-bbbb-3333cccc4444" };
const tenantId = z.string(tenantForm).regex(TENANT_ID, tenantForm);
const clientId = z.string(clientForm).regex(CLIENT_ID, clientForm);

const IDENTITY_EXPECTED =
  "expected default, workload, managed, or one of { managed: … }, { secret: … } and { certificate: … }";

const Managed = z.strictObject({ clientId: clientId.optional() });
const Secret = z.strictObject({
  tenantId,
  clientId,
  variable: variable("CONTOSO_SECRET").default(IDENTITY_VARIABLES.secret),
});
const Certificate = z.strictObject({
  tenantId,
  clientId,
  pathVariable: variable("CONTOSO_CERTIFICATE").default(IDENTITY_VARIABLES.path),
  passwordVariable: variable("CONTOSO_PASSWORD").default(IDENTITY_VARIABLES.password),
});

/** What an identity that is a map has, and each of its forms. */
export const IDENTITY_SETTINGS = {
  identity: "managed, secret, certificate",
  managed: Object.keys(Managed.shape).join(", "),
  secret: Object.keys(Secret.shape).join(", "),
  certificate: Object.keys(Certificate.shape).join(", "),
};

const application = z
  .strictObject({ managed: Managed.optional(), secret: Secret.optional(), certificate: Certificate.optional() })
  .transform(({ managed, secret, certificate }, context) => {
    const [identity, ...others] = [
      managed && formatIdentity({ kind: "managed", clientId: managed.clientId ?? null }),
      secret && formatIdentity({ kind: "secret", ...secret, secretVariable: secret.variable }),
      certificate && formatIdentity({ kind: "certificate", ...certificate }),
    ].filter((text) => text !== undefined);
    if (identity !== undefined && others.length === 0) return identity;
    context.addIssue({ code: "custom", message: IDENTITY_EXPECTED });
    return z.NEVER;
  });

const identity = z.union([z.enum(["default", "workload", "managed"]), application], { error: IDENTITY_EXPECTED });

/** A source as a file configures it. Says of everything that is wrong what is expected. */
export const SourceSettings = sourceSchema(
  { ...SOURCE_SETTINGS, schedule: ScheduleInFile.optional() },
  { path: FolderSourcePath, credential, key, identity },
);

/** The source with its place as it is kept: paths are absolute, whatever directory they were relative to. */
export function resolveSource(configured: z.infer<typeof SourceSettings>, directory: string): Source {
  const { schedule: _, ...text } = configured; // Temporal keeps that
  const source = sourceOf(text);
  return source.kind === "folder" ? { ...source, path: resolve(directory, source.path) } : source;
}
