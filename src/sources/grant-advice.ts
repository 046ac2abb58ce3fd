import type { AzureIdentity } from "../domain/azure-identity.ts";
import type { CostDetailsSource, UsageDetailsSource } from "../domain/source.ts";

/** What may be read, and by whom. */
export type Grant = Pick<CostDetailsSource | UsageDetailsSource, "scope" | "identity">;

const BY_API = "by the API of billing role assignments (docs/azure-apis.md has the command)";
const IN_PORTAL = "in the portal under Cost Management + Billing, Access control (IAM) of";

/**
 * What to grant where an identity may not read the costs of a scope: the role, where, and how. The roles are those for
 * reading in Microsoft Learn, "Understand and work with Cost Management scopes" and "Assign Enterprise Agreement roles
 * to service principals".
 */
export function grantAdvice({ scope, identity }: Grant): string {
  if (!/^\/providers\/Microsoft\.Billing\//i.test(scope)) return azureAdvice(scope, identity);
  const [kind = "", name = ""] = scope.split("/").slice(-2);
  const account = /\/billingAccounts\/([^/]+)/i.exec(scope)?.[1] ?? `of the account ${name}`;
  switch (kind.toLowerCase()) {
    case "billingprofiles":
      return `give the identity the role Billing profile reader, ${IN_PORTAL} the billing profile ${name}`;
    case "invoicesections":
      return `give the identity the role Invoice section reader, ${IN_PORTAL} the invoice section ${name}`;
    case "customers":
      return `make the identity an Admin agent of the partner, in Partner Center: nobody else sees what the customer ${name} costs`;
    case "departments":
      return `give the application the role DepartmentReader of the department ${name} ${BY_API}, and let department administrators view charges`;
    case "enrollmentaccounts":
      return enrollmentAdvice(account);
    default:
      return /^\d+$/.test(name) // Enterprise Agreements are numbered; other agreements' accounts are named by GUIDs
        ? enrollmentAdvice(name)
        : `give the identity the role Billing account reader, ${IN_PORTAL} the billing account ${name}`;
  }
}

function azureAdvice(scope: string, identity: AzureIdentity): string {
  const principal = "clientId" in identity && identity.clientId !== null ? identity.clientId : "<its object id>";
  const command = `az role assignment create --assignee ${principal} --role "Cost Management Reader" --scope ${scope}`;
  const charges = " (under an Enterprise Agreement, account owners must be let view charges, too)";
  const isSubscription = /^\/subscriptions\//i.test(scope);
  return `give the identity the role Cost Management Reader: ${command}${isSubscription ? charges : ""}`;
}

function enrollmentAdvice(account: string): string {
  return `give the application the role EnrollmentReader of the billing account ${account} ${BY_API}; people become Enterprise administrator (read only) in the portal`;
}
