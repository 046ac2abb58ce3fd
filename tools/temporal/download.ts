import { readdir, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isProgram } from "./is-program.ts";

/**
 * Gives the program that the SDK's testing package downloads, which is kept in a folder of its own. Throws where the
 * network does not lead there.
 */
export async function downloadProgram(cache: string): Promise<string> {
  const downloadDir = join(cache, "temporal-downloaded");
  const earlier = await programIn(downloadDir);
  if (earlier !== undefined) return earlier;
  await mkdir(downloadDir, { recursive: true });
  // Loaded here only: it starts the SDK's native runtime, which a process can set up but once.
  const [{ TestWorkflowEnvironment }, { Runtime }] = await Promise.all([
    import("@temporalio/testing"),
    import("@temporalio/worker"),
  ]);
  try {
    // The package downloads it to start it.
    const environment = await TestWorkflowEnvironment.createLocal({
      server: { executable: { type: "cached-download", downloadDir } },
    });
    await environment.teardown();
  } finally {
    await Runtime.instance().shutdown();
  }
  const downloaded = await programIn(downloadDir);
  if (downloaded === undefined) throw new Error(`the SDK's testing package left no program in ${downloadDir}`);
  return downloaded;
}

async function programIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.endsWith(".downloading") && (await isProgram(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}
