import { ConfigurationError } from "../domain/errors.ts";
import { placeOf } from "../domain/source-place.ts";
import type { ApiSource, PushSource, Source } from "../domain/source.ts";
import { createBlobStore } from "./blob.ts";
import type { Extractor } from "./extractor.ts";
import { createFolderStore } from "./folder.ts";
import { createPartStore } from "./part-store.ts";
import type { Store } from "./store.ts";

/** The store that a source names. Throws ConfigurationError; reaches for nothing until it is used. */
export function openStore(source: Source, environment: NodeJS.ProcessEnv): Store {
  switch (source.kind) {
    case "blob":
      return createBlobStore(source, environment);
    case "folder":
      return createFolderStore(source.path);
    case "push":
      return openPushStore(source);
    case "cost-details":
    case "usage-details":
    case "ea":
      return openApiStore(source, environment);
  }
}

/** Who asks the API that a source names. Reaches for nothing until it is used. */
export function openExtractor(source: ApiSource, environment: NodeJS.ProcessEnv): Extractor {
  const load = once(() => loadExtractor(source, environment));
  return {
    place: placeOf(source),
    begin: async (extraction, signal) => (await load()).begin(extraction, signal),
    look: async (extraction, pending, signal) => (await load()).look(extraction, pending, signal),
  };
}

function openApiStore(source: ApiSource, environment: NodeJS.ProcessEnv): Store {
  const load = once(() => loadStore(source, environment));
  return {
    place: placeOf(source),
    prefix: "",
    async *list(signal) {
      yield* (await load()).list(signal);
    },
    open: async (file, signal) => (await load()).open(file, signal),
    read: async (file, start, end, signal) => (await load()).read(file, start, end, signal),
  };
}

function openPushStore({ name }: PushSource): Store {
  const advice = `give it files, by POST /v1/ingest/${name} or by \`billhouse import-file --source-name ${name}\``;
  return createPartStore({
    place: name,
    open: ({ path }) =>
      Promise.reject(new ConfigurationError(`${name}: ${path} was given to this source and is not kept: ${advice}`)),
    advice,
  });
}

/** What asks Azure's APIs takes a sixth of a second to load: only who needs it waits for it. */
async function loadStore(source: ApiSource, environment: NodeJS.ProcessEnv): Promise<Store> {
  switch (source.kind) {
    case "cost-details":
      return (await import("./cost-details-store.ts")).createCostDetailsStore(source, environment);
    case "usage-details":
      return (await import("./usage-details.ts")).createUsageDetailsStore(source, environment);
    case "ea":
      return (await import("./ea.ts")).createEaStore(source, environment);
  }
}

async function loadExtractor(source: ApiSource, environment: NodeJS.ProcessEnv): Promise<Extractor> {
  switch (source.kind) {
    case "cost-details":
      return (await import("./cost-details-extractor.ts")).createCostDetailsExtractor(source, environment);
    case "usage-details":
      return (await import("./usage-details.ts")).createUsageDetailsExtractor(source, environment);
    case "ea":
      return (await import("./ea.ts")).createEaExtractor(source, environment);
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
