import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { blobSink } from "../../src/demo/sink.ts";
import type { Sink } from "../../src/demo/sink.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { Source } from "../../src/domain/source.ts";
import { openStore } from "../../src/sources/open-store.ts";
import type { Store } from "../../src/sources/store.ts";
import type { Azurite } from "./azurite.ts";

const VARIABLE = "STORAGE";

/** What a worker in a process of its own needs in its environment to read such sources. */
export function storageEnv({ connectionString }: Azurite): NodeJS.ProcessEnv {
  return { [VARIABLE]: connectionString };
}

/** Opens such sources in this process. */
export function openStores(azurite: Azurite): (source: Source) => Store {
  return (source) => openStore(source, storageEnv(azurite));
}

/**
 * Adds a source that reads the container of its name, through `url` where something is to be in its way; gives the
 * container to deliver into, past everything that is in the way.
 */
export async function addBlobSource(
  warehouse: Warehouse,
  { name, azurite, url = azurite.url }: { name: string; azurite: Azurite; url?: string },
): Promise<Sink> {
  const settings = { url: `${url}/${name}`, credential: { env: VARIABLE } };
  await saveSource(warehouse, { ...SOURCE_DEFAULTS, name, kind: "blob", ...settings });
  return blobSink(azurite.connectionString, name);
}
