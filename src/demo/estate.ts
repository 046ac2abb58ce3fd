import { REGIONS, RESOURCE_KINDS } from "./catalogue.ts";
import { type Decimal, parseDecimal } from "./decimal.ts";
import { createRandom, type Random } from "./random.ts";
import { createResource, type Resource, STAGES, type Subscription, WORKLOADS } from "./resource.ts";

/** The contract under which Azure bills. */
export type Agreement = "ea" | "mca" | "mosp";

/** A reservation that was bought for the estate. */
export type Reservation = {
  readonly id: string;
  readonly orderId: string;
  readonly name: string;
  readonly product: string;
  readonly term: string;
};

/** One billing account with everything that it pays for. */
export type Estate = {
  readonly seed: string;
  readonly agreement: Agreement;
  readonly currency: string;
  /** One unit of the pricing currency (USD) in the billing currency, and the other way round. */
  readonly exchangeRate: string;
  readonly usdRate: string;
  /** One unit of the currency of prices in the billing currency: only MCA prices have a currency of their own. */
  readonly priceRate: Decimal;
  readonly accountId: string;
  readonly accountName: string;
  readonly profileId: string;
  readonly profileName: string;
  readonly offerId: string;
  /** The Azure Resource Manager scope whose exports these are. */
  readonly scope: string;
  readonly subscriptions: readonly Subscription[];
  readonly resources: readonly Resource[];
  readonly reservations: readonly Reservation[];
};

/** What makes one estate differ from another. */
export type EstateOptions = {
  readonly seed: string;
  readonly agreement: Agreement;
  readonly currency: "USD" | "EUR" | "GBP";
  readonly subscriptions: number;
  readonly resources: number;
};

const RATES = {
  USD: { exchangeRate: "1", usdRate: "1" },
  EUR: { exchangeRate: "0.8731942750183", usdRate: "1.1452205143" },
  GBP: { exchangeRate: "0.7512", usdRate: "1.3312" },
} as const;
const OFFERS = { ea: "MS-AZR-0017P", mca: "", mosp: "MS-AZR-0003P" } as const;
const SECTIONS = ["Platform", "Überwachung & Betrieb", "Research, Development", "東京 開発", "Unassigned"] as const;

/** Creates a billing account with its subscriptions, resources and reservations; the same options give the same. */
export function createEstate(options: EstateOptions): Estate {
  const random = createRandom(`estate/${options.seed}`);
  const subscriptions = listOf(options.subscriptions, (index) => subscriptionOf(options.agreement, index, random));
  const account = accountOf(options, subscriptions, random);
  const kinds = RESOURCE_KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  const resources = listOf(options.resources, () =>
    createResource(random.pick(kinds), random.pick(subscriptions), random.pick(REGIONS), random),
  );
  return { ...account, subscriptions, resources, reservations: listOf(3, (index) => reservationOf(index, random)) };
}

function accountOf(options: EstateOptions, subscriptions: readonly Subscription[], random: Random) {
  const { seed, agreement, currency } = options;
  const rates = RATES[currency];
  const priceRate = parseDecimal(agreement === "mca" ? rates.exchangeRate : "1");
  const common = { seed, agreement, currency, ...rates, priceRate, offerId: OFFERS[agreement] };
  const number = `8${random.digits(6)}`;
  const name = `Contoso ${agreement.toUpperCase()} ${currency}`;
  const prefix = "/providers/Microsoft.Billing/billingAccounts";
  if (agreement === "mca") {
    const accountId = `${random.guid()}:${random.guid()}_2019-05-31`;
    const profileId = `${random.digits(4)}-GRFZ-BG7-TGB`;
    const scope = `${prefix}/${accountId}/billingProfiles/${profileId}`;
    return { ...common, accountId, accountName: name, profileId, profileName: "Contoso, Ltd. EMEA", scope };
  }
  // Pay-as-you-go has no account to export from: each subscription has its own exports.
  const scope = agreement === "ea" ? `${prefix}/${number}` : `/subscriptions/${random.pick(subscriptions).id}`;
  return { ...common, accountId: number, accountName: name, profileId: number, profileName: name, scope };
}

function subscriptionOf(agreement: Agreement, index: number, random: Random): Subscription {
  const section = random.below(SECTIONS.length);
  return {
    id: random.guid(),
    name: `${random.pick(WORKLOADS)}-${random.pick(STAGES)}-${String(index + 1).padStart(2, "0")}`,
    costCenter: random.pick(["CC-1042", "CC 7", "0815", ""]),
    invoiceSectionId:
      agreement === "mca" ? `SH3V-${String(section).padStart(4, "0")}-PJA-TGB` : String(40211 + section),
    invoiceSectionName: SECTIONS[section] ?? "",
  };
}

function reservationOf(index: number, random: Random): Reservation {
  const term = random.pick(["12", "36"]);
  const size = ["Standard_D2s_v5", "Standard_B2ms", "Standard_E8-4as_v5"][index % 3] ?? "";
  return {
    id: random.guid(),
    orderId: random.guid(),
    name: `VM_RI_0${index + 1}-21-2025_18-56`,
    product: `Reserved VM Instance, ${size}, EU West, ${term === "12" ? "1 Year" : "3 Years"}`,
    term,
  };
}

function listOf<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
