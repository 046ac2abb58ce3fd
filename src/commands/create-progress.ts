import { readConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { drawProgress, logProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";

/** What shows how work goes on stderr: bars on a terminal, otherwise a line of JSON for each event. */
export async function createProgress({ stderr, env, cwd }: Context): Promise<Progress> {
  if (stderr.isTTY === true) return drawProgress(stderr);
  const { createLog } = await import("../log.ts");
  return logProgress(createLog(stderr, readConfig(env, cwd).logLevel));
}
