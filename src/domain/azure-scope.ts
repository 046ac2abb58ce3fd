/** The APIs of the management API that are asked about a scope. */
export type ScopedApi = "cost-details" | "usage-details";

const GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const ID = "[a-z0-9_][a-z0-9_.:()-]*";
const BELOW_ACCOUNT = [
  `billingProfiles/${ID}`,
  `billingProfiles/${ID}/invoiceSections/${ID}`,
  `customers/${ID}`,
  `departments/${ID}`,
  `enrollmentAccounts/${ID}`,
  `invoiceSections/${ID}`,
].join("|");

const SUBSCRIPTION = new RegExp(`^/subscriptions/${GUID}$`, "i");
const RESOURCE_GROUP = /^\/subscriptions\/[^/]+\/resourceGroups\//i;
const MANAGEMENT_GROUP = new RegExp(`^/providers/Microsoft\\.Management/managementGroups/${ID}$`, "i");
const BILLING = new RegExp(
  `^/providers/Microsoft\\.Billing/(?:billingAccounts/${ID}(?:/(?:${BELOW_ACCOUNT}))?|(?:departments|enrollmentAccounts)/${ID})$`,
  "i",
);

/** Of customer and partner agreements: the account's id has two parts, and only they have these scopes below it. */
const CUSTOMER_AGREEMENT =
  /\/billingAccounts\/(?:[^/]*:[^/]*|[^/]+\/(?:billingProfiles|customers|invoiceSections)\/.*)$/i;

const FORMS =
  "/subscriptions/<id> or /providers/Microsoft.Billing/billingAccounts/<id>, the latter also with /billingProfiles/<id>, " +
  "/billingProfiles/<id>/invoiceSections/<id>, /customers/<id>, /departments/<id> or /enrollmentAccounts/<id>";

/**
 * What is wrong with a scope that an API is to be asked about, as what is expected instead; null where nothing is. Which
 * scopes there are is from Microsoft Learn: the parameter `scope` of "Generate Cost Details Report - Create Operation",
 * which takes neither management groups nor resource groups, and of "Usage Details - List", which takes management groups.
 */
export function wrongScope(scope: string, api: ScopedApi): string | null {
  if (scope.length > 1 && scope.endsWith("/")) return "expected a scope without a slash at its end";
  if (SUBSCRIPTION.test(scope) || BILLING.test(scope)) return null;
  if (RESOURCE_GROUP.test(scope)) return "expected a subscription or billing scope: this API knows no resource groups";
  if (!MANAGEMENT_GROUP.test(scope)) return `expected a scope like ${FORMS}`;
  return api === "usage-details"
    ? null
    : "expected a subscription or billing scope: the Cost Details API knows no management groups";
}

/** Whether a scope is of a customer or partner agreement, as far as it can be seen. */
export function isCustomerAgreement(scope: string): boolean {
  return CUSTOMER_AGREEMENT.test(scope);
}
