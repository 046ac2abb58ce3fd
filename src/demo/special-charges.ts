import { MARKETPLACE } from "./catalogue.ts";
import type { Charge } from "./charge.ts";
import { formatDecimal } from "./decimal.ts";
import type { Estate } from "./estate.ts";
import type { Random } from "./random.ts";

/** What a charge says of the reservation that pays for it. */
export function benefitOf(estate: Estate, random: Random) {
  const { id, orderId, name, product, term } = random.pick(estate.reservations);
  return {
    term,
    reservationId: id,
    reservationName: name,
    productOrderId: orderId,
    productOrderName: product,
    benefitId: `/providers/Microsoft.Capacity/reservationOrders/${orderId}/reservations/${id}`,
    benefitName: name,
  };
}

/** Buying a reservation: all of the money in actual figures, none in amortized ones. */
export function purchase(estate: Estate, base: Charge, random: Random): Charge {
  const benefit = benefitOf(estate, random);
  const cost = `${60 + random.below(900)}.${random.digits(4)}`;
  // The order is known when it is bought, its reservations are not: Azure leaves the id's tail empty.
  const order = `/providers/Microsoft.Capacity/reservationOrders/${benefit.productOrderId}/reservations/`;
  return {
    ...base,
    ...benefit,
    ...payerOf(estate, random),
    ...sizeOf(benefit.productOrderName),
    chargeType: "Purchase",
    frequency: random.pick(["Recurring", "OneTime"]),
    pricingModel: "Reservation",
    reservationId: benefit.productOrderId,
    resourceId: order,
    benefitId: order,
    consumedService: "Microsoft.Capacity",
    quantity: "1",
    retailPrice: "0",
    effectivePrice: cost,
    cost,
    effectiveCost: "0",
  };
}

/** The part of a reservation that nobody used; it has no subscription. Only amortized figures show it. */
export function unused(estate: Estate, base: Charge, random: Random): Charge {
  const benefit = benefitOf(estate, random);
  return {
    ...base,
    ...benefit,
    ...sizeOf(benefit.productOrderName),
    chargeType: "UnusedReservation",
    pricingModel: "Reservation",
    resourceId: benefit.benefitId,
    consumedService: "Microsoft.Compute",
    quantity: formatDecimal({ units: BigInt(random.below(24_000_000)), scale: 6 }),
    cost: "0",
    effectiveCost: `${random.below(40)}.${random.digits(24)}`,
  };
}

/** Something that another publisher sells through Azure. */
export function marketplace(estate: Estate, base: Charge, random: Random): Charge {
  const { publisher, product, plan } = random.pick(MARKETPLACE);
  const cost = `${random.below(900)}.${random.digits(2)}`;
  return {
    ...base,
    ...payerOf(estate, random),
    chargeType: "Purchase",
    frequency: "Recurring",
    publisherType: "Marketplace",
    publisherName: publisher,
    productName: product,
    planName: plan,
    meterCategory: "Unassigned",
    meterId: "00000000-0000-0000-0000-000000000000",
    partNumber: "-2",
    unitOfMeasure: "0 Unassigned",
    term: "1",
    quantity: "1",
    retailPrice: cost,
    effectivePrice: cost,
    cost,
    effectiveCost: cost,
  };
}

/** Money given back. */
export function refund(estate: Estate, base: Charge, random: Random): Charge {
  const price = `${random.below(300)}.${random.digits(10)}`;
  return {
    ...base,
    ...payerOf(estate, random),
    ...sizeOf(random.pick(estate.reservations).product),
    chargeType: "Refund",
    frequency: "OneTime",
    quantity: "-1",
    retailPrice: "0",
    effectivePrice: price,
    cost: `-${price}`,
    effectiveCost: `-${price}`,
  };
}

/** What is left between rows and invoice; it belongs to no subscription. */
export function rounding(_estate: Estate, base: Charge, random: Random): Charge {
  const cost = `${random.pick(["-", ""])}0.00${random.digits(8)}`;
  return {
    ...base,
    chargeType: "RoundingAdjustment",
    frequency: "OneTime",
    productName: "Rounding adjustment",
    quantity: "1",
    cost,
    effectiveCost: cost,
  };
}

function payerOf(estate: Estate, random: Random) {
  const { id, name, costCenter, invoiceSectionId, invoiceSectionName } = random.pick(estate.subscriptions);
  return { subscriptionId: id, subscriptionName: name, costCenter, invoiceSectionId, invoiceSectionName };
}

function sizeOf(productName: string) {
  const meterName = /Standard_(\w+)/.exec(productName)?.[1]?.replaceAll("_", " ") ?? "";
  return {
    productName,
    serviceFamily: "Compute",
    serviceCategory: "Compute",
    meterCategory: "Virtual Machines",
    meterName,
    partNumber: "AAA-88134",
    unitOfMeasure: "1 Hour",
  };
}
