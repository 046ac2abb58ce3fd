import { z } from "zod";
import { IDENTITY_FORMS, isIdentity } from "../src/domain/azure-identity.ts";
import { isCustomerAgreement } from "../src/domain/azure-scope.ts";
import { parseBlobUrl } from "../src/domain/blob-place.ts";
import { BillhouseError } from "../src/domain/errors.ts";
import { EXTRACTION_DEFAULTS, MONTHS_KEPT, SOURCE_DEFAULTS, SOURCE_KINDS, SOURCE_NAME } from "../src/domain/source.ts";
import type { Source } from "../src/domain/source.ts";
import { VARIABLE_NAME } from "../src/domain/variable-name.ts";
import {
  Address,
  By,
  Cloud,
  Currency,
  EaApi,
  EnterpriseCloud,
  Enrollment,
  extractionOf,
  scopeOf,
  TaxFactor,
} from "./api-settings.ts";

const rowCount = { error: "expected a number of rows, 0 or more" };
/** Azure's data of these reports is as new as four hours (Microsoft Learn, "Get small cost datasets on demand"). */
const REPORT_HOURS = 4;
const directory = { error: "expected the path of a directory" };

/** The settings that every source has, each with what it is when nothing is said; says of a wrong one what is expected. */
export const SOURCE_SETTINGS = {
  name: z
    .string({ error: "expected a name like contoso" })
    .regex(SOURCE_NAME, { error: "expected a name of a-z, 0-9, . _ and -, such as contoso" })
    .describe("Name of the source, such as `contoso`"),
  enabled: z
    .boolean({ error: "expected true or false" })
    .default(SOURCE_DEFAULTS.enabled)
    .describe("Whether imports of all sources include it"),
  priority: z
    .int32({ error: "expected a whole number; the smaller one answers" })
    .default(SOURCE_DEFAULTS.priority)
    .describe("Who answers where two sources cover the same subscription and day: the smaller one"),
  rejectLimit: z
    .int(rowCount)
    .nonnegative(rowCount)
    .default(SOURCE_DEFAULTS.rejectLimit)
    .describe("How many rows of a run may be refused before the run is not published"),
};

/** Where a source of the kind `blob` is. What is wrong is said without what may be a SAS. */
export const BlobSourceUrl = z
  .string({ error: "expected a url like https://<account>.blob.core.windows.net/<container>/<base folder>" })
  .superRefine(requireBlobUrl)
  .describe("`https://<account>.blob.core.windows.net/<container>/<base folder>`, without a SAS");

/** Where a source of the kind `folder` is. */
export const FolderSourcePath = z.string(directory).min(1, directory).describe("Path of the directory");

const REFERENCE = `env:${VARIABLE_NAME.source.slice(1, -1)}`;

// What is wrong with those that sign in is said without the value: somebody may have put the secret itself there.
const credentialForm = {
  error: "expected default, or env:NAME with the environment variable that holds a connection string or SAS",
};
const keyForm = { error: "expected env:NAME with the environment variable that holds the enrolment's API key" };
const identityForm = { error: `expected ${IDENTITY_FORMS}` };

/** Settings that a file says in another way than a line does. All of them are one line when they are read. */
export type LineSettings = Readonly<Record<"path" | "credential" | "key" | "identity", z.ZodType<string>>>;

/** How options, requests and the table say them. */
export const LINE_SETTINGS = {
  path: FolderSourcePath,
  credential: z
    .string(credentialForm)
    .regex(new RegExp(`^(?:default|${REFERENCE})$`), credentialForm)
    .describe("`default` for an Azure identity, or `env:NAME` for an environment variable of whoever does the import"),
  key: z
    .string(keyForm)
    .regex(new RegExp(`^${REFERENCE}$`), keyForm)
    .describe("`env:NAME`: the environment variable with the enrolment's API key, of whoever does the import"),
  identity: z
    .string(identityForm)
    .refine(isIdentity, identityForm)
    .describe(`Who asks: ${IDENTITY_FORMS}. Secrets are named by their environment variables`),
} satisfies LineSettings;

