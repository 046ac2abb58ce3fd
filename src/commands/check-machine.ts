import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import { formatBytes } from "./format.ts";

const LEAST_NODE = [20, 19] as const;
const SCARCE_BYTES = 5e9;
const LEAST_BYTES = 5e8;

/** Whether Node is new enough. */
export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) {
    return { name: "node", state: "ok", detail: version };
  }
  return { name: "node", state: "failed", detail: `${version}: install Node ${leastMajor}.${leastMinor} or newer` };
}

/** Whether the embedded warehouse can write its data, and how much still fits. */
export function checkDataDir(dataDir: string): Promise<Check> {
  return check("data directory", async () => {
    const probe = join(dataDir, `.doctor-${process.pid}`);
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      await writeFile(probe, "");
      await rm(probe);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      return {
        state: "failed",
        detail: `${dataDir}: cannot be written (${code}): correct its permissions, or set BILLHOUSE_DATA_DIR to another`,
      };
    }
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    const detail = `${dataDir}: ${formatBytes(free)} free`;
    if (free >= SCARCE_BYTES) return { state: "ok", detail };
    const remedy = "make room, or set BILLHOUSE_DATA_DIR to a larger disk";
    return { state: free >= LEAST_BYTES ? "warning" : "failed", detail: `${detail}: ${remedy}` };
  });
}
