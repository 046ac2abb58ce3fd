import { columnsOf, firstOfMonth, lastOfMonth, usDay } from "./column.ts";

/** EA 2023-12-01-preview, in the documented order. */
export const EA_COLUMNS = columnsOf({
  InvoiceSectionName: "invoiceSectionName",
  AccountName: () => "Contoso Cloud",
  AccountOwnerId: () => "cloud-owner@contoso.onmicrosoft.com",
  SubscriptionId: "subscriptionId",
  SubscriptionName: "subscriptionName",
  ResourceGroup: "resourceGroup",
  ResourceLocation: "resourceLocation",
  Date: ({ date }) => usDay(date),
  ProductName: "productName",
  MeterCategory: "meterCategory",
  MeterSubCategory: "meterSubCategory",
  MeterId: "meterId",
  MeterName: "meterName",
  MeterRegion: "meterRegion",
  UnitOfMeasure: "unitOfMeasure",
  Quantity: "quantity",
  EffectivePrice: "effectivePrice",
  CostInBillingCurrency: "cost",
  CostCenter: "costCenter",
  ConsumedService: "consumedService",
  ResourceId: "resourceId",
  Tags: "tags",
  OfferId: "offerId",
  AdditionalInfo: "additionalInfo",
  ServiceInfo1: "serviceInfo1",
  ServiceInfo2: "serviceInfo2",
  ResourceName: "resourceName",
  ReservationId: "reservationId",
  ReservationName: "reservationName",
  UnitPrice: "retailPrice",
  ProductOrderId: "productOrderId",
  ProductOrderName: "productOrderName",
  Term: "term",
  PublisherType: "publisherType",
  PublisherName: "publisherName",
  ChargeType: "chargeType",
  Frequency: "frequency",
  PricingModel: "pricingModel",
  AvailabilityZone: () => "",
  BillingAccountId: "billingAccountId",
  BillingAccountName: "billingAccountName",
  BillingCurrencyCode: "currency",
  BillingPeriodStartDate: ({ date }) => usDay(firstOfMonth(date)),
  BillingPeriodEndDate: ({ date }) => usDay(lastOfMonth(date)),
  BillingProfileId: "billingProfileId",
  BillingProfileName: "billingProfileName",
  InvoiceSectionId: "invoiceSectionId",
  IsAzureCreditEligible: ({ publisherType }) => (publisherType === "Marketplace" ? "False" : "True"),
  PartNumber: "partNumber",
  PayGPrice: "retailPrice",
  PlanName: "planName",
  ServiceFamily: "serviceFamily",
  CostAllocationRuleName: () => "",
  benefitId: "benefitId",
  benefitName: "benefitName",
});

/** The order of EA 2021-10-01, which has the same names. */
export const EA_ORDER_2021 = `
  CostInBillingCurrency AccountName AccountOwnerId ProductName ConsumedService InvoiceSectionName
  SubscriptionId SubscriptionName Date MeterId MeterCategory MeterSubCategory MeterRegion MeterName Quantity
  ResourceLocation ResourceId ServiceInfo1 ServiceInfo2 AdditionalInfo Tags CostCenter UnitOfMeasure
  ResourceGroup PartNumber OfferId ChargeType EffectivePrice UnitPrice ReservationId ReservationName
  ResourceName ProductOrderId ProductOrderName PlanName PublisherName PublisherType Term BillingAccountId
  BillingAccountName BillingProfileName BillingProfileId BillingCurrencyCode ServiceFamily Frequency
  IsAzureCreditEligible PayGPrice PricingModel BillingPeriodStartDate BillingPeriodEndDate AvailabilityZone
  InvoiceSectionId CostAllocationRuleName benefitId benefitName
`
  .trim()
  .split(/\s+/);

/** What the portal's download calls the same columns. */
export const EA_PORTAL_NAMES = {
  ProductName: "Product",
  CostInBillingCurrency: "Cost",
  BillingCurrencyCode: "BillingCurrency",
  InvoiceSectionName: "InvoiceSection",
} as const;

/** The order of the portal's download. */
export const EA_PORTAL_ORDER = `
  BillingAccountId BillingAccountName BillingPeriodStartDate BillingPeriodEndDate BillingProfileId
  BillingProfileName AccountOwnerId AccountName SubscriptionId SubscriptionName Date Product PartNumber
  MeterId ServiceFamily MeterCategory MeterSubCategory MeterRegion MeterName Quantity EffectivePrice Cost
  UnitPrice BillingCurrency ResourceLocation AvailabilityZone ConsumedService ResourceId ResourceName
  ServiceInfo1 ServiceInfo2 AdditionalInfo Tags InvoiceSectionId InvoiceSection CostCenter UnitOfMeasure
  ResourceGroup ReservationId ReservationName ProductOrderId ProductOrderName OfferId IsAzureCreditEligible
  Term PublisherName PlanName ChargeType Frequency PublisherType PayGPrice PricingModel
  CostAllocationRuleName benefitId benefitName
`
  .trim()
  .split(/\s+/);
