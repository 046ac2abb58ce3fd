import { credentialOf } from "../domain/source-place.ts";
import type { Source, StoredSource } from "../domain/source.ts";
import type { ConnectionTest } from "../domain/connection-test.ts";
import { openStore } from "./open-store.ts";

/** What a source that can be reached shows. */
export type Finding = Pick<ConnectionTest, "message" | "warning" | "statusCode">;

/** What a probe has at hand. */
export type Probe = {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Where the service asks for more patience, it is told that it does. */
  readonly longestWaitSeconds: number;
  /** Says what is certain already, for the case that something fails after it. */
  readonly tell: (fact: string) => void;
};

/** Asks a source for as little as proves that it can be read. Throws what reading it would throw. */
export async function probeSource(source: Source, probe: Probe): Promise<Finding> {
  switch (source.kind) {
    case "blob":
    case "folder":
      return probeStore(source, probe);
    // What asks Azure's APIs takes a sixth of a second to load.
    case "cost-details":
    case "usage-details":
      return (await import("./probe-costs.ts")).probeCosts(source, probe);
    case "ea":
      return (await import("./probe-ea.ts")).probeEa(source, probe);
    case "push":
      return {
        message: `nothing to test: it is given files, by POST /v1/ingest/${source.name} or \`billhouse import-file --source-name ${source.name}\``,
        warning: null,
        statusCode: null,
      };
  }
}

/** Whether a store can be listed; looks at the first file only. */
async function probeStore(source: StoredSource, { environment, signal }: Probe): Promise<Finding> {
  const store = openStore(source, environment);
  const credential = credentialOf(source);
  const place = credential === "" ? store.place : `${store.place}, credential ${credential}`;
  const statusCode = source.kind === "blob" ? 200 : null;
  for await (const file of store.list(signal)) {
    return { message: `${place}: can be listed, begins with ${file.path}`, warning: null, statusCode };
  }
  return { message: `${place}: can be listed`, warning: "holds no file: check the base folder", statusCode };
}
