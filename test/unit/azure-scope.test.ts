import { expect, test } from "vitest";
import { isCustomerAgreement, wrongScope } from "../../src/domain/azure-scope.ts";

const SUBSCRIPTION = "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444";
const ACCOUNT = "/providers/Microsoft.Billing/billingAccounts/aaaa-bbbb:cccc-dddd_2019-05-31";

test.each([
  SUBSCRIPTION,
  SUBSCRIPTION.toUpperCase(),
  "/providers/Microsoft.Billing/billingAccounts/1234567",
  "/providers/microsoft.billing/BillingAccounts/1234567/EnrollmentAccounts/42",
  "/providers/Microsoft.Billing/billingAccounts/1234567/departments/7",
  "/providers/Microsoft.Billing/departments/7",
  "/providers/Microsoft.Billing/enrollmentAccounts/42",
  ACCOUNT,
  `${ACCOUNT}/billingProfiles/ABCD-EFGH-IJK-LMN`,
  `${ACCOUNT}/billingProfiles/ABCD-EFGH-IJK-LMN/invoiceSections/OPQR-STUV-WXY-Z`,
  `${ACCOUNT}/invoiceSections/OPQR-STUV-WXY-Z`,
  `${ACCOUNT}/customers/00001111-aaaa-2222-bbbb-3333cccc4444`,
])("both APIs are asked about %s", (scope) => {
  expect([wrongScope(scope, "cost-details"), wrongScope(scope, "usage-details")]).toEqual([null, null]);
});

test("only usage details are asked for about a management group", () => {
  const group = "/providers/Microsoft.Management/managementGroups/contoso_(all).x";
  expect(wrongScope(group, "usage-details")).toBeNull();
  expect(wrongScope(group, "cost-details")).toBe(
    "expected a subscription or billing scope: the Cost Details API knows no management groups",
  );
});

test.each([
  ["", /^expected a scope like \/subscriptions\/<id> or /],
  ["/", /^expected a scope like /],
  ["00001111-aaaa-2222-bbbb-3333cccc4444", /^expected a scope like /],
  [SUBSCRIPTION.slice(1), /^expected a scope like /],
  ["/subscriptions/contoso", /^expected a scope like /],
  [`${SUBSCRIPTION}/`, /^expected a scope without a slash at its end$/],
  [`${SUBSCRIPTION}/resourceGroups/vms`, /this API knows no resource groups$/],
  [`${SUBSCRIPTION}/providers/Microsoft.Billing`, /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts", /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts/..", /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts/1/../2", /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts/1?x=1", /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts/1%2f2", /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts/1\n", /^expected a scope like /],
  ["/providers/Microsoft.Billing/billingAccounts/1/products/2", /^expected a scope like /],
  [`https://management.azure.com${SUBSCRIPTION}`, /^expected a scope like /],
])("neither is asked about %j", (scope, message) => {
  expect(wrongScope(scope, "cost-details")).toMatch(message);
  expect(wrongScope(scope, "usage-details")).toMatch(message);
});

test.each([
  [ACCOUNT, true],
  [`${ACCOUNT}/billingProfiles/ABCD-EFGH-IJK-LMN`, true],
  ["/providers/Microsoft.Billing/billingAccounts/1234567/billingProfiles/7654321", true],
  ["/providers/Microsoft.Billing/billingAccounts/1234567/customers/1", true],
  ["/providers/Microsoft.Billing/billingAccounts/1234567", false],
  ["/providers/Microsoft.Billing/billingAccounts/1234567/departments/7", false],
  ["/providers/Microsoft.Billing/enrollmentAccounts/42", false],
  [SUBSCRIPTION, false],
])("%s is of a customer or partner agreement: %s", (scope, is) => {
  expect(isCustomerAgreement(scope)).toBe(is);
});
