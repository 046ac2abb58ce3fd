import { braced, type ColumnValues } from "./column.ts";

/** What the columns of pay-as-you-go files hold. */
export const MOSP_VALUES: ColumnValues = {
  SubscriptionGuid: "subscriptionId",
  ResourceGroup: "resourceGroup",
  ResourceLocation: "meterRegion",
  UsageDateTime: "date",
  MeterCategory: "meterCategory",
  MeterSubcategory: "meterSubCategory",
  MeterId: "meterId",
  MeterName: "meterName",
  MeterRegion: "meterRegion",
  UsageQuantity: "quantity",
  ResourceRate: "effectivePrice",
  PreTaxCost: "cost",
  ConsumedService: "consumedService",
  ResourceType: "resourceType",
  InstanceId: "resourceId",
  Tags: ({ tags }) => braced(tags),
  OfferId: "offerId",
  AdditionalInfo: "additionalInfo",
  ServiceInfo1: "serviceInfo1",
  ServiceInfo2: "serviceInfo2",
  ServiceName: "meterCategory",
  ServiceTier: "meterSubCategory",
  Currency: "currency",
  UnitOfMeasure: "unitOfMeasure",
};
