import type { AzureCloud } from "./azure-cloud.ts";
import type { AzureIdentity } from "./azure-identity.ts";
import type { Extraction } from "./extraction.ts";

/** Where the secret is found; the secret itself is never kept. */
export type Credential = "default" | { readonly env: string };

/** A credential as text: `default`, or `env:` and the name of the variable. */
export function formatCredential(credential: Credential): string {
  return credential === "default" ? credential : `env:${credential.env}`;
}

type SourceSettings = {
  readonly name: string;
  readonly enabled: boolean;
  /** Who answers where two sources cover the same subscription and day: the smaller one. */
  readonly priority: number;
  /** How many rows of a run may be refused before the run is not published. */
  readonly rejectLimit: number;
};

/** Exports in Azure Blob Storage. */
export type BlobSource = SourceSettings & {
  readonly kind: "blob";
  /** `https://<account>.blob.core.windows.net/<container>/<base folder>`. */
  readonly url: string;
  readonly credential: Credential;
};

/** Exports in a local directory with the same layout. */
export type FolderSource = SourceSettings & { readonly kind: "folder"; readonly path: string };

/** Files that are given to it: over HTTP, or by `billhouse import-file`. Nothing can be listed there. */
export type PushSource = SourceSettings & { readonly kind: "push" };

/** When an API is asked, and for what. */
type ExtractionSettings = {
  readonly datasets: readonly Extraction["dataset"][];
  /** How many months before the present one are asked for without a billing period. */
  readonly monthsBack: number;
  /** Figures of a month that may still change are asked for again after so many hours. */
  readonly refreshHours: number;
};

/** Where Azure's management API is asked, by whom, and about what. */
type ManagementSettings = SourceSettings &
  ExtractionSettings & {
    readonly cloud: AzureCloud;
    /** Instead of the cloud's own management API; null for that. Without a slash at its end. */
    readonly endpoint: string | null;
    readonly identity: AzureIdentity;
    /** Such as `/providers/Microsoft.Billing/billingAccounts/1234567`; begins with a slash, ends without one. */
    readonly scope: string;
  };

/** How a month is asked for: by its days, or as an EA billing period. */
export const MONTH_UNITS = ["month", "billing-period"] as const;

/** Reports of the Cost Details API: EA and MCA, without an export. */
export type CostDetailsSource = ManagementSettings & {
  readonly kind: "cost-details";
  readonly by: (typeof MONTH_UNITS)[number];
};

/** Items of the Consumption API: the only way for pay-as-you-go without exports. */
export type UsageDetailsSource = ManagementSettings & { readonly kind: "usage-details" };

/**
 * How the EA reporting API is asked: `v2` and `v3` are `/v3/enrollments/…/usagedetails` · `usage-report` is
 * `/rest/…/usage-report` · `usage-report-v3` is `/rest/…/usage-report/paginatedV3`, which Azure China answers.
 */
export const EA_APIS = ["v2", "v3", "usage-report", "usage-report-v3"] as const;

/** The EA Reporting API, which lives on in old tenants and in Azure China. Its costs are actual ones. */
export type EaSource = SourceSettings &
  ExtractionSettings & {
    readonly kind: "ea";
    /** Such as `https://consumption.azure.com`; without a slash at its end. */
    readonly url: string;
    readonly enrollment: string;
    /** The environment variable that holds the enrolment's API key. */
    readonly credential: { readonly env: string };
    readonly api: (typeof EA_APIS)[number];
    /** How `v2` and `v3` are asked for a month. */
    readonly by: (typeof MONTH_UNITS)[number];
    /** The currency of the enrolment's costs, such as "CNY", which the API does not tell; null where nobody says it. */
    readonly currency: string | null;
    /** What costs are multiplied by for a column of their own, such as "1.06"; null for none. */
    readonly taxFactor: string | null;
  };

/** A source whose runs begin to exist when they are asked for. */
export type ApiSource = CostDetailsSource | UsageDetailsSource | EaSource;

/** A source whose files can be listed. */
export type StoredSource = BlobSource | FolderSource;

/** Where billing data comes from. */
export type Source = StoredSource | PushSource | ApiSource;

/** The kinds of sources. */
export const SOURCE_KINDS = ["blob", "folder", "cost-details", "ea", "usage-details", "push"] as const;

/** What a source has when nothing is said. */
export const SOURCE_DEFAULTS = { enabled: true, priority: 100, rejectLimit: 0 } as const;

/** What an API's source has when nothing is said. */
export const EXTRACTION_DEFAULTS = { monthsBack: 1, refreshHours: 24 } as const;

/** How many months before the present one each API still knows, as far as Microsoft says it. */
export const MONTHS_KEPT: Readonly<Record<ApiSource["kind"], number>> = {
  "cost-details": 13,
  "usage-details": 13,
  ea: 36,
};

/** What a source's name may be: it appears in ids, paths and options. */
export const SOURCE_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Whether a source's runs begin to exist when they are asked for. */
export function isApiSource(source: Source): source is ApiSource {
  return source.kind === "cost-details" || source.kind === "ea" || source.kind === "usage-details";
}
