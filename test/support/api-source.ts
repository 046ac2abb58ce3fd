import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { ApiSource } from "../../src/domain/source.ts";
import { EA_ENROLLMENT } from "./azure/ea.ts";
import type { AzureSimulator } from "./azure/simulator.ts";

/** The billing account that sources of the kind cost-details ask about. */
export const BILLING_ACCOUNT = "/providers/Microsoft.Billing/billingAccounts/8611537";

/** A source that asks the simulator for actual costs. */
export function apiSource(azure: AzureSimulator, name: string, kind: ApiSource["kind"] = "cost-details"): ApiSource {
  const common = { ...SOURCE_DEFAULTS, ...EXTRACTION_DEFAULTS, name, datasets: ["actual"] } as const;
  const identity = { kind: "managed", clientId: null } as const;
  const management = { cloud: "public", endpoint: azure.managementUrl, identity } as const;
  switch (kind) {
    case "cost-details":
      return { ...common, ...management, kind, scope: BILLING_ACCOUNT, by: "month" };
    case "usage-details":
      return { ...common, ...management, kind, scope: "/subscriptions/00000000-0000-0000-0000-000000000001" };
    case "ea": {
      const credential = { env: "SIMULATED_EA_KEY" };
      const enrollment = { enrollment: EA_ENROLLMENT, credential, currency: "USD", taxFactor: null };
      return { ...common, kind, url: azure.eaUrl, ...enrollment, api: "v3", by: "month" };
    }
  }
}
