import type { Activities } from "../activities/activities.ts";
import type { TrackingReport, TrackResourcesInput } from "../activities/track-resources.ts";

/** What an import did for resource tracking: nothing where nothing was to do. */
export type TrackedImport = { readonly tracking?: TrackingReport; readonly warnings: readonly string[] };

/** Assigns resources to rules: those for which something has changed, or all of them anew. */
export async function trackResources(
  { trackResources: track }: Pick<Activities, "trackResources">,
  input: TrackResourcesInput,
): Promise<TrackingReport> {
  return track(input);
}

/**
 * Assigns the resources that were published since the last time, and all of them where rules were written since. Does not
 * fail: what is published stays published, and the next import tries again. Throws only when the work is to stop.
 */
export async function trackPublished(
  { checkTracking, trackResources: track }: Pick<Activities, "checkTracking" | "trackResources">,
  onBegin: () => void = () => undefined,
): Promise<TrackedImport> {
  try {
    if (!(await checkTracking()).isBehind) return { warnings: [] };
    onBegin();
    const tracking = await track({ anew: false });
    const { kind, brokenCount } = tracking;
    const warnings = brokenCount === 0 ? [] : [describeBroken(brokenCount)];
    return kind === "none" ? { warnings } : { tracking, warnings };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    return {
      warnings: [
        `resources were not assigned to their rules; costs are not affected. ${error.message} ` +
          "The next import tries again, and `billhouse rules evaluate` does it now.",
      ],
    };
  }
}

function describeBroken(count: number): string {
  return (
    `${count} ${count === 1 ? "rule" : "rules"} of tracking_rules cannot be used. ` +
    "`billhouse rules evaluate` says which and why."
  );
}
