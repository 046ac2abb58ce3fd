import { existsSync, readFileSync } from "node:fs";

/** What a process has used since it began. */
export type Usage = { readonly cpuSeconds: number; readonly peakBytes: number };

const TICKS_PER_SECOND = 100; // what Linux shows to programs, whatever the kernel's own clock

/** What the kernel has counted for a process; throws where there is no `/proc`. */
export function readUsage(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses; user and system time are the 14th and the 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, peakBytes: Number(peak) * 1024 };
}

/** Whether the process is still there. */
export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
