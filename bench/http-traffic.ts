import autocannon from "autocannon";
import { quantileOf } from "./statistics.ts";
import type { OpenService } from "./with-service.ts";

/** A GET request; with an ETag it asks whether its answer is still the same. */
export type Get = { readonly path: string; readonly headers?: Readonly<Record<string, string>> };

/** How long answers took, in milliseconds, and how many came with each status. */
export type Traffic = {
  readonly count: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that broke, and requests that were not answered in time. */
  readonly failures: number;
};

/** What is sent, and how: so many over one connection, or for so long as fast as it is told. */
export type Load = { readonly requests: readonly Get[] } & (
  | { readonly amount: number }
  | { readonly seconds: number; readonly perSecond: number; readonly connections: number }
);

/** Sends requests in turn, over connections that stay open; each connection begins elsewhere in the list. */
export async function sendRequests(service: OpenService, load: Load): Promise<Traffic> {
  const requests = load.requests.map(({ path, headers }) => ({
    method: "GET" as const,
    path,
    headers: { ...service.headers, ...headers },
  }));
  const isCounted = "amount" in load;
  const connections = isCounted ? 1 : load.connections;
  let started = 0;
  const times: number[] = [];
  const {
    statusCodeStats = {},
    errors,
    timeouts,
    duration,
  } = await autocannon({
    url: service.url,
    connections,
    requests,
    ...(isCounted ? { amount: load.amount } : { duration: load.seconds, overallRate: load.perSecond }),
    setupClient(client) {
      client.on("response", (_status, _bytes, milliseconds) => times.push(milliseconds)); // the result has whole ones only
      const first = Math.floor((started++ * requests.length) / connections);
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  const statuses = Object.fromEntries(
    Object.entries(statusCodeStats).map(([status, { count = 0 }]) => [status, count] as const),
  );
  return {
    count: times.length,
    perSecond: times.length / duration,
    p50: quantileOf(times, 0.5),
    p99: quantileOf(times, 0.99),
    statuses,
    failures: errors + timeouts,
  };
}

/** Throws unless every request was answered, with one of these statuses. */
export function requireAnswers(what: string, { statuses, failures }: Traffic, expected: readonly string[]): void {
  const strange = Object.keys(statuses).filter((status) => !expected.includes(status));
  if (failures === 0 && strange.length === 0) return;
  throw new Error(
    `${what}: expected nothing but ${expected.join(" and ")}, got ${JSON.stringify(statuses)} and ${failures} failures`,
  );
}
