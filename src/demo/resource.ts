import type { Region, ResourceKind } from "./catalogue.ts";
import { type Decimal, formatDecimal, multiply, parseDecimal } from "./decimal.ts";
import { additionalInfoOf, tagsOf } from "./labels.ts";
import { createRandom, type Random } from "./random.ts";

/** A subscription, and who pays for it. */
export type Subscription = {
  readonly id: string;
  readonly name: string;
  readonly costCenter: string;
  readonly invoiceSectionId: string;
  readonly invoiceSectionName: string;
};

/** What a resource pays for one meter. */
export type MeterPrice = {
  readonly meterId: string;
  readonly partNumber: string;
  readonly category: string;
  readonly subCategory: string;
  readonly name: string;
  readonly unit: string;
  readonly block: number;
  readonly productName: string;
  /** The most that is used in a day, in millionths. */
  readonly dailyMillionths: number;
  readonly retail: Decimal;
  readonly effective: Decimal;
  readonly retailText: string;
  readonly effectiveText: string;
};

/** Something that costs money. */
export type Resource = {
  readonly kind: ResourceKind;
  readonly subscription: Subscription;
  readonly region: Region;
  readonly group: string;
  readonly name: string;
  /** The same id in the spellings that Azure mixes within one file; the usual one first. */
  readonly ids: readonly string[];
  readonly locations: readonly string[];
  readonly prices: readonly MeterPrice[];
  /** JSON members without the outer braces. */
  readonly tags: string;
  readonly additionalInfo: string;
};

/** What resources and subscriptions are named after. */
export const WORKLOADS = [
  "billing",
  "shop",
  "data-lake",
  "größenwahn",
  "identity",
  "Analytics",
  "web",
  "iot-hub",
] as const;
export const STAGES = ["prod", "test", "dev"] as const;
const DISCOUNTS = ["1", "0.92", "0.88", "0.5835", "0.87319427501834271", "0.417283946172839461728394617"] as const;

/** A resource of that kind with its prices and labels. */
export function createResource(
  kind: ResourceKind,
  subscription: Subscription,
  region: Region,
  random: Random,
): Resource {
  const workload = random.pick(WORKLOADS);
  const stage = random.pick(STAGES);
  const isNode = kind.prefix === "aks";
  const group = isNode ? `MC_rg-${workload}_aks-${stage}_${region.id}` : `rg-${workload}-${stage}`;
  const name = isNode ? `aks-pool${random.below(4)}-${random.digits(8)}-vmss` : `${kind.prefix}${random.digits(6)}`;
  const id = `/subscriptions/${subscription.id}/resourceGroups/${group}/providers/${kind.type}/${name}`;
  return {
    kind,
    subscription,
    region,
    group,
    name,
    ids: [id, id.toLowerCase(), id.replace(subscription.id, subscription.id.toUpperCase())],
    locations: [region.id, region.name.replaceAll(" ", ""), region.meterRegion.replaceAll(" ", "")],
    prices: kind.meters.map((_, index) => priceOf(kind, index, region, random.pick(DISCOUNTS))),
    tags: tagsOf(workload, stage, isNode ? name : "", random),
    additionalInfo: additionalInfoOf(kind.size, name, random),
  };
}

function priceOf(kind: ResourceKind, index: number, region: Region, discount: string): MeterPrice {
  const meter = kind.meters[index];
  if (meter === undefined) throw new RangeError(`${kind.type} has no meter ${index}`);
  const { category, subCategory, name, unit, block, dailyQuantity } = meter;
  const random = createRandom(`meter/${category}/${subCategory}/${name}/${region.id}`);
  const effectiveText = formatDecimal(multiply(parseDecimal(meter.price), parseDecimal(discount)));
  return {
    meterId: random.guid(),
    partNumber: `AA${random.pick(["A", "D", "F", "H"])}-${random.digits(5)}`,
    category,
    subCategory,
    name,
    unit,
    block,
    productName: `${[category, subCategory].filter(Boolean).join(" ")} - ${name} - ${region.meterRegion}`,
    dailyMillionths: Math.round(dailyQuantity * 1_000_000),
    retail: parseDecimal(meter.price),
    effective: parseDecimal(effectiveText),
    retailText: meter.price,
    effectiveText,
  };
}
