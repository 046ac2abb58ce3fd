/** What Azure meters: one price of one service. Prices are retail, per unit, in the account's pricing currency. */
export type CatalogueMeter = {
  readonly category: string;
  readonly subCategory: string;
  readonly name: string;
  readonly unit: string;
  /** How many base units one pricing unit holds: 10,000 for "10K". */
  readonly block: number;
  readonly price: string;
  /** The most that one resource uses of it in a day. */
  readonly dailyQuantity: number;
};

/** A kind of resource, and the meters that it runs on. */
export type ResourceKind = {
  readonly type: string;
  readonly prefix: string;
  readonly service: string;
  readonly family: string;
  readonly serviceCategory: string;
  /** How many of a hundred resources are of this kind. */
  readonly share: number;
  /** The ARM size of a virtual machine; empty for everything else. */
  readonly size: string;
  readonly meters: readonly CatalogueMeter[];
};

/** A region under the three names that files give it. */
export type Region = { readonly id: string; readonly name: string; readonly meterRegion: string };

/** Where resources run. */
export const REGIONS: readonly Region[] = [
  { id: "westeurope", name: "West Europe", meterRegion: "EU West" },
  { id: "northeurope", name: "North Europe", meterRegion: "EU North" },
  { id: "germanywestcentral", name: "Germany West Central", meterRegion: "DE West Central" },
  { id: "eastus2", name: "East US 2", meterRegion: "US East 2" },
  { id: "uksouth", name: "UK South", meterRegion: "UK South" },
];

const BANDWIDTH = meter("Bandwidth", "Inter-Region", "Intercontinental Data Transfer Out", "1 GB", "0.0087", 40);

/** What an estate is made of; the shares add up to about a hundred. */
export const RESOURCE_KINDS: readonly ResourceKind[] = [
  virtualMachine("D2s v5", "Dsv5 Series", "Standard_D2s_v5", "0.115", 14),
  virtualMachine("E8-4as v5", "Easv5 Series", "Standard_E8-4as_v5", "0.536", 4),
  virtualMachine("D2 v3/D2s v3", "Dv3/DSv3 Series", "Standard_D2s_v3", "0.12", 5),
  virtualMachine("B2ms", "BS Series", "Standard_B2ms", "0.096", 6),
  virtualMachine("NC6s v3", "NCSv3 Series", "Standard_NC6s_v3", "3.823", 1),
  {
    ...virtualMachine("D4ds v5", "Ddsv5 Series", "Standard_D4ds_v5", "0.272", 10),
    type: "Microsoft.Compute/virtualMachineScaleSets",
    prefix: "aks",
  },
  kind("Microsoft.Compute/disks", "disk", "Storage", "Storage", 14, [
    meter("Storage", "Premium SSD Managed Disks", "P10 LRS Disk", "1/Month", "21.68", 0.0333333333333),
    meter("Storage", "Standard SSD Managed Disks", "E10 LRS Disk Operations", "10K", "0.00222", 12000, 10000),
  ]),
  kind("Microsoft.Storage/storageAccounts", "st", "Storage", "Storage", 18, [
    meter("Storage", "Tiered Block Blob", "Hot LRS Data Stored", "1 GB/Month", "0.0196", 90),
    meter("Storage", "Tiered Block Blob", "GRS List and Create Container Operations", "10K", "0.1", 3, 10000),
    meter("Storage", "General Block Blob v2", "Hot LRS Write Operations", "10K", "0.054", 7, 10000),
    meter(
      "Storage",
      "Premium Block Blob v2 Hierarchical Namespace",
      "Premium LRS Read Operations",
      "10K",
      "0.00237",
      2,
      10000,
    ),
  ]),
  kind("Microsoft.Sql/servers/databases", "sqldb", "Databases", "Databases", 6, [
    meter("SQL Database", "Single/Elastic Pool General Purpose - Compute Gen5", "vCore", "1 Hour", "0.252", 96),
    meter(
      "SQL Database",
      "Single/Elastic Pool General Purpose - Storage",
      "General Purpose Data Stored",
      "1 GB/Month",
      "0.137",
      8,
    ),
  ]),
  kind("Microsoft.OperationalInsights/workspaces", "log", "Management and Governance", "Management and Governance", 5, [
    meter("Log Analytics", "", "Analytics Logs Data Ingestion", "1 GB", "2.76", 31),
    meter("Log Analytics", "", "Analytics Logs Data Retention", "1 GB/Month", "0.12", 2),
  ]),
  kind("Microsoft.ContainerService/managedClusters", "akscluster", "Containers", "Compute", 3, [
    meter("Azure Kubernetes Service", "", "Standard Uptime SLA", "1 Hour", "0.1", 24),
  ]),
  kind("Microsoft.KeyVault/vaults", "kv", "Security", "Security", 4, [
    meter("Key Vault", "", "Operations", "10K", "0.03", 0.9, 10000),
  ]),
  kind("Microsoft.Network/publicIPAddresses", "pip", "Networking", "Networking", 4, [
    meter("Virtual Network", "IP Addresses", "Standard IPv4 Static Public IP", "1 Hour", "0.005", 24),
  ]),
  kind("Microsoft.Network/loadBalancers", "lb", "Networking", "Networking", 3, [
    meter("Load Balancer", "Standard", "Included LB Rules and Outbound Rules", "100 Hours", "0.025", 72, 100),
    meter("Load Balancer", "Standard", "Data Processed", "1 GB", "0.005", 210),
  ]),
  kind("Microsoft.DocumentDB/databaseAccounts", "cosmos", "Databases", "Databases", 2, [
    meter("Azure Cosmos DB", "", "100 RU/s", "1/Hour", "0.008", 288),
  ]),
  kind("Microsoft.CognitiveServices/accounts", "oai", "AI and Machine Learning", "AI + Machine Learning", 1, [
    meter("Foundry Models", "Azure OpenAI", "gpt-4o-0806-Inp-glbl Tokens", "1K", "0.0025", 21000, 1000),
  ]),
];

/** What marketplace publishers sell. */
export const MARKETPLACE = [
  { publisher: "Contoso Security, Inc.", product: "Contoso Endpoint Shield", plan: "enterprise-annual" },
  { publisher: "Fabrikam Datenbanken GmbH", product: 'Fabrikam "Turbo" Index, Standard', plan: "standard" },
] as const;

function virtualMachine(name: string, series: string, size: string, price: string, share: number): ResourceKind {
  const hours = meter("Virtual Machines", series, name, "1 Hour", price, 24);
  return { ...kind("Microsoft.Compute/virtualMachines", "vm", "Compute", "Compute", share, [hours, BANDWIDTH]), size };
}

function kind(
  type: string,
  prefix: string,
  serviceCategory: string,
  family: string,
  share: number,
  meters: readonly CatalogueMeter[],
): ResourceKind {
  const service = type.slice(0, type.indexOf("/"));
  return { type, prefix, service, family, serviceCategory, share, size: "", meters };
}

function meter(
  category: string,
  subCategory: string,
  name: string,
  unit: string,
  price: string,
  dailyQuantity: number,
  block = 1,
): CatalogueMeter {
  return { category, subCategory, name, unit, block, price, dailyQuantity };
}
