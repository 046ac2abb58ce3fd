import { createActivities } from "../../activities/activities.ts";
import type { Activities } from "../../activities/activities.ts";
import type { TrackingReport, TrackResourcesInput } from "../../activities/track-resources.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { trackPublished, trackResources } from "../../workflows/track-resources.ts";
import type { Context } from "../context.ts";
import { TRACKING_IDS } from "../domain/workflow-names.ts";
import { drawProgress } from "../progress.ts";
import { openExtractor, openStore } from "../sources/open-store.ts";

type TrackingContext = Pick<Context, "env" | "signal" | "stderr" | "note">;

/** Assigns resources to rules in this process; a terminal shows how it goes. */
export async function trackHere(
  context: TrackingContext,
  warehouse: Warehouse,
  input: TrackResourcesInput,
): Promise<TrackingReport> {
  return shown(context, warehouse, (activities) => trackResources(activities, input));
}

/** The same for resources that a change of the publications shows; what fails is said on stderr. */
export async function trackPublishedHere(context: TrackingContext, warehouse: Warehouse): Promise<void> {
  const { warnings } = await shown(context, warehouse, trackPublished);
  for (const warning of warnings) context.note(`billhouse: ${warning}`);
}

async function shown<Result>(
  { env, signal, stderr }: TrackingContext,
  warehouse: Warehouse,
  work: (activities: Activities) => Promise<Result>,
): Promise<Result> {
  const progress = stderr.isTTY === true ? drawProgress(stderr) : { tell: () => undefined, stop: () => undefined };
  const activities = createActivities({
    warehouse,
    openStore: (source) => openStore(source, env),
    openExtractor: (source) => openExtractor(source, env),
    signal,
    onProgress: () => undefined,
    onTracking: (tracked) => progress.tell({ event: "tracking progress", ...tracked }),
  });
  try {
    return await work(activities);
  } finally {
    progress.stop();
  }
}

/**
 * Assigns resources to rules in Temporal, and shows how that goes. What runs already may have begun before the latest
 * rules were written: its end is waited for, and then another is started. Undefined when Ctrl-C has ended the showing.
 */
export async function trackInTemporal(
  context: Context,
  input: TrackResourcesInput,
): Promise<TrackingReport | undefined> {
  const { withTemporal } = await import("../temporal/connect.ts");
  const { runWorkflowFromNow } = await import("./run-workflow.ts");
  const { resultOf } = await import("./workflow-results.ts");
  return withTemporal(context.env, async (temporal) => {
    const workflowId = input.anew ? TRACKING_IDS.anew : TRACKING_IDS.changes;
    const end = await runWorkflowFromNow(context, temporal, { workflowId, type: "trackResources", input });
    return end === undefined ? undefined : resultOf.trackResources(end);
  });
}
