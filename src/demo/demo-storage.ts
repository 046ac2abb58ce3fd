import { addAbortSignal, Readable } from "node:stream";
import { type Azurite, startAzurite } from "./azurite.ts";
import { DEMO_ROOT } from "./demo-exports.ts";
import { blobSink, type Sink } from "./sink.ts";

/** A storage account with an empty container for exports. */
export type DemoStorage = Pick<Azurite, "connectionString" | "close"> & {
  /** Takes files until the signal ends that. */
  readonly sink: Sink;
  /** The base folder of the exports. */
  readonly url: string;
};

const CONTAINER = "billing";

/** Starts Azurite on a free port. */
export async function startStorage(signal: AbortSignal): Promise<DemoStorage> {
  const azurite = await startAzurite();
  const { connectionString } = azurite;
  const { put } = await blobSink(connectionString, CONTAINER);
  const sink: Sink = {
    put: async (path, body) => {
      signal.throwIfAborted();
      return put(path, body instanceof Readable ? addAbortSignal(signal, body) : body);
    },
  };
  return { connectionString, sink, url: `${azurite.url}/${CONTAINER}/${DEMO_ROOT}`, close: () => azurite.close() };
}
