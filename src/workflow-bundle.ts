import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";
import type { BundleOptions, Logger, WorkflowBundle } from "@temporalio/worker";

type Bundler = NonNullable<BundleOptions["webpackConfigHook"]>;

/** Our own TypeScript has to be translated wherever it is installed: by default, what is in node_modules is not. */
const translateEverywhere: Bundler = (config) => {
  const rules = config.module?.rules ?? [];
  for (const rule of rules) {
    if (typeof rule === "object" && rule !== null && rule.test instanceof RegExp && rule.test.test("a.ts")) {
      delete rule.exclude;
    }
  }
  return config;
};

/** The workflows as one script, which runs apart from everything else. Fails when anything of Node gets in. */
export async function bundleWorkflows(logger: Logger): Promise<WorkflowBundle> {
  const extension = extname(fileURLToPath(import.meta.url)); // they are translated where this is
  const workflowsPath = fileURLToPath(new URL(`../workflows/temporal${extension}`, import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger, webpackConfigHook: translateEverywhere });
}
