/**
 * How a column's text becomes a value:
 * `date` a required UTC day · `day` a day or nothing · `day-before` an exclusive end, kept as the last included day ·
 * `cost` a required amount · `decimal` an amount or nothing · `flag` true, false or nothing · `keyword` text of few
 * distinct values · `text` any text · `identifier` text compared without case, kept in lower case ·
 * `subscription` a subscription's bare id, also out of `/subscriptions/<id>` · `billing-account` a billing account's bare
 * id, also out of its resource id · `tags` and `json` JSON objects, with or without their outer braces.
 */
export type ColumnKind =
  | "date"
  | "day"
  | "day-before"
  | "cost"
  | "decimal"
  | "flag"
  | "keyword"
  | "text"
  | "identifier"
  | "subscription"
  | "billing-account"
  | "tags"
  | "json";

/** One spelling of a column in some export version; it may say another kind than the column's own. */
export type Spelling = string | { readonly name: string; readonly kind: ColumnKind };

/** One column of the warehouse, and every name that Azure gives it. */
export type CanonicalColumn = {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Names in export files, compared without case; where a file has several of them, the first of these wins. */
  readonly spellings: readonly Spelling[];
  readonly comment: string;
  /** Filled by FOCUS files only, where the same name means something else; or by any file. */
  readonly files: "focus" | "any";
};

/**
 * Every column that export files fill, in the order of the fact table. Names are Azure's own in snake_case; spellings
 * are those of the EA, MCA, MPA, CSP, pay-as-you-go and FOCUS column sets (Microsoft Learn, "Understand cost details
 * fields" and "FOCUS cost and usage details file schema").
 */
