import { namesOf, respelled } from "./name-list.ts";

/** Enterprise Agreement, 2019-10-01. */
export const EA_2019_10_01 = namesOf(`
  DepartmentName AccountName AccountOwnerId SubscriptionGuid SubscriptionName ResourceGroup ResourceLocation
  UsageDateTime ProductName MeterCategory MeterSubcategory MeterId MeterName MeterRegion UnitOfMeasure UsageQuantity
  ResourceRate PreTaxCost CostCenter ConsumedService ResourceType InstanceId Tags OfferId AdditionalInfo ServiceInfo1
  ServiceInfo2
`);

/** Enterprise Agreement, 2020-01-01; later versions add to its end. */
export const EA_2020_01_01 = namesOf(`
  InvoiceSectionName AccountName AccountOwnerId SubscriptionId SubscriptionName ResourceGroup ResourceLocation Date
  ProductName MeterCategory MeterSubCategory MeterId MeterName MeterRegion UnitOfMeasure Quantity EffectivePrice
  CostInBillingCurrency CostCenter ConsumedService ResourceId Tags OfferId AdditionalInfo ServiceInfo1 ServiceInfo2
  ResourceName ReservationId ReservationName UnitPrice ProductOrderId ProductOrderName Term PublisherType
  PublisherName ChargeType Frequency PricingModel AvailabilityZone BillingAccountId BillingAccountName
  BillingCurrencyCode BillingPeriodStartDate BillingPeriodEndDate BillingProfileId BillingProfileName InvoiceSectionId
  IsAzureCreditEligible PartNumber PayGPrice PlanName ServiceFamily
`);

/** Enterprise Agreement, 2021-01-01. */
export const EA_2021_01_01 = [...EA_2020_01_01, "CostAllocationRuleName"];

/** Enterprise Agreement, 2023-12-01-preview; the Cost Details API answers with the same columns. */
export const EA_2023_12_01_PREVIEW = [...EA_2021_01_01, "benefitId", "benefitName"];

/** Enterprise Agreement, 2024-08-01. */
export const EA_2024_08_01 = [...EA_2023_12_01_PREVIEW, "AccountId", "ResourceLocationNormalized"];

/** Enterprise Agreement, 2021-10-01: the names of 2023-12-01-preview in another order. */
export const EA_2021_10_01 = namesOf(`
  CostInBillingCurrency AccountName AccountOwnerId ProductName ConsumedService InvoiceSectionName SubscriptionId
  SubscriptionName Date MeterId MeterCategory MeterSubCategory MeterRegion MeterName Quantity ResourceLocation
  ResourceId ServiceInfo1 ServiceInfo2 AdditionalInfo Tags CostCenter UnitOfMeasure ResourceGroup PartNumber OfferId
  ChargeType EffectivePrice UnitPrice ReservationId ReservationName ResourceName ProductOrderId ProductOrderName
  PlanName PublisherName PublisherType Term BillingAccountId BillingAccountName BillingProfileName BillingProfileId
  BillingCurrencyCode ServiceFamily Frequency IsAzureCreditEligible PayGPrice PricingModel BillingPeriodStartDate
  BillingPeriodEndDate AvailabilityZone InvoiceSectionId CostAllocationRuleName benefitId benefitName
`);

/** The portal's download of an enrollment's usage and charges. */
export const EA_PORTAL = namesOf(`
  BillingAccountId BillingAccountName BillingPeriodStartDate BillingPeriodEndDate BillingProfileId BillingProfileName
  AccountOwnerId AccountName SubscriptionId SubscriptionName Date Product PartNumber MeterId ServiceFamily
  MeterCategory MeterSubCategory MeterRegion MeterName Quantity EffectivePrice Cost UnitPrice BillingCurrency
  ResourceLocation AvailabilityZone ConsumedService ResourceId ResourceName ServiceInfo1 ServiceInfo2 AdditionalInfo
  Tags InvoiceSectionId InvoiceSection CostCenter UnitOfMeasure ResourceGroup ReservationId ReservationName
  ProductOrderId ProductOrderName OfferId IsAzureCreditEligible Term PublisherName PlanName ChargeType Frequency
  PublisherType PayGPrice PricingModel CostAllocationRuleName benefitId benefitName
`);

/** Usage details of the retired reporting API (consumption.azure.com, v3); two columns hold a subscription. */
export const EA_REPORTING_V3 = namesOf(`
  serviceName serviceTier location chargesBilledSeparately partNumber resourceGuid offerId cost accountId productId
  resourceLocationId consumedServiceId departmentId accountOwnerEmail accountName serviceAdministratorId
  subscriptionId subscriptionGuid subscriptionName date product meterId meterCategory meterSubCategory meterRegion
  meterName consumedQuantity resourceRate resourceLocation consumedService instanceId serviceInfo1 serviceInfo2
  additionalInfo tags storeServiceIdentifier departmentName costCenter unitOfMeasure resourceGroup
`);

/** Usage details of the retired reporting API, v2. */
export const EA_REPORTING_V2 = respelled(EA_REPORTING_V3.slice(7), { cost: "extendedCost" });
