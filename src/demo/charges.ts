import { type Day, type DayRange, listDays } from "../domain/month.ts";
import type { Dataset } from "../domain/run.ts";
import { BLANK_CHARGE, type Charge } from "./charge.ts";
import { type Decimal, formatDecimal, formatScientific, multiply } from "./decimal.ts";
import type { Estate } from "./estate.ts";
import { createRandom, type Random } from "./random.ts";
import type { MeterPrice, Resource } from "./resource.ts";
import { benefitOf, marketplace, purchase, refund, rounding, unused } from "./special-charges.ts";

/** What a delivery is about: which figures, of which days, as known at which moment. */
export type Delivered = { readonly dataset: Dataset; readonly days: DayRange; readonly submittedAt: string };

/**
 * Charges of the estate without end, the days mixed as Azure mixes them. A day's charges depend on the estate, the
 * dataset and the day alone, so a later delivery repeats them; only the day of the delivery itself has arrived in part,
 * and shows larger quantities in the next delivery.
 */
export function* createCharges(estate: Estate, delivered: Delivered): Generator<Charge, never> {
  const days = listDays(delivered.days).map((day) => chargesOfDay(estate, delivered, day));
  if (days.length === 0) throw new RangeError("No days to make charges for: the last day is before the first");
  for (;;) for (const day of days) yield day.next().value;
}

function* chargesOfDay(estate: Estate, { dataset, submittedAt }: Delivered, day: Day): Generator<Charge, never> {
  const random = createRandom(`charges/${estate.seed}/${day}`);
  const context: DayContext = {
    estate,
    dataset,
    base: baseOf(estate, submittedAt, day),
    isPartial: submittedAt.startsWith(day),
    random,
  };
  let charge = usage(context);
  for (;;) {
    yield charge;
    // Azure delivers exact duplicates: several records of one resource on one day.
    if (random.below(400) === 0) yield charge;
    charge = nextCharge(context);
  }
}

type DayContext = {
  readonly estate: Estate;
  readonly dataset: Dataset;
  /** What all charges of the day have in common. */
  readonly base: Charge;
  /** Whether only some of the day's usage has arrived yet. */
  readonly isPartial: boolean;
  readonly random: Random;
};

// How many of 1,000 charges are not usage.
const SPECIAL_CHARGES = [
  purchase,
  purchase,
  unused,
  unused,
  unused,
  marketplace,
  marketplace,
  marketplace,
  marketplace,
  refund,
  refund,
  rounding,
] as const;

function nextCharge(context: DayContext): Charge {
  const { estate, dataset, base, random } = context;
  for (;;) {
    const special = SPECIAL_CHARGES[random.below(1000)];
    if (special === undefined) return usage(context);
    // The charge is made before the dataset leaves it out, so that all datasets of an estate show the same usage.
    const charge = special(estate, base, random);
    if (!shows(dataset, charge)) continue;
    return dataset === "amortized" ? { ...charge, cost: charge.effectiveCost } : charge;
  }
}

function shows(dataset: Dataset, { chargeType, pricingModel }: Charge): boolean {
  if (dataset === "usage") return false;
  if (dataset === "actual") return chargeType !== "UnusedReservation";
  return dataset === "focus" || chargeType !== "Purchase" || pricingModel !== "Reservation";
}

function usage({ estate, dataset, base, isPartial, random }: DayContext): Charge {
  const resource = random.pick(estate.resources);
  const price = random.pick(resource.prices);
  const millionths = millionthsOf(price, random);
  const quantity = { units: BigInt(isPartial ? Math.ceil(millionths / 2) : millionths), scale: 6 };
  const cost = costText(multiply(multiply(quantity, price.effective), estate.priceRate), random);
  const model = random.below(100);
  const charge: Charge = {
    ...base,
    ...labelsOf(resource, price, random),
    quantity: formatDecimal(quantity),
    retailPrice: price.retailText,
    effectivePrice: price.effectiveText,
    cost,
    effectiveCost: cost,
    pricingModel: model === 0 ? "Spot" : model < 3 ? "" : "OnDemand",
  };
  if (dataset === "usage" || resource.kind.size === "" || model >= 20) return charge;
  const reserved = { ...charge, ...benefitOf(estate, random), pricingModel: "Reservation" };
  // The purchase carried the money, so billed figures show the hours that it paid for at nothing.
  return dataset === "amortized" ? reserved : { ...reserved, cost: "0", effectivePrice: "0" };
}

/** A whole day of it, hardly any of it, or something in between. */
function millionthsOf({ dailyMillionths }: MeterPrice, random: Random): number {
  const shape = random.below(10);
  if (shape < 3) return dailyMillionths;
  return random.below(shape === 3 ? 100 : dailyMillionths) + 1;
}

function labelsOf(resource: Resource, price: MeterPrice, random: Random) {
  const { kind, region, subscription } = resource;
  const spelling = random.below(12);
  return {
    subscriptionId: subscription.id,
    subscriptionName: subscription.name,
    costCenter: subscription.costCenter,
    invoiceSectionId: subscription.invoiceSectionId,
    invoiceSectionName: subscription.invoiceSectionName,
    resourceId: resource.ids[spelling] ?? resource.ids[0] ?? "",
    resourceName: resource.name,
    resourceGroup: spelling === 1 ? resource.group.toUpperCase() : resource.group,
    resourceType: kind.type,
    resourceLocation: resource.locations[spelling] ?? region.id,
    regionName: region.name,
    consumedService: kind.service,
    serviceFamily: kind.family,
    serviceCategory: kind.serviceCategory,
    meterId: price.meterId,
    meterName: price.name,
    meterCategory: price.category,
    meterSubCategory: price.subCategory,
    meterRegion: region.meterRegion,
    unitOfMeasure: price.unit,
    blockSize: String(price.block),
    productName: price.productName,
    partNumber: price.partNumber,
    tags: resource.tags,
    additionalInfo: resource.additionalInfo,
    serviceInfo2: kind.size === "" ? "" : "Canonical",
  };
}

/** Money as Azure writes it: exact products, now and then with the noise or the notation of a double. */
function costText(exact: Decimal, random: Random): string {
  const shape = random.below(100);
  if (shape < 4 && exact.scale > 8 && exact.units < 10n ** BigInt(exact.scale - 4)) return formatScientific(exact);
  if (shape >= 12) return formatDecimal(exact);
  const noisy = /^\d+\.\d{6}/.exec(formatDecimal(exact));
  return noisy === null ? formatDecimal(exact) : `${noisy[0]}0000000001${random.below(9) + 1}`;
}

function baseOf(estate: Estate, submittedAt: string, day: Day): Charge {
  const isOpen = submittedAt.startsWith(day.slice(0, 7));
  return {
    ...BLANK_CHARGE,
    date: day,
    currency: estate.currency,
    exchangeRate: estate.exchangeRate,
    usdRate: estate.usdRate,
    invoiceId: isOpen ? "" : `G0${day.slice(2, 7).replace("-", "")}7731`,
    billingAccountId: estate.accountId,
    billingAccountName: estate.accountName,
    billingProfileId: estate.profileId,
    billingProfileName: estate.profileName,
    offerId: estate.offerId,
    publisherType: estate.agreement === "mca" ? "Microsoft" : "Azure",
    publisherName: "Microsoft",
  };
}
