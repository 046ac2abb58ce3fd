import { ConfigurationError } from "../domain/errors.ts";
import type { FileVersion, Store } from "./store.ts";

/** A store that only opens what a run names. */
export type PartStoreOptions = Pick<Store, "place" | "open"> & {
  /** What to do instead of listing it: how the message ends. */
  readonly advice: string;
};

/**
 * A place whose files cannot be listed: they begin to exist when an API is asked for them, or are given to it. Its
 * parts are text from the first byte to the last, so that nobody reads them by ranges.
 */
export function createPartStore({ place, open, advice }: PartStoreOptions): Store {
  return {
    place,
    prefix: "",
    list: () => {
      throw new ConfigurationError(`${place}: there is nothing that could be listed: ${advice}`);
    },
    open,
    read: ({ path }: FileVersion) =>
      Promise.reject(new ConfigurationError(`${place}: ${path} is not read by ranges, as Parquet would be: ${advice}`)),
  };
}
