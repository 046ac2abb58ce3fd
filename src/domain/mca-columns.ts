import { insertedBefore, namesOf, respelled, without } from "./name-list.ts";

/** Microsoft Customer Agreement, 2023-12-01-preview; the Cost Details API answers with the same columns. */
export const MCA_2023_12_01_PREVIEW = namesOf(`
  invoiceId previousInvoiceId billingAccountId billingAccountName billingProfileId billingProfileName invoiceSectionId
  invoiceSectionName resellerName resellerMpnId costCenter billingPeriodEndDate billingPeriodStartDate
  servicePeriodEndDate servicePeriodStartDate date serviceFamily productOrderId productOrderName consumedService
  meterId meterName meterCategory meterSubCategory meterRegion ProductId ProductName SubscriptionId subscriptionName
  publisherType publisherId publisherName resourceGroupName ResourceId resourceLocation location effectivePrice
  quantity unitOfMeasure chargeType billingCurrency pricingCurrency costInBillingCurrency costInPricingCurrency
  costInUsd paygCostInBillingCurrency paygCostInUsd exchangeRatePricingToBilling exchangeRateDate
  isAzureCreditEligible serviceInfo1 serviceInfo2 additionalInfo tags PayGPrice frequency term reservationId
  reservationName pricingModel unitPrice costAllocationRuleName benefitId benefitName provider
`);

/** Microsoft Customer Agreement, 2021-10-01: the same columns. */
export const MCA_2021_10_01 = respelled(MCA_2023_12_01_PREVIEW, { pricingModel: "PricingModel" });

/** What 2021-10-01 added to every agreement's columns. */
const ADDED_2021_10 = "benefitId benefitName provider";

/** Microsoft Customer Agreement, 2021-01-01. */
export const MCA_2021_01_01 = without(MCA_2021_10_01, ADDED_2021_10);

/** What later versions call otherwise. */
const NAMES_2019_11 = {
  ProductName: "product",
  SubscriptionId: "subscriptionId",
  ResourceId: "InstanceName",
  location: "Location",
  PayGPrice: "payGPrice",
};

/** Microsoft Customer Agreement, 2019-11-01. */
export const MCA_2019_11_01 = without(respelled(MCA_2021_01_01, NAMES_2019_11), "PricingModel costAllocationRuleName");

/** Microsoft Customer Agreement, 2019-10-01: every name begins with a capital. */
export const MCA_2019_10_01 = respelled(
  MCA_2019_11_01.map((name) => name.charAt(0).toUpperCase() + name.slice(1)),
  {
    InvoiceId: "InvoiceID",
    ResellerMpnId: "ResellerMPNId",
    MeterSubCategory: "MeterSubcategory",
    SubscriptionId: "SubscriptionGuid",
    ResourceGroupName: "ResourceGroup",
    BillingCurrency: "BillingCurrencyCode",
    PricingCurrency: "PricingCurrencyCode",
    CostInUsd: "CostInUSD",
    PaygCostInUsd: "PaygCostInUSD",
    ExchangeRatePricingToBilling: "ExchangeRate",
    PayGPrice: "MarketPrice",
  },
);

/** Microsoft Partner Agreement (billing account, profile and customer), 2023-12-01-preview and 2021-10-01. */
export const MPA_2021_10_01 = partnersOf(MCA_2021_10_01);

/** Microsoft Partner Agreement, 2021-01-01. */
export const MPA_2021_01_01 = without(MPA_2021_10_01, ADDED_2021_10);

/** Microsoft Partner Agreement, 2019-11-01. */
export const MPA_2019_11_01 = without(respelled(MPA_2021_01_01, NAMES_2019_11), "PricingModel");

/** A partner's subscription or resource group (CSP), 2023-12-01-preview and 2021-10-01. */
export const CSP_2021_10_01 = without(
  MPA_2021_10_01,
  `invoiceId previousInvoiceId billingAccountId billingProfileId billingProfileName invoiceSectionId invoiceSectionName
  partnerTenantId costInPricingCurrency paygCostInBillingCurrency paygCostInUsd isAzureCreditEligible
  partnerEarnedCreditRate partnerEarnedCreditApplied`,
);

/** A partner's subscription or resource group (CSP), 2021-01-01. */
export const CSP_2021_01_01 = without(CSP_2021_10_01, ADDED_2021_10);

const RESERVATION = "reservationId reservationName";

/** A partner's subscription or resource group (CSP), 2019-11-01. */
export const CSP_2019_11_01 = insertedBefore(
  without(respelled(CSP_2021_01_01, NAMES_2019_11), `PricingModel ${RESERVATION}`),
  "frequency",
  RESERVATION,
);

function partnersOf(names: readonly string[]): readonly string[] {
  const withPartner = insertedBefore(names, "resellerName", "partnerTenantId partnerName");
  const withCustomer = insertedBefore(withPartner, "costCenter", "customerTenantId customerName");
  const withCredit = insertedBefore(withCustomer, "PayGPrice", "partnerEarnedCreditRate partnerEarnedCreditApplied");
  return without(withCredit, "costAllocationRuleName");
}
