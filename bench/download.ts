import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import type { OpenService } from "./with-service.ts";

/** A file that was read to its end. */
export type Download = { readonly bytes: number; readonly lines: number; readonly seconds: number };

const LINE_END = 10;

/** Reads an answer as fast as it comes, and keeps nothing of it; throws when it is not a whole one. */
export async function download({ url, headers }: OpenService, path: string, accept: string): Promise<Download> {
  const started = performance.now();
  const asked = get(new URL(path, url), { headers: { ...headers, accept }, agent: false });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let bytes = 0;
  let lines = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) lines++;
  }
  if (response.statusCode !== 200) throw new Error(`${path}: status ${response.statusCode}`);
  return { bytes, lines, seconds: (performance.now() - started) / 1000 };
}
