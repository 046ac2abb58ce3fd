import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { HttpDependencies } from "../dependencies.ts";
import { addApiCostEntries } from "./api-cost-entries.ts";
import { addApiCosts } from "./api-costs.ts";
import { addApiCustomers } from "./api-customers.ts";
import { addApiLists } from "./api-lists.ts";
import { addApiSnapshots } from "./api-snapshots.ts";

/** Everything under `/api/`: the contract of the earlier service. */
export const addApiRoutes =
  (dependencies: HttpDependencies): FastifyPluginAsyncZod =>
  async (app) => {
    for (const addPart of [addApiLists, addApiSnapshots, addApiCustomers, addApiCostEntries, addApiCosts]) {
      await app.register(addPart(dependencies));
    }
  };