export const CANONICAL_COLUMNS: readonly CanonicalColumn[] = [
  column("date", "date", "Day of usage or purchase, UTC", ["Date", "UsageDateTime", "UsageDate", "ChargePeriodStart"]),
  column("cost_in_billing_currency", "cost", "Actual (billed) cost in billing_currency", [
    "CostInBillingCurrency",
    "Cost",
    "PreTaxCost",
    "ExtendedCost",
    "BilledCost",
  ]),
  column("amortized_cost_in_billing_currency", "cost", "Amortized (effective) cost in billing_currency", [
    "EffectiveCost",
  ]),
  column("cost_in_usd", "decimal", "Actual cost in USD as delivered; empty where the file has none", [
    "CostInUsd",
    "x_BilledCostInUsd",
  ]),
  column("amortized_cost_in_usd", "decimal", "Amortized cost in USD as delivered; empty where the file has none", [
    "x_EffectiveCostInUsd",
  ]),
  column("cost_in_pricing_currency", "decimal", "Actual cost in pricing_currency", ["CostInPricingCurrency"]),
  column("amortized_cost_in_pricing_currency", "decimal", "Amortized cost in pricing_currency", [
    "PricingCurrencyEffectiveCost",
  ]),
  column("cost_with_tax", "decimal", "Actual cost times the tax factor of its source; empty without one", [
    "CostWithTax",
  ]),
  column("payg_cost_in_billing_currency", "decimal", "Cost at list (pay-as-you-go) prices in billing_currency", [
    "PaygCostInBillingCurrency",
    "ListCost",
  ]),
  column("payg_cost_in_usd", "decimal", "Cost at list (pay-as-you-go) prices in USD", [
    "PaygCostInUsd",
    "x_ListCostInUsd",
  ]),
  column("contracted_cost_in_billing_currency", "decimal", "Cost at contracted prices in billing_currency", [
    "ContractedCost",
    "x_OnDemandCost",
  ]),
  column("contracted_cost_in_usd", "decimal", "Cost at contracted prices in USD", [
    "x_ContractedCostInUsd",
    "x_OnDemandCostInUsd",
  ]),
  column("billing_currency", "keyword", "Currency of the invoice", [
    "BillingCurrency",
    "BillingCurrencyCode",
    "Currency",
  ]),
  column("pricing_currency", "keyword", "Currency of the price list", [
    "PricingCurrency",
    "PricingCurrencyCode",
    "x_PricingCurrency",
  ]),
  column("exchange_rate_pricing_to_billing", "decimal", "Billing currency per unit of pricing currency", [
    "ExchangeRatePricingToBilling",
    "ExchangeRate",
    "x_BillingExchangeRate",
  ]),
  column("exchange_rate_date", "day", "Day of the exchange rate", ["ExchangeRateDate", "x_BillingExchangeRateDate"]),
  column("quantity", "decimal", "Consumed or purchased quantity, in single units", [
    "Quantity",
    "UsageQuantity",
    "ConsumedQuantity",
  ]),
  column("pricing_quantity", "decimal", "Quantity in pricing units (FOCUS)", ["PricingQuantity"]),
  column("unit_of_measure", "keyword", "Unit of the meter's price, such as 10K or 100 Hours", [
    "UnitOfMeasure",
    "x_PricingUnitDescription",
  ]),
  column("consumed_unit", "keyword", "Unit of quantity (FOCUS)", ["ConsumedUnit", "UsageUnit"]),
  column("pricing_unit", "keyword", "Unit of pricing_quantity (FOCUS)", ["PricingUnit"]),
  column("pricing_block_size", "decimal", "Single units in one pricing unit (FOCUS)", ["x_PricingBlockSize"]),
  column("effective_price", "decimal", "Price per unit after discounts", [
    "EffectivePrice",
    "ResourceRate",
    "x_EffectiveUnitPrice",
  ]),
  column("unit_price", "decimal", "Contracted price per unit", [
    "UnitPrice",
    "ContractedUnitPrice",
    "x_OnDemandUnitPrice",
  ]),
  column("payg_price", "decimal", "List (pay-as-you-go) price per unit", ["PayGPrice", "MarketPrice", "ListUnitPrice"]),
  column("billed_unit_price", "decimal", "Billed price per unit (FOCUS)", ["x_BilledUnitPrice"]),
  column("billing_account_id", "identifier", "Billing account: enrollment (EA) or account id", [
    "x_BillingAccountId",
    { name: "BillingAccountId", kind: "billing-account" },
  ]),
  column("billing_account_name", "keyword", "Name of the billing account", [
    "x_BillingAccountName",
    "BillingAccountName",
  ]),
  focusColumn("focus_billing_account_id", "keyword", "Billing account or profile that is invoiced (FOCUS)", [
    "BillingAccountId",
  ]),
  focusColumn("focus_billing_account_name", "keyword", "Name of focus_billing_account_id (FOCUS)", [
    "BillingAccountName",
  ]),
  column("billing_account_type", "keyword", "Kind of the billing account (FOCUS)", ["BillingAccountType"]),
  column("billing_profile_id", "identifier", "Billing profile (MCA) or enrollment (EA)", [
    "BillingProfileId",
    "x_BillingProfileId",
  ]),
  column("billing_profile_name", "keyword", "Name of the billing profile", [
    "BillingProfileName",
    "x_BillingProfileName",
  ]),
  column("billing_period_start_date", "day", "First day of the billing period; empty in an open MCA month", [
    "BillingPeriodStartDate",
    "BillingPeriodStart",
  ]),
  column("billing_period_end_date", "day", "Last day of the billing period (included); empty in an open MCA month", [
    "BillingPeriodEndDate",
    { name: "BillingPeriodEnd", kind: "day-before" },
  ]),
  column("service_period_start_date", "day", "First day of the service period", [
    "ServicePeriodStartDate",
    "x_ServicePeriodStart",
  ]),
  column("service_period_end_date", "day", "End of the service period (not included)", [
    "ServicePeriodEndDate",
    "x_ServicePeriodEnd",
  ]),
  column("charge_period_end_date", "day", "End of the charge period (not included, FOCUS)", ["ChargePeriodEnd"]),
  column("invoice_id", "keyword", "Invoice; empty until it is issued", ["InvoiceId", "x_InvoiceId"]),
  column("previous_invoice_id", "keyword", "Invoice that a refund refers to", ["PreviousInvoiceId"]),
  column("invoice_issuer_id", "keyword", "Issuer of the invoice", ["x_InvoiceIssuerId"]),
  column("invoice_issuer_name", "keyword", "Name of the invoice's issuer", ["InvoiceIssuerName"]),
  column("invoice_section_id", "keyword", "Invoice section (department in EA)", [
    "InvoiceSectionId",
    "DepartmentId",
    "x_InvoiceSectionId",
  ]),
  column("invoice_section_name", "keyword", "Name of the invoice section (department in EA)", [
    "InvoiceSectionName",
    "InvoiceSection",
    "DepartmentName",
    "x_InvoiceSectionName",
  ]),
  column("account_id", "keyword", "EA enrollment account", ["AccountId", "x_AccountId"]),
  column("account_name", "keyword", "Name of the EA enrollment account", ["AccountName", "x_AccountName"]),
  column("account_owner_id", "keyword", "Owner of the EA enrollment account", [
    "AccountOwnerId",
    "AccountOwnerEmail",
    "x_AccountOwnerId",
  ]),
  column("cost_center", "keyword", "Cost center of the subscription", ["CostCenter", "x_CostCenter"]),
  column("cost_allocation_rule_name", "keyword", "Cost allocation rule that moved the cost", [
    "CostAllocationRuleName",
    "x_CostAllocationRuleName",
  ]),
  column("subscription_id", "subscription", "Subscription; empty for charges that belong to none", [
    "SubscriptionGuid",
    "SubscriptionId",
    "SubAccountId",
  ]),
  column("subscription_name", "keyword", "Name of the subscription", ["SubscriptionName", "SubAccountName"]),
  column("sub_account_type", "keyword", "Kind of the sub account (FOCUS)", ["SubAccountType"]),
  column("resource_group", "identifier", "Resource group, in lower case", [
    "ResourceGroup",
    "ResourceGroupName",
    "x_ResourceGroupName",
  ]),
  column("resource_id", "identifier", "Resource id, in lower case; empty for purchases", [
    "ResourceId",
    "InstanceId",
    "InstanceName",
  ]),
  column(
    "resource_name",
    "text",
    "Name of the resource: as delivered, of a node of AKS its own, else the end of resource_id",
    ["ResourceName"],
  ),
  column(
    "resource_type",
    "keyword",
    "Type in resource_id, such as microsoft.compute/virtualmachines; without one as delivered",
    ["x_ResourceType", "ResourceType"],
  ),
  focusColumn("resource_type_name", "keyword", "Type of the resource in words, such as Virtual machine (FOCUS)", [
    "ResourceType",
  ]),
  column("resource_location", "keyword", "Datacenter of the resource, such as EastUS", [
    "ResourceLocation",
    "RegionId",
  ]),
  column("location", "keyword", "Normalized location, such as US East", [
    "Location",
    "ResourceLocationNormalized",
    "RegionName",
    "Region",
  ]),
  column("availability_zone", "keyword", "Availability zone of an external (cross-cloud) charge", ["AvailabilityZone"]),
  column("meter_id", "identifier", "Meter", ["MeterId", "x_SkuMeterId"]),
  column("meter_name", "keyword", "Name of the meter", ["MeterName", "SkuMeter", "x_SkuMeterName"]),
  column("meter_category", "keyword", "Service of the meter, such as Virtual Machines", [
    "MeterCategory",
    "x_SkuMeterCategory",
  ]),
  column("meter_sub_category", "keyword", "Sub category of the meter", ["MeterSubCategory", "x_SkuMeterSubcategory"]),
  column("meter_region", "keyword", "Region of the meter's price", ["MeterRegion", "x_SkuRegion"]),
  column("service_family", "keyword", "Service family of the meter, such as Compute", [
    "ServiceFamily",
    "x_SkuServiceFamily",
  ]),
  column("service_name", "keyword", "Name of the service (pay-as-you-go and FOCUS)", ["ServiceName"]),
  column("service_tier", "keyword", "Tier of the service", ["ServiceTier", "x_SkuTier"]),
  column("service_category", "keyword", "Category of the service (FOCUS)", ["ServiceCategory"]),
  column("service_subcategory", "keyword", "Sub category of the service (FOCUS)", ["ServiceSubcategory"]),
  column("service_model", "keyword", "IaaS, PaaS or SaaS (FOCUS)", ["x_ServiceModel"]),
  column("consumed_service", "keyword", "Resource provider of the charge", ["ConsumedService"]),
  column("product_id", "keyword", "Product", ["ProductId", "ProductIdentifier"]),
  column("product_name", "keyword", "Name of the product", ["ProductName", "Product", "x_SkuDescription"]),
  column("product_order_id", "keyword", "Product order", ["ProductOrderId", "x_SkuOrderId"]),
  column("product_order_name", "keyword", "Name of the product order", ["ProductOrderName", "x_SkuOrderName"]),
  column("publisher_type", "keyword", "Azure, Marketplace or AWS", ["PublisherType", "x_PublisherCategory"]),
  column("publisher_id", "keyword", "Publisher", ["PublisherId", "x_PublisherId"]),
  column("publisher_name", "keyword", "Name of the publisher", ["PublisherName"]),
  column("charge_type", "keyword", "Usage, Purchase, Refund, UnusedReservation, …", ["ChargeType", "ChargeCategory"]),
  column("charge_class", "keyword", "Correction, or empty (FOCUS)", ["ChargeClass"]),
  column("charge_description", "text", "What was charged (FOCUS)", ["ChargeDescription"]),
  column("frequency", "keyword", "How often the charge is made", ["Frequency", "ChargeFrequency"]),
  column("pricing_model", "keyword", "OnDemand, Reservation, SavingsPlan or Spot", ["PricingModel"]),
  column("pricing_category", "keyword", "Standard, Committed, Dynamic or Other (FOCUS)", ["PricingCategory"]),
  column("pricing_subcategory", "keyword", "Detail of pricing_category", ["x_PricingSubcategory"]),
  column("reservation_id", "identifier", "Reservation that was used or purchased", ["ReservationId"]),
  column("reservation_name", "keyword", "Name of the reservation", ["ReservationName"]),
  column("benefit_id", "identifier", "Reservation or savings plan that applied", ["BenefitId", "CommitmentDiscountId"]),
  column("benefit_name", "keyword", "Name of the reservation or savings plan", [
    "BenefitName",
    "CommitmentDiscountName",
  ]),
  column("commitment_discount_category", "keyword", "Spend or Usage (FOCUS)", ["CommitmentDiscountCategory"]),
  column("commitment_discount_status", "keyword", "Used or Unused (FOCUS)", ["CommitmentDiscountStatus"]),
  column("commitment_discount_type", "keyword", "Reservation or Savings Plan (FOCUS)", ["CommitmentDiscountType"]),
  column("commitment_discount_quantity", "decimal", "Quantity of the commitment (FOCUS)", [
    "CommitmentDiscountQuantity",
  ]),
  column("commitment_discount_unit", "keyword", "Unit of the commitment's quantity (FOCUS)", [
    "CommitmentDiscountUnit",
  ]),
  column("capacity_reservation_id", "identifier", "Capacity reservation (FOCUS)", ["CapacityReservationId"]),
  column("capacity_reservation_status", "keyword", "Used or Unused (FOCUS)", ["CapacityReservationStatus"]),
  column("term", "keyword", "Term of the purchase in months", ["Term", "x_SkuTerm"]),
  column("offer_id", "keyword", "Azure offer", ["OfferId", "x_SkuOfferId"]),
  column("part_number", "keyword", "Part number of the price", ["PartNumber", "x_SkuPartNumber"]),
  column("plan_name", "keyword", "Marketplace plan", ["PlanName", "x_SkuPlanName"]),
  column("sku_id", "keyword", "SKU (FOCUS)", ["SkuId"]),
  column("sku_price_id", "keyword", "Price of the SKU (FOCUS)", ["SkuPriceId"]),
  column("sku_price_details", "text", "Properties of the SKU's price (FOCUS)", ["SkuPriceDetails"]),
  column("is_azure_credit_eligible", "flag", "Whether Azure credit can pay for it", [
    "IsAzureCreditEligible",
    "x_SkuIsCreditEligible",
  ]),
  column("service_info1", "text", "Metadata of the service", ["ServiceInfo1"]),
  column("service_info2", "text", "Metadata of the service", ["ServiceInfo2"]),
  column("additional_info", "json", "Metadata of the service, the JSON text as delivered", [
    "AdditionalInfo",
    "x_SkuDetails",
  ]),
  column("tags", "tags", "Tags of the resource", ["Tags"]),
  column("reseller_name", "keyword", "Reseller (CSP)", ["ResellerName", "x_ResellerName"]),
  column("reseller_mpn_id", "keyword", "Partner number of the reseller (CSP)", ["ResellerMpnId", "x_ResellerId"]),
  column("partner_tenant_id", "identifier", "Tenant of the partner (CSP)", ["PartnerTenantId"]),
  column("partner_name", "keyword", "Name of the partner (CSP)", ["PartnerName"]),
  column("customer_tenant_id", "identifier", "Tenant of the customer (CSP)", ["CustomerTenantId", "x_CustomerId"]),
  column("customer_name", "keyword", "Name of the customer (CSP)", ["CustomerName", "x_CustomerName"]),
  column("partner_earned_credit_rate", "decimal", "Rate of the partner's credit (CSP)", [
    "PartnerEarnedCreditRate",
    "x_PartnerCreditRate",
  ]),
  column("partner_earned_credit_applied", "keyword", "Whether the partner's credit applied (CSP)", [
    "PartnerEarnedCreditApplied",
    "x_PartnerCreditApplied",
  ]),
  column("provider", "keyword", "Cloud of the charge", ["Provider", "ProviderName", "ServiceProviderName"]),
];

/** The name that a spelling stands for. */
export function nameOf(spelling: Spelling): string {
  return typeof spelling === "string" ? spelling : spelling.name;
}

function column(name: string, kind: ColumnKind, comment: string, spellings: readonly Spelling[]): CanonicalColumn {
  return { name, kind, spellings, comment, files: "any" };
}

function focusColumn(name: string, kind: ColumnKind, comment: string, spellings: readonly string[]): CanonicalColumn {
  return { name, kind, spellings, comment, files: "focus" };
}
