import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";

/** Lets temporary files of this test's process lie in a directory of their own; gives what lists it. */
export async function useOwnTemporary(): Promise<() => Promise<string[]>> {
  const directory = await mkdtemp(join(tmpdir(), "billhouse-own-"));
  vi.stubEnv("TMPDIR", directory);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });
  return () => readdir(directory);
}
