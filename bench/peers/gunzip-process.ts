import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { giveAnswer, readInput } from "../apart.ts";
import { readUsage } from "../usage.ts";

const { files } = z.object({ files: z.array(z.string()) }).parse(await readInput());
let byteCount = 0;
const before = readUsage(process.pid);
const started = performance.now();
for (const file of files) {
  await pipeline(createReadStream(file), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) byteCount += chunk.length;
  });
}
const seconds = (performance.now() - started) / 1000;
const after = readUsage(process.pid);
await giveAnswer({
  seconds,
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  memory: [{ name: "Node", peakBytes: after.peakBytes, idleBytes: before.peakBytes }],
  phases: {},
  byteCount,
});
