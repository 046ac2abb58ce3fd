import { namesOf, without } from "./name-list.ts";

/** FOCUS 1.0, and 1.0r2, which only writes its dates otherwise: the specification's columns, then Azure's own. */
export const FOCUS_1_0 = namesOf(`
  BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd
  BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart
  CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName CommitmentDiscountStatus
  CommitmentDiscountType ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice EffectiveCost
  InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingQuantity PricingUnit ProviderName PublisherName
  RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName SkuId SkuPriceId SubAccountId
  SubAccountName SubAccountType Tags
  x_AccountId x_AccountName x_AccountOwnerId x_BilledCostInUsd x_BilledUnitPrice x_BillingAccountId
  x_BillingAccountName x_BillingExchangeRate x_BillingExchangeRateDate x_BillingProfileId x_BillingProfileName
  x_ContractedCostInUsd x_CostAllocationRuleName x_CostCenter x_CustomerId x_CustomerName x_EffectiveCostInUsd
  x_EffectiveUnitPrice x_InvoiceId x_InvoiceIssuerId x_InvoiceSectionId x_InvoiceSectionName x_ListCostInUsd
  x_PartnerCreditApplied x_PartnerCreditRate x_PricingBlockSize x_PricingCurrency x_PricingSubcategory
  x_PricingUnitDescription x_PublisherCategory x_PublisherId x_ResellerId x_ResellerName x_ResourceGroupName
  x_ResourceType x_ServicePeriodEnd x_ServicePeriodStart x_SkuDescription x_SkuDetails x_SkuIsCreditEligible
  x_SkuMeterCategory x_SkuMeterId x_SkuMeterName x_SkuMeterSubcategory x_SkuOfferId x_SkuOrderId x_SkuOrderName
  x_SkuPartNumber x_SkuRegion x_SkuServiceFamily x_SkuTerm x_SkuTier
`);

/** FOCUS 1.0-preview(v1). */
export const FOCUS_1_0_PREVIEW = including(
  without(
    FOCUS_1_0,
    `ChargeClass CommitmentDiscountStatus ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice RegionId
    RegionName x_AccountId x_ContractedCostInUsd x_ListCostInUsd`,
  ),
  `AvailabilityZone ChargeSubcategory Region UsageQuantity UsageUnit x_ChargeId x_OnDemandCost x_OnDemandCostInUsd
  x_OnDemandUnitPrice`,
);

/** FOCUS 1.2-preview. */
export const FOCUS_1_2_PREVIEW = including(
  without(FOCUS_1_0, "x_InvoiceId x_PricingCurrency x_SkuMeterName"),
  `CapacityReservationId CapacityReservationStatus CommitmentDiscountQuantity CommitmentDiscountUnit InvoiceId
  PricingCurrency ServiceSubcategory SkuMeter SkuPriceDetails x_AmortizationClass x_ServiceModel x_SkuPlanName`,
);

/** FOCUS 1.2 as Azure exports it. */
export const FOCUS_1_2 = without(FOCUS_1_2_PREVIEW, "x_SkuDetails");

/** FOCUS 1.2 as the specification has it: also what Azure does not deliver, and nothing of Azure's own. */
export const FOCUS_SPECIFICATION_1_2 = including(
  FOCUS_1_2.filter((name) => !name.startsWith("x_")),
  `AvailabilityZone PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice`,
);

/** FOCUS 1.3 by the specification; Azure does not export it yet. */
export const FOCUS_SPECIFICATION_1_3 = including(
  FOCUS_SPECIFICATION_1_2,
  `AllocatedMethodDetails AllocatedMethodId AllocatedResourceId AllocatedResourceName AllocatedTags ContractApplied
  HostProviderName ServiceProviderName`,
);

/** FOCUS 1.4 by the specification; Azure does not export it yet. */
export const FOCUS_SPECIFICATION_1_4 = including(
  without(FOCUS_SPECIFICATION_1_3, "ProviderName PublisherName"),
  "CommitmentProgramEligibilityDetails InvoiceDetailId",
);

/** FOCUS files have their columns in the order of the alphabet, capitals first. */
function including(names: readonly string[], text: string): readonly string[] {
  return [...names, ...namesOf(text)].toSorted();
}
