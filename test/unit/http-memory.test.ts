import { once } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { collectWhile } from "../../src/http/memory.ts";

const MEBIBYTE = 1 << 20;
const TICK_MS = 15;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

test("buffers that pass through while a stream is open do not pile up", async () => {
  const stream = new PassThrough();
  collectWhile(stream);
  expect(await mostOfPassing(300 * MEBIBYTE)).toBeLessThan(32 * MEBIBYTE);
  await once(stream.destroy(), "close");
});

test("nothing is collected any more when the last stream has closed", async () => {
  const streams = [new PassThrough(), new PassThrough()];
  for (const stream of streams) collectWhile(stream);
  for (const stream of streams) {
    expect(vi.getTimerCount()).toBe(1);
    await once(stream.destroy(), "close");
  }
  collectWhile(streams[0] ?? new PassThrough());
  expect(vi.getTimerCount()).toBe(0);
});

/** The most memory that buffers took while so many bytes of them were made and let go, 2 MiB in a tick. */
async function mostOfPassing(bytes: number): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let made = 0; made < bytes; made += 2 * MEBIBYTE) {
    for (let count = 0; count < 32; count++) Buffer.allocUnsafeSlow(MEBIBYTE / 16);
    vi.advanceTimersByTime(TICK_MS);
    await new Promise(setImmediate);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  return most;
}
