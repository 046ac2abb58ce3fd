import type { Warehouse } from "./client.ts";

/** Calls a customer something from now on. Tenants are kept in lower case, like those of files. */
export async function saveCustomerName(warehouse: Warehouse, tenantId: string, name: string): Promise<void> {
  await warehouse.insert("customer_names", [{ tenant_id: tenantId.toLowerCase(), name, removed: false }]);
}

/** Takes our name for a customer back; what a file calls it shows again. */
export async function removeCustomerName(warehouse: Warehouse, tenantId: string): Promise<void> {
  await warehouse.insert("customer_names", [{ tenant_id: tenantId.toLowerCase(), name: "", removed: true }]);
}