/**
 * A source with `common` settings and those of its kind; a setting of another kind is refused. All text of one line, but
 * what `lines` makes of it.
 */
export function sourceSchema<Common extends z.ZodRawShape>(common: Common, lines: LineSettings) {
  const kinds = settingsByKind(lines);
  return z.discriminatedUnion(
    "kind",
    [
      z.strictObject({ ...common, ...kinds.blob }),
      z.strictObject({ ...common, ...kinds.folder }),
      z.strictObject({ ...common, ...kinds["cost-details"] }).superRefine(requirePeriods),
      z.strictObject({ ...common, ...kinds["usage-details"] }),
      z.strictObject({ ...common, ...kinds.ea }),
      z.strictObject({ ...common, ...kinds.push }),
    ],
    { error: `expected ${SOURCE_KINDS.join(", ")}` },
  );
}

/** The names of the settings that only sources of a kind have. */
export function settingNames(kind: Source["kind"]): string[] {
  return Object.keys(settingsByKind(LINE_SETTINGS)[kind]).filter((name) => name !== "kind");
}

function settingsByKind({ path, credential, key, identity }: LineSettings) {
  const management = {
    identity: identity.default("default"),
    cloud: Cloud.default("public"),
    endpoint: Address.nullable()
      .default(null)
      .describe("Another address than the management API of the cloud, such as a gateway's; null for none"),
  };
  return {
    blob: {
      kind: z.literal("blob").describe("Azure Blob Storage"),
      url: BlobSourceUrl,
      credential: credential.default("default"),
    },
    folder: { kind: z.literal("folder").describe("A directory of whoever does the import"), path },
    "cost-details": {
      kind: z.literal("cost-details").describe("Reports of the Cost Details API: EA and MCA"),
      scope: scopeOf("cost-details"),
      ...management,
      ...extractionOf({
        datasets: ["actual", "amortized"],
        monthsBack: MONTHS_KEPT["cost-details"],
        refreshHours: REPORT_HOURS,
      }),
      by: By.default("month"),
    },
    "usage-details": {
      kind: z.literal("usage-details").describe("Items of the Consumption API: pay-as-you-go without exports"),
      scope: scopeOf("usage-details"),
      ...management,
      ...extractionOf({
        datasets: ["actual", "amortized", "usage"],
        usual: ["actual"],
        monthsBack: MONTHS_KEPT["usage-details"],
        refreshHours: EXTRACTION_DEFAULTS.refreshHours,
      }),
    },
    ea: {
      kind: z.literal("ea").describe("The EA reporting API"),
      enrollment: Enrollment,
      credential: key,
      url: Address.optional().describe("Address of the API; that of the cloud where it is not given"),
      cloud: EnterpriseCloud.optional(),
      api: EaApi.default("v3"),
      by: By.default("billing-period"),
      currency: Currency.nullable().default(null),
      taxFactor: TaxFactor.nullable().default(null),
      ...extractionOf({
        datasets: ["actual"],
        monthsBack: MONTHS_KEPT.ea,
        refreshHours: EXTRACTION_DEFAULTS.refreshHours,
      }),
    },
    push: { kind: z.literal("push").describe("Files that are given to it") },
  } as const;
}

const Periods = z.object({ by: z.literal("billing-period"), scope: z.string() });

/** Azure takes a billing period for the months of EA only (Microsoft Learn, "Generate Cost Details Report"). */
function requirePeriods(settings: unknown, context: z.RefinementCtx): void {
  const { data } = Periods.safeParse(settings);
  if (data === undefined || !isCustomerAgreement(data.scope)) return;
  const message =
    "expected month: Azure knows billing periods of enterprise agreements, and this scope is of another one";
  context.addIssue({ code: "custom", path: ["by"], message });
}

function requireBlobUrl(url: string, context: z.RefinementCtx<string>): void {
  try {
    parseBlobUrl(url);
  } catch (error) {
    if (!(error instanceof BillhouseError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}
