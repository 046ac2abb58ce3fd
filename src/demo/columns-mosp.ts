import { braced, columnsOf } from "./column.ts";

/** Pay-as-you-go usage, 2019-11-01; real headers write MeterSubcategory with a small c. */
export const MOSP_COLUMNS = columnsOf({
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
});
