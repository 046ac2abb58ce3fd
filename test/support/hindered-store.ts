import { once } from "node:events";
import { Readable } from "node:stream";
import { openStore } from "../../src/sources/open-store.ts";
import type { FileVersion, Store } from "../../src/sources/store.ts";
import type { Source } from "../../src/domain/source.ts";

/** What happens to one opening of a file: it is held back before its end until it is let go, or it fails. */
export type Hindrance = "hold" | Error | undefined;

/** Stores of real files in whose way a test may stand. */
export type HinderedStores = {
  readonly open: (source: Source) => Store;
  /** Which data files were opened, and when. */
  readonly openings: readonly { readonly path: string; readonly at: number }[];
  /** Lets every file go that is held, and all later ones. */
  readonly letGo: () => void;
};

const MANIFEST = /manifest\.json$/;

/** `hinder` says what happens to the n-th opening of a data file, counted from 1. */
export function createHinderedStores(hinder: (path: string, opening: number) => Hindrance): HinderedStores {
  const openings: { path: string; at: number }[] = [];
  const freed = new AbortController();
  const open = async (store: Store, file: FileVersion, signal?: AbortSignal): Promise<Readable> => {
    if (MANIFEST.test(file.path)) return store.open(file, signal);
    openings.push({ path: file.path, at: Date.now() });
    const nth = openings.filter(({ path }) => path === file.path).length;
    const hindrance = freed.signal.aborted ? undefined : hinder(file.path, nth);
    if (hindrance instanceof Error) throw hindrance;
    const body = await store.open(file, signal);
    return hindrance === undefined ? body : Readable.from(held(body, freed.signal, signal), { objectMode: false });
  };
  return {
    openings,
    open(source) {
      const store = openStore(source, process.env);
      return { ...store, open: (file, signal) => open(store, file, signal) };
    },
    letGo: () => freed.abort(),
  };
}

/** Half of the first bytes at once, the others when they are let go. */
async function* held(body: Readable, freed: AbortSignal, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const half = isFirst ? chunk.length >> 1 : 0;
    if (isFirst) {
      yield chunk.subarray(0, half);
      const wait = AbortSignal.any(signal === undefined ? [freed] : [freed, signal]);
      if (!wait.aborted) await once(wait, "abort");
      signal?.throwIfAborted();
    }
    isFirst = false;
    yield chunk.subarray(half);
  }
}
