import { listSources } from "../../clickhouse/sources.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { ImportSourceInput } from "../../workflows/import-source.ts";
import { InvalidParameterError, NotFoundError } from "../domain/errors.ts";
import { addDays, ALL_DAYS, isDay } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";
import { DATASETS, isDataset } from "../domain/run.ts";
import type { Source } from "../domain/source.ts";
import type { ImportRequest, ImportsPort } from "../http/dependencies.ts";
import type { ImportListener } from "../import-events.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";

/** What starts imports for the service, and what ends them with it. */
export type Imports = ImportsPort & {
  /** Cancels what runs in this process and waits for its end; what runs in Temporal goes on. */
  close(): Promise<void>;
};

/** What imports need of the service. */
export type ImportsOptions = {
  /** Names Temporal, where there is one, and holds the credentials of sources. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly warehouse: Warehouse;
  /** Hears of what happens to imports in this process. */
  readonly tell?: ImportListener;
};

/** What does the work: it is given what was checked. */
export type ImportsHost = Omit<Imports, "start"> & {
  start(input: ImportSourceInput): ReturnType<ImportsPort["start"]>;
};

/** Starts imports in Temporal where the environment names one, otherwise in this process. */
export async function createImports(options: ImportsOptions): Promise<Imports> {
  const { env, warehouse } = options;
  const host = isTemporalSet(env)
    ? (await import("./in-temporal.ts")).createImportsInTemporal(env)
    : (await import("./in-process.ts")).createImportsInProcess(options);
  return {
    ...host,
    async start(request) {
      const input = toInput(request);
      await requireSource(warehouse, request.source);
      return host.start(input);
    },
  };
}

/** The id by which an import is followed: its source, and what tells it apart from that source's others. */
export function importIdOf(source: string, execution: string): string {
  return `${source}~${execution}`;
}

/** What an id was made of; undefined when it is none. */
export function parseImportId(id: string): { source: string; execution: string } | undefined {
  const [, source, execution] = ID.exec(id) ?? [];
  return source === undefined || execution === undefined ? undefined : { source, execution };
}

const ID = /^([a-z0-9][a-z0-9._-]{0,62})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function toInput({ source, dataset, from, to, runId, overwrite }: ImportRequest): ImportSourceInput {
  if (dataset !== undefined && !isDataset(dataset)) {
    throw new InvalidParameterError("dataset", `Expected ${DATASETS.join(", ")}, got ${JSON.stringify(dataset)}`);
  }
  return {
    source,
    ...(from === undefined && to === undefined ? {} : { billingPeriod: daysOf(from, to) }),
    ...(runId === undefined ? {} : { runId }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(overwrite ? { overwrite } : {}),
  };
}

/** The days from `from` on, up to and without `to`; open ends reach as far as there are days. */
function daysOf(from: string = ALL_DAYS.first, to: string = addDays(ALL_DAYS.last, 1)): DayRange {
  for (const [name, day] of Object.entries({ from, to })) {
    if (isDay(day)) continue;
    throw new InvalidParameterError(name, `Expected a day like 2026-05-01, got ${JSON.stringify(day)}`);
  }
  if (!isDay(from) || !isDay(to) || from >= to) {
    throw new InvalidParameterError("to", `Expected a day after ${from}: the end is not included. Give a later one.`);
  }
  return { first: from, last: addDays(to, -1) };
}

/** The source of a name. Throws NotFoundError that lists those there are. */
export async function requireSource(warehouse: Warehouse, name: string): Promise<Source> {
  const sources = await listSources(warehouse, {});
  const found = sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const known = sources.map((source) => source.name).join(", ");
  throw new NotFoundError(
    `There is no source ${JSON.stringify(name)}. ` +
      (known === "" ? "POST one to /v1/sources." : `There are: ${known}.`),
  );
}
