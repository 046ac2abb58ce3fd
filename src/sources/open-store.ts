import type { Source } from "../domain/source.ts";
import { createBlobStore } from "./blob.ts";
import { createFolderStore } from "./folder.ts";
import type { Store } from "./store.ts";

/** The store that a source names. Throws ConfigurationError; reaches for nothing until it is used. */
export function openStore(source: Source, environment: NodeJS.ProcessEnv): Store {
  return source.kind === "blob" ? createBlobStore(source, environment) : createFolderStore(source.path);
}
