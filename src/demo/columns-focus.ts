import type { Charge } from "./charge.ts";
import { braced, type ColumnValues, dayAfter, firstOfMonth, lastOfMonth } from "./column.ts";
import { convert, product, quotient } from "./decimal.ts";

/** What the columns of FOCUS files hold, Azure's own x_ columns too. */
export const FOCUS_VALUES: ColumnValues = {
  BilledCost: "cost",
  BillingAccountId: ({ billingAccountId, billingProfileId }) => profileIdOf(billingAccountId, billingProfileId),
  BillingAccountName: "billingProfileName",
  BillingAccountType: () => "Billing Profile",
  BillingCurrency: "currency",
  BillingPeriodEnd: ({ date }) => midnight(dayAfter(lastOfMonth(date))),
  BillingPeriodStart: ({ date }) => midnight(firstOfMonth(date)),
  ChargeCategory: ({ chargeType }) => (chargeType === "Purchase" || chargeType === "Refund" ? "Purchase" : "Usage"),
  ChargeClass: ({ chargeType }) => (chargeType === "Refund" ? "Correction" : ""),
  ChargeDescription: "productName",
  ChargeFrequency: ({ frequency }) => FREQUENCIES[frequency] ?? frequency,
  ChargePeriodEnd: ({ date }) => midnight(dayAfter(date)),
  ChargePeriodStart: ({ date }) => midnight(date),
  CommitmentDiscountCategory: ({ benefitId }) => (benefitId === "" ? "" : "Usage"),
  CommitmentDiscountId: ({ benefitId }) => benefitId.toLowerCase(),
  CommitmentDiscountName: "benefitName",
  CommitmentDiscountStatus: (charge) => commitmentStatusOf(charge),
  CommitmentDiscountType: ({ benefitId }) => (benefitId === "" ? "" : "Reservation"),
  ConsumedQuantity: ({ chargeType, quantity }) => (chargeType === "Usage" ? quantity : ""),
  ConsumedUnit: ({ chargeType, unitOfMeasure }) => (chargeType === "Usage" ? baseUnitOf(unitOfMeasure) : ""),
  ContractedCost: "effectiveCost",
  ContractedUnitPrice: "effectivePrice",
  EffectiveCost: "effectiveCost",
  InvoiceIssuerName: () => "Microsoft",
  ListCost: ({ quantity, retailPrice }) => product(quantity, retailPrice),
  ListUnitPrice: "retailPrice",
  PricingCategory: ({ pricingModel }) => PRICING_CATEGORIES[pricingModel] ?? "",
  PricingQuantity: ({ quantity, blockSize }) => quotient(quantity, blockSize),
  PricingUnit: ({ unitOfMeasure }) => baseUnitOf(unitOfMeasure),
  ProviderName: () => "Microsoft",
  PublisherName: "publisherName",
  RegionId: "resourceLocation",
  RegionName: "regionName",
  ResourceId: ({ resourceId }) => resourceId.toLowerCase(),
  ResourceName: "resourceName",
  ResourceType: "meterCategory",
  ServiceCategory: "serviceCategory",
  ServiceName: "meterCategory",
  SkuId: "partNumber",
  SkuPriceId: ({ partNumber, term }) => (partNumber === "" ? "" : `${partNumber}_${term === "" ? "P1D" : term}`),
  SubAccountId: ({ subscriptionId }) => (subscriptionId === "" ? "" : `/subscriptions/${subscriptionId}`),
  SubAccountName: "subscriptionName",
  SubAccountType: ({ subscriptionId }) => (subscriptionId === "" ? "" : "Subscription"),
  Tags: ({ tags }) => braced(tags),
  x_AccountId: () => "4711",
  x_AccountName: () => "Contoso Cloud",
  x_AccountOwnerId: () => "cloud-owner@contoso.onmicrosoft.com",
  x_BilledCostInUsd: ({ cost, usdRate }) => convert(cost, usdRate),
  x_BilledUnitPrice: "effectivePrice",
  x_BillingAccountId: "billingAccountId",
  x_BillingAccountName: "billingAccountName",
  x_BillingExchangeRate: "exchangeRate",
  x_BillingExchangeRateDate: ({ date }) => midnight(firstOfMonth(date)),
  x_BillingProfileId: "billingProfileId",
  x_BillingProfileName: "billingProfileName",
  x_ContractedCostInUsd: ({ effectiveCost, usdRate }) => convert(effectiveCost, usdRate),
  x_CostAllocationRuleName: () => "",
  x_CostCenter: "costCenter",
  x_CustomerId: () => "",
  x_CustomerName: () => "",
  x_EffectiveCostInUsd: ({ effectiveCost, usdRate }) => convert(effectiveCost, usdRate),
  x_EffectiveUnitPrice: "effectivePrice",
  x_InvoiceId: "invoiceId",
  x_InvoiceIssuerId: () => "",
  x_InvoiceSectionId: "invoiceSectionId",
  x_InvoiceSectionName: "invoiceSectionName",
  x_ListCostInUsd: ({ quantity, retailPrice, usdRate }) => convert(product(quantity, retailPrice), usdRate),
  x_PartnerCreditApplied: () => "",
  x_PartnerCreditRate: () => "",
  x_PricingBlockSize: "blockSize",
  x_PricingCurrency: () => "USD",
  x_PricingSubcategory: ({ pricingModel }) => PRICING_SUBCATEGORIES[pricingModel] ?? "",
  x_PricingUnitDescription: "unitOfMeasure",
  x_PublisherCategory: ({ publisherType }) => (publisherType === "Marketplace" ? "Vendor" : "Cloud Provider"),
  x_PublisherId: () => "",
  x_ResellerId: () => "",
  x_ResellerName: () => "",
  x_ResourceGroupName: ({ resourceGroup }) => resourceGroup.toLowerCase(),
  x_ResourceType: ({ resourceType }) => resourceType.toLowerCase(),
  x_ServicePeriodEnd: ({ date }) => midnight(dayAfter(lastOfMonth(date))),
  x_ServicePeriodStart: ({ date }) => midnight(firstOfMonth(date)),
  x_SkuDescription: "productName",
  x_SkuDetails: "additionalInfo",
  x_SkuIsCreditEligible: ({ publisherType }) => (publisherType === "Marketplace" ? "false" : "true"),
  x_SkuMeterCategory: "meterCategory",
  x_SkuMeterId: "meterId",
  x_SkuMeterName: "meterName",
  x_SkuMeterSubcategory: "meterSubCategory",
  x_SkuOfferId: "offerId",
  x_SkuOrderId: "productOrderId",
  x_SkuOrderName: "productOrderName",
  x_SkuPartNumber: "partNumber",
  x_SkuRegion: "meterRegion",
  x_SkuServiceFamily: "serviceFamily",
  x_SkuTerm: "term",
  x_SkuTier: () => "",
  // 1.0-preview
  AvailabilityZone: () => "",
  ChargeSubcategory: (charge) => subcategoryOf(charge),
  Region: "regionName",
  UsageQuantity: ({ chargeType, quantity }) => (chargeType === "Usage" ? quantity : ""),
  UsageUnit: ({ chargeType, unitOfMeasure }) => (chargeType === "Usage" ? baseUnitOf(unitOfMeasure) : ""),
  x_ChargeId: ({ meterId, date }) => `${meterId}_${date}`,
  x_OnDemandCost: "effectiveCost",
  x_OnDemandCostInUsd: ({ effectiveCost, usdRate }) => convert(effectiveCost, usdRate),
  x_OnDemandUnitPrice: "effectivePrice",
  // 1.2
  CapacityReservationId: () => "",
  CapacityReservationStatus: () => "",
  CommitmentDiscountQuantity: () => "",
  CommitmentDiscountUnit: () => "",
  InvoiceId: "invoiceId",
  PricingCurrency: () => "USD",
  PricingCurrencyContractedUnitPrice: "effectivePrice",
  PricingCurrencyEffectiveCost: ({ effectiveCost, usdRate }) => convert(effectiveCost, usdRate),
  PricingCurrencyListUnitPrice: "retailPrice",
  ServiceSubcategory: ({ serviceCategory }) => `Other (${serviceCategory})`,
  SkuMeter: "meterName",
  SkuPriceDetails: "additionalInfo",
  x_AmortizationClass: ({ benefitId }) => (benefitId === "" ? "" : "Amortized Charge"),
  x_ServiceModel: () => "PaaS",
  x_SkuPlanName: "planName",
  // 1.3 and 1.4
  AllocatedMethodDetails: () => "",
  AllocatedMethodId: () => "",
  AllocatedResourceId: () => "",
  AllocatedResourceName: () => "",
  AllocatedTags: () => "",
  CommitmentProgramEligibilityDetails: () => "",
  ContractApplied: () => "",
  HostProviderName: () => "Microsoft",
  InvoiceDetailId: "invoiceId",
  ServiceProviderName: () => "Microsoft",
};

