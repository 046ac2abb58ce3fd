import * as ea from "./ea-columns.ts";
import * as focus from "./focus-columns.ts";
import * as mca from "./mca-columns.ts";
import { namesOf } from "./name-list.ts";
import type { Dataset } from "./run.ts";

/** The versions of a family have most of their columns in common. */
export type ColumnFamily = "EA" | "MCA, MPA and CSP" | "Pay-as-you-go" | "FOCUS";

/** The header of one kind of cost file, as Azure documents it. */
export type ColumnSet = {
  readonly family: ColumnFamily;
  /** What people call it, such as "MCA 2021-10-01". */
  readonly title: string;
  /** What a manifest says of such a file. */
  readonly dataVersion: string;
  readonly datasets: readonly [Dataset, ...Dataset[]];
  /** The names, in the order of the file. */
  readonly headers: readonly string[];
};

const COSTS = ["actual", "amortized"] as const;

/** Pay-as-you-go usage, 2019-11-01; real headers write MeterSubcategory with a small c. */
const MOSP_2019_11_01 = namesOf(`
  SubscriptionGuid ResourceGroup ResourceLocation UsageDateTime MeterCategory MeterSubcategory MeterId MeterName
  MeterRegion UsageQuantity ResourceRate PreTaxCost ConsumedService ResourceType InstanceId Tags OfferId
  AdditionalInfo ServiceInfo1 ServiceInfo2 ServiceName ServiceTier Currency UnitOfMeasure
`);

/**
 * Every column set that is known by name (Microsoft Learn, "Cost and usage details file schema" of each agreement, and
 * the FOCUS specification). Files need not have one of them: columns are recognised one by one.
 */
export const COLUMN_SETS = {
  "ea-2019-10-01": enterprise("2019-10-01", ea.EA_2019_10_01),
  "ea-2020-01-01": enterprise("2020-01-01", ea.EA_2020_01_01),
  "ea-2021-01-01": enterprise("2021-01-01", ea.EA_2021_01_01),
  "ea-2021-10-01": enterprise("2021-10-01", ea.EA_2021_10_01),
  "ea-2023-12-01-preview": enterprise("2023-12-01-preview", ea.EA_2023_12_01_PREVIEW),
  "ea-2024-08-01": enterprise("2024-08-01", ea.EA_2024_08_01),
  "ea-portal": { ...enterprise("2023-12-01-preview", ea.EA_PORTAL), title: "EA portal download" },
  "ea-reporting-v2": reporting("v2", ea.EA_REPORTING_V2),
  "ea-reporting-v3": reporting("v3", ea.EA_REPORTING_V3),
  "mca-2019-10-01": modern("MCA", "2019-10-01", mca.MCA_2019_10_01),
  "mca-2019-11-01": modern("MCA", "2019-11-01", mca.MCA_2019_11_01),
  "mca-2021-01-01": modern("MCA", "2021-01-01", mca.MCA_2021_01_01),
  "mca-2021-10-01": modern("MCA", "2021-10-01", mca.MCA_2021_10_01),
  "mca-2023-12-01-preview": modern("MCA", "2023-12-01-preview", mca.MCA_2023_12_01_PREVIEW),
  "mpa-2019-11-01": modern("MPA", "2019-11-01", mca.MPA_2019_11_01),
  "mpa-2021-01-01": modern("MPA", "2021-01-01", mca.MPA_2021_01_01),
  "mpa-2021-10-01": modern("MPA", "2021-10-01", mca.MPA_2021_10_01),
  "mpa-2023-12-01-preview": modern("MPA", "2023-12-01-preview", mca.MPA_2021_10_01),
  "csp-2019-11-01": modern("CSP", "2019-11-01", mca.CSP_2019_11_01),
  "csp-2021-01-01": modern("CSP", "2021-01-01", mca.CSP_2021_01_01),
  "csp-2021-10-01": modern("CSP", "2021-10-01", mca.CSP_2021_10_01),
  "csp-2023-12-01-preview": modern("CSP", "2023-12-01-preview", mca.CSP_2021_10_01),
  "mosp-2019-11-01": {
    family: "Pay-as-you-go",
    title: "Pay-as-you-go 2019-11-01",
    dataVersion: "2019-11-01",
    datasets: ["usage"],
    headers: MOSP_2019_11_01,
  },
  "focus-1.0-preview": focusSet("1.0-preview(v1)", focus.FOCUS_1_0_PREVIEW),
  "focus-1.0": focusSet("1.0", focus.FOCUS_1_0),
  "focus-1.0r2": focusSet("1.0r2", focus.FOCUS_1_0),
  "focus-1.2-preview": focusSet("1.2-preview", focus.FOCUS_1_2_PREVIEW),
  "focus-1.2": focusSet("1.2", focus.FOCUS_1_2),
  "focus-1.3": focusSet("1.3", focus.FOCUS_SPECIFICATION_1_3),
  "focus-1.4": focusSet("1.4", focus.FOCUS_SPECIFICATION_1_4),
} as const satisfies Record<string, ColumnSet>;

/** The name of a column set, such as "ea-2024-08-01". */
export type ColumnSetName = keyof typeof COLUMN_SETS;

/** The names of all column sets. */
export const COLUMN_SET_NAMES = Object.keys(COLUMN_SETS) as ColumnSetName[];

function enterprise(version: string, headers: readonly string[]) {
  return { family: "EA", title: `EA ${version}`, dataVersion: version, datasets: COSTS, headers } as const;
}

function reporting(version: string, headers: readonly string[]) {
  const title = `EA reporting API ${version}`;
  return { family: "EA", title, dataVersion: version, datasets: ["actual"], headers } as const;
}

function modern(agreement: "MCA" | "MPA" | "CSP", version: string, headers: readonly string[]) {
  const family = "MCA, MPA and CSP";
  return { family, title: `${agreement} ${version}`, dataVersion: version, datasets: COSTS, headers } as const;
}

function focusSet(version: string, headers: readonly string[]) {
  return { family: "FOCUS", title: `FOCUS ${version}`, dataVersion: version, datasets: ["focus"], headers } as const;
}
