import { ConfigurationError } from "./errors.ts";

/** The clouds that Azure runs apart from each other. */
export const AZURE_CLOUDS = ["public", "china", "us-government"] as const;

/** One of Azure's clouds. */
export type AzureCloud = (typeof AZURE_CLOUDS)[number];

/** Where a cloud signs people in, and where it is managed. No url ends in a slash. */
export type AzureEndpoints = {
  readonly authority: string;
  readonly management: string;
  /** What a token for the management endpoint is asked for. */
  readonly scope: string;
  /** Where the EA reporting API answers; null where the cloud never had one. */
  readonly enterprise: string | null;
};

/** The endpoints of each cloud (Microsoft Learn, "National clouds" and "Azure EA reporting APIs"). */
export const AZURE_ENDPOINTS: Readonly<Record<AzureCloud, AzureEndpoints>> = {
  public: {
    authority: "https://login.microsoftonline.com",
    management: "https://management.azure.com",
    scope: "https://management.azure.com/.default",
    enterprise: "https://consumption.azure.com",
  },
  china: {
    authority: "https://login.partner.microsoftonline.cn",
    management: "https://management.chinacloudapi.cn",
    scope: "https://management.chinacloudapi.cn/.default",
    enterprise: "https://ea.azure.cn",
  },
  "us-government": {
    authority: "https://login.microsoftonline.us",
    management: "https://management.usgovcloudapi.net",
    scope: "https://management.usgovcloudapi.net/.default",
    enterprise: null,
  },
};

/** Where the older form of the EA reporting API answered in the public cloud, `/rest/<enrolment>/usage-report`. */
const PUBLIC_USAGE_REPORT = "https://ea.azure.com";

/** Where a cloud answers one form of the EA reporting API. Throws ConfigurationError for a cloud that never had it. */
export function enterpriseUrl(cloud: AzureCloud, api: string): string {
  if (cloud === "public" && api.startsWith("usage-report")) return PUBLIC_USAGE_REPORT;
  const url = AZURE_ENDPOINTS[cloud].enterprise;
  if (url !== null) return url;
  throw new ConfigurationError(`The cloud ${cloud} has no EA reporting API: give the url of the one that is meant`);
}
