import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { HttpDependencies } from "./dependencies.ts";
import { addApiRoutes } from "./routes/api.ts";
import { addCostEntryRoutes } from "./routes/cost-entries.ts";
import { addCostRoutes } from "./routes/costs.ts";
import { addDiffRoutes } from "./routes/diff.ts";
import { addDimensionRoutes } from "./routes/dimensions.ts";
import { addFreshnessRoutes } from "./routes/freshness.ts";
import { addImportRoutes } from "./routes/imports.ts";
import { addIngestRoutes } from "./routes/ingest.ts";
import { addPublicationRoutes } from "./routes/publications.ts";
import { addReconciliationRoutes } from "./routes/reconciliation.ts";
import { addRunRoutes } from "./routes/runs.ts";
import { addSourceTestRoutes } from "./routes/source-test.ts";
import { addSourceRoutes } from "./routes/sources.ts";
import { addTrackingFileRoutes } from "./routes/tracking-files.ts";
import { addTrackingRuleRoutes } from "./routes/tracking-rules.ts";
import { addTrackingRoutes } from "./routes/tracking.ts";

/** Adds the routes of one part of the service. */
export type AddRoutes = (dependencies: HttpDependencies) => FastifyPluginAsyncZod;

/** Every part of the service that answers questions, in the order of the documentation. */
export const ROUTES: readonly AddRoutes[] = [
  addApiRoutes,
  addCostRoutes,
  addCostEntryRoutes,
  addDimensionRoutes,
  addTrackingRuleRoutes,
  addTrackingFileRoutes,
  addTrackingRoutes,
  addSourceRoutes,
  addSourceTestRoutes,
  addImportRoutes,
  addIngestRoutes,
  addRunRoutes,
  addPublicationRoutes,
  addFreshnessRoutes,
  addReconciliationRoutes,
  addDiffRoutes,
];
