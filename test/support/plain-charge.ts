import { BLANK_CHARGE, type Charge } from "../../src/demo/charge.ts";

/** The subscription and the billing account of a line that names none. */
export const DEFAULT_SUBSCRIPTION = "1caaa5a3-2b66-438e-8ab4-bce37d518c5d";
export const DEFAULT_ACCOUNT = "8611537";

/** An hour of a virtual machine for one dollar: what a line is where a test says nothing else. */
export const PLAIN_CHARGE: Charge = {
  ...BLANK_CHARGE,
  currency: "USD",
  quantity: "10",
  retailPrice: "0.1",
  effectivePrice: "0.1",
  cost: "1",
  effectiveCost: "1",
  invoiceId: "G026050001",
  billingAccountId: DEFAULT_ACCOUNT,
  billingAccountName: "Contoso",
  billingProfileId: DEFAULT_ACCOUNT,
  billingProfileName: "Contoso",
  offerId: "MS-AZR-0017P",
  publisherType: "Azure",
  publisherName: "Microsoft",
  subscriptionId: DEFAULT_SUBSCRIPTION,
  subscriptionName: "Production",
  costCenter: "CC-1042",
  invoiceSectionId: "40211",
  invoiceSectionName: "Platform",
  resourceId: `/subscriptions/${DEFAULT_SUBSCRIPTION}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01`,
  resourceName: "web-01",
  resourceGroup: "rg-web",
  resourceType: "Microsoft.Compute/virtualMachines",
  resourceLocation: "westeurope",
  regionName: "West Europe",
  consumedService: "Microsoft.Compute",
  serviceFamily: "Compute",
  serviceCategory: "Compute",
  meterId: "f31064a2-ed95-4e11-8b69-270f2fc4fbdd",
  meterName: "D2s v5",
  meterCategory: "Virtual Machines",
  meterSubCategory: "Dsv5 Series",
  meterRegion: "EU West",
  unitOfMeasure: "1 Hour",
  productName: "Virtual Machines Dsv5 Series - D2s v5 - EU West",
  partNumber: "AAA-88134",
  tags: '"env": "prod","application": "web"',
  additionalInfo: '{"UsageType":"ComputeHR","ImageType":"Canonical","ServiceType":"Standard_D2s_v5","VCPUs":2}',
};
