import { expect, test } from "vitest";
import type { AzureIdentity } from "../../src/domain/azure-identity.ts";
import { grantAdvice } from "../../src/sources/grant-advice.ts";

const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001";
const ENROLLMENT = "/providers/Microsoft.Billing/billingAccounts/1234567";
const CUSTOMER = "/providers/Microsoft.Billing/billingAccounts/aaaa0000-1111:bbbb2222-3333_2019-05-31";

const advise = (scope: string, identity: AzureIdentity = { kind: "default" }) => grantAdvice({ scope, identity });

test("an Azure scope is granted by a command that names the application of the source", () => {
  const identity: AzureIdentity = { kind: "secret", tenantId: "t", clientId: "app-1", secretVariable: "SECRET" };
  expect(advise(SUBSCRIPTION, identity)).toBe(
    `give the identity the role Cost Management Reader: az role assignment create --assignee app-1 --role "Cost Management Reader" --scope ${SUBSCRIPTION} (under an Enterprise Agreement, account owners must be let view charges, too)`,
  );
  const managed: AzureIdentity = { kind: "managed", clientId: null };
  expect(advise("/providers/Microsoft.Management/managementGroups/all", managed)).toBe(
    'give the identity the role Cost Management Reader: az role assignment create --assignee <its object id> --role "Cost Management Reader" --scope /providers/Microsoft.Management/managementGroups/all',
  );
});

test.each([
  ["an enrolment", ENROLLMENT, "role EnrollmentReader of the billing account 1234567"],
  ["an enrolment in other letters", ENROLLMENT.toUpperCase(), "role EnrollmentReader of the billing account 1234567"],
  [
    "an account of an enrolment",
    `${ENROLLMENT}/enrollmentAccounts/42`,
    "EnrollmentReader of the billing account 1234567",
  ],
  [
    "an account by itself",
    "/providers/Microsoft.Billing/enrollmentAccounts/42",
    "EnrollmentReader of the billing account of the account 42",
  ],
  [
    "a department by itself",
    "/providers/Microsoft.Billing/departments/7",
    "role DepartmentReader of the department 7 by",
  ],
  ["a department", `${ENROLLMENT}/departments/84819`, "role DepartmentReader of the department 84819"],
  [
    "a billing account of another agreement",
    CUSTOMER,
    "role Billing account reader, in the portal under Cost Management",
  ],
  [
    "a billing profile",
    `${CUSTOMER}/billingProfiles/ABCD-EFGH`,
    "Access control (IAM) of the billing profile ABCD-EFGH",
  ],
  ["an invoice section", `${CUSTOMER}/billingProfiles/P/invoiceSections/S`, "Invoice section reader, in the portal"],
  ["a customer of a partner", `${CUSTOMER}/customers/C`, "an Admin agent of the partner, in Partner Center"],
])("%s is granted by its own role", (_what, scope, role) => {
  expect(advise(scope)).toContain(role);
  expect(advise(scope)).not.toContain("az role assignment");
});
