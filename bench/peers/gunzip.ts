import { join } from "node:path";
import { z } from "zod";
import { runApart } from "../apart.ts";
import type { GeneratedExport } from "../exports.ts";
import { Measurement } from "../measurement.ts";
import type { Contestant } from "../measurement.ts";

const Unpacked = Measurement.extend({ byteCount: z.number() });

/** A yardstick, not a peer: Node unpacks the files and does nothing with them. */
export function gunzipAlone({ directory, parts, rowCount, rawByteCount }: GeneratedExport): Contestant {
  const files = parts.map(({ path }) => join(directory, path));
  return {
    name: "gunzip alone",
    remark: "a yardstick: unpacks the files, keeps nothing",
    rowCount,
    mostRounds: Infinity,
    measure: async () => {
      const { byteCount, ...measurement } = Unpacked.parse(await runApart("peers/gunzip-process.ts", { files }));
      if (byteCount === rawByteCount) return measurement;
      throw new Error(`gunzip alone: ${byteCount} bytes of ${rawByteCount} came out`);
    },
  };
}
