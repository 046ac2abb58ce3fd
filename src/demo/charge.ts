/**
 * One line of a cost file before it has a file's column names: every value as text. The column sets turn it into cells,
 * so one charge can be shown as EA, MCA, pay-as-you-go or FOCUS.
 */
export type Charge = {
  /** The UTC day, such as "2026-05-01"; column sets write it in their own format. */
  readonly date: string;
  readonly chargeType: string;
  readonly frequency: string;
  readonly pricingModel: string;
  readonly publisherType: string;
  readonly publisherName: string;
  readonly planName: string;
  readonly currency: string;
  readonly quantity: string;
  readonly retailPrice: string;
  readonly effectivePrice: string;
  /** What the file's cost column says, in the billing currency: by its dataset, billed or amortized. */
  readonly cost: string;
  /** The amortized cost of the same line; FOCUS files carry both. */
  readonly effectiveCost: string;
  /** One unit of the pricing currency (USD) in the billing currency, and the other way round. */
  readonly exchangeRate: string;
  readonly usdRate: string;
  /** Blank while the month is open. */
  readonly invoiceId: string;
  readonly billingAccountId: string;
  readonly billingAccountName: string;
  readonly billingProfileId: string;
  readonly billingProfileName: string;
  readonly offerId: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  readonly costCenter: string;
  readonly invoiceSectionId: string;
  readonly invoiceSectionName: string;
  readonly resourceId: string;
  readonly resourceName: string;
  readonly resourceGroup: string;
  readonly resourceType: string;
  readonly resourceLocation: string;
  readonly regionName: string;
  readonly consumedService: string;
  readonly serviceFamily: string;
  readonly serviceCategory: string;
  readonly meterId: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  readonly meterRegion: string;
  readonly unitOfMeasure: string;
  readonly blockSize: string;
  readonly productName: string;
  readonly partNumber: string;
  /** JSON members without the outer braces; column sets add them where their files have them. */
  readonly tags: string;
  readonly additionalInfo: string;
  readonly serviceInfo1: string;
  readonly serviceInfo2: string;
  readonly term: string;
  readonly reservationId: string;
  readonly reservationName: string;
  readonly productOrderId: string;
  readonly productOrderName: string;
  readonly benefitId: string;
  readonly benefitName: string;
};

/** A charge for nothing on no day: what a line has where nothing else is said. */
export const BLANK_CHARGE: Charge = {
  date: "",
  chargeType: "Usage",
  frequency: "UsageBased",
  pricingModel: "OnDemand",
  publisherType: "",
  publisherName: "",
  planName: "",
  currency: "",
  quantity: "0",
  retailPrice: "0",
  effectivePrice: "0",
  cost: "0",
  effectiveCost: "0",
  exchangeRate: "1",
  usdRate: "1",
  invoiceId: "",
  billingAccountId: "",
  billingAccountName: "",
  billingProfileId: "",
  billingProfileName: "",
  offerId: "",
  subscriptionId: "",
  subscriptionName: "",
  costCenter: "",
  invoiceSectionId: "",
  invoiceSectionName: "",
  resourceId: "",
  resourceName: "",
  resourceGroup: "",
  resourceType: "",
  resourceLocation: "",
  regionName: "",
  consumedService: "",
  serviceFamily: "",
  serviceCategory: "",
  meterId: "",
  meterName: "",
  meterCategory: "",
  meterSubCategory: "",
  meterRegion: "",
  unitOfMeasure: "",
  blockSize: "1",
  productName: "",
  partNumber: "",
  tags: "",
  additionalInfo: "",
  serviceInfo1: "",
  serviceInfo2: "",
  term: "",
  reservationId: "",
  reservationName: "",
  productOrderId: "",
  productOrderName: "",
  benefitId: "",
  benefitName: "",
};
