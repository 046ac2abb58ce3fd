import { createHash } from "node:crypto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { removeCustomerName, saveCustomerName } from "../../../clickhouse/customer-names.ts";
import { InvalidParameterError } from "../../domain/errors.ts";
import { sendJson } from "../api-answer.ts";
import { findItem, itemJson, requireItem } from "../api-items.ts";
import { answerOf, API_ITEMS, NO_CONTENT } from "../api-shapes.ts";
import type { HttpDependencies } from "../dependencies.ts";
import { HttpError } from "../errors.ts";

const Id = z.object({ id: z.string() });
const Nothing = z.strictObject({});
const Tenant = z.string().trim().min(1, "Expected a tenant's id.").max(255);
const Name = z.string().trim().min(1, "Expected a name.").max(255);
const Customer = z.strictObject({ tenant_id: Tenant, name: Name });
const ChangedCustomer = Customer.partial();
const TENANT = z.looseObject({ tenant_id: z.string(), is_ours: z.coerce.boolean() });

/**
 * Customers as we call them: named, renamed and taken back by callers. One that partners' files name is there without
 * us, and again under the files' name when ours is taken back.
 */
export const addApiCustomers =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    const { warehouse } = dependencies;

    app.post(
      "/api/customers",
      {
        schema: {
          tags: ["api"],
          summary: "Name a customer",
          body: Customer,
          querystring: Nothing,
          response: answerOf(API_ITEMS.customers, 201),
        },
      },
      async (request, reply) => {
        const { tenant_id: tenantId, name } = request.body;
        const id = customerId(tenantId);
        if ((await findItem(dependencies, "customers", id, reply)) !== undefined) {
          throw new InvalidParameterError("tenant_id", "There is a customer of this tenant already. Change that one.");
        }
        await saveCustomerName(warehouse, tenantId, name);
        const row = await requireItem(dependencies, "customers", id, reply);
        return sendJson(request, reply.code(201), itemJson(row), { location: `/api/customers/${id}/` });
      },
    );

    const change = {
      tags: ["api"],
      summary: "Name a customer anew",
      params: Id,
      querystring: Nothing,
      response: answerOf(API_ITEMS.customers),
    };
    app.put("/api/customers/:id", { schema: { ...change, body: Customer } }, async (request, reply) => {
      await rename(request.params.id, request.body, reply);
      return sendJson(request, reply, itemJson(await requireItem(dependencies, "customers", request.params.id, reply)));
    });
    app.patch("/api/customers/:id", { schema: { ...change, body: ChangedCustomer } }, async (request, reply) => {
      await rename(request.params.id, request.body, reply);
      return sendJson(request, reply, itemJson(await requireItem(dependencies, "customers", request.params.id, reply)));
    });

    app.delete(
      "/api/customers/:id",
      {
        schema: {
          tags: ["api"],
          summary: "Take our name back",
          params: Id,
          querystring: Nothing,
          response: NO_CONTENT,
        },
      },
      async (request, reply) => {
        const found = TENANT.parse(await requireItem(dependencies, "customers", request.params.id, reply));
        if (!found.is_ours) {
          throw new HttpError(
            409,
            "conflict",
            "This customer is named by a partner's file. There is no name of ours to take back.",
          );
        }
        await removeCustomerName(warehouse, found.tenant_id);
        return reply.code(204).send();
      },
    );

    async function rename(
      id: string,
      { tenant_id: tenantId, name }: z.infer<typeof ChangedCustomer>,
      reply: Parameters<typeof requireItem>[3],
    ): Promise<void> {
      const found = TENANT.parse(await requireItem(dependencies, "customers", id, reply));
      if (tenantId !== undefined && tenantId.toLowerCase() !== found.tenant_id) {
        throw new InvalidParameterError("tenant_id", "The tenant of a customer stays. Name another customer.");
      }
      if (name !== undefined) await saveCustomerName(warehouse, found.tenant_id, name);
    }
  };

/** As the query makes it. */
function customerId(tenantId: string): string {
  return createHash("md5").update(`customer/${tenantId.toLowerCase()}`).digest("hex");
}