const FREQUENCIES: Readonly<Record<string, string>> = {
  UsageBased: "Usage-Based",
  OneTime: "One-Time",
  Recurring: "Recurring",
};
const PRICING_CATEGORIES: Readonly<Record<string, string>> = {
  OnDemand: "Standard",
  Reservation: "Committed",
  SavingsPlan: "Committed",
  Spot: "Dynamic",
};
const PRICING_SUBCATEGORIES: Readonly<Record<string, string>> = {
  OnDemand: "Standard",
  Reservation: "Committed Usage",
  SavingsPlan: "Committed Spend",
  Spot: "Spot",
};

function profileIdOf(account: string, profile: string): string {
  const path = `/providers/Microsoft.Billing/billingAccounts/${account}`;
  return account === profile ? path : `${path}/billingProfiles/${profile}`;
}

function commitmentStatusOf({ benefitId, chargeType }: Charge): string {
  if (benefitId === "" || chargeType === "Purchase") return "";
  return chargeType === "UnusedReservation" ? "Unused" : "Used";
}

/** What 1.0-preview says instead of ChargeClass and CommitmentDiscountStatus. */
function subcategoryOf(charge: Charge): string {
  if (charge.chargeType === "Refund") return "Refund";
  const status = commitmentStatusOf(charge);
  return status === "" ? "On-Demand" : `${status} Commitment`;
}

/** "100 Hours" counts hours, "10K" and "1K" count units. */
function baseUnitOf(unitOfMeasure: string): string {
  const unit = unitOfMeasure.replace(/^\d+K?\s*\/?\s*/, "");
  return unit === "" ? "Units" : unit.replace(/^Hour$/, "Hours");
}

function midnight(day: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? `${day}T00:00:00Z` : day;
}
