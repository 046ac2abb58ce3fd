import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { quantileOf } from "./statistics.ts";

/** A question to a warehouse: a file of `reads/` and its parameters. */
export type Read = {
  readonly name: string;
  readonly file: string;
  readonly parameters: Readonly<Record<string, string>>;
};

/** How long a read took, in milliseconds. */
export type ReadTimes = {
  readonly name: string;
  /** The first time after the warehouse was opened. */
  readonly first: number;
  readonly p50: number;
  readonly p95: number;
  /** The same without HTTP and client, as the engine measures it. */
  readonly engineP50: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly resultRows: number;
};

const Answer = z.object({
  rows: z.number(),
  statistics: z.object({ elapsed: z.number(), rows_read: z.coerce.number(), bytes_read: z.coerce.number() }),
});
type Timed = z.infer<typeof Answer> & { readonly milliseconds: number };

const WARM_UP = 3;

/** The SQL of a file of `reads/`. */
export function readSql(file: string): string {
  return readFileSync(new URL(`./reads/${file}.sql`, import.meta.url), "utf8");
}

/** Asks each question once, then each some times to get warm, then so many times; one after the other. */
export async function timeReads(
  warehouse: Warehouse,
  reads: readonly Read[],
  repetitions: number,
): Promise<ReadTimes[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async ({ file, parameters }: Read): Promise<Timed> => {
    const started = performance.now();
    const answer = Answer.parse(JSON.parse(await post(agent, warehouse, readSql(file), parameters)));
    return { ...answer, milliseconds: performance.now() - started };
  };
  try {
    await post(agent, warehouse, "SELECT 1", {});
    const firsts: Timed[] = [];
    for (const read of reads) firsts.push(await ask(read));
    const times: ReadTimes[] = [];
    for (const [index, read] of reads.entries()) {
      for (let repetition = 0; repetition < WARM_UP; repetition++) await ask(read);
      const timed: Timed[] = [];
      for (let repetition = 0; repetition < repetitions; repetition++) timed.push(await ask(read));
      times.push(summaryOf(read.name, firsts[index]?.milliseconds ?? 0, timed));
    }
    return times;
  } finally {
    agent.destroy();
  }
}

function summaryOf(name: string, first: number, timed: readonly Timed[]): ReadTimes {
  const milliseconds = timed.map((one) => one.milliseconds);
  return {
    name,
    first,
    p50: quantileOf(milliseconds, 0.5),
    p95: quantileOf(milliseconds, 0.95),
    engineP50: quantileOf(
      timed.map(({ statistics }) => statistics.elapsed * 1000),
      0.5,
    ),
    rowsRead: Math.max(...timed.map(({ statistics }) => statistics.rows_read)),
    bytesRead: Math.max(...timed.map(({ statistics }) => statistics.bytes_read)),
    resultRows: Math.max(...timed.map(({ rows }) => rows)),
  };
}

/** Asks over one connection that stays open, by a request like those of any HTTP client; throws what the server says. */
async function post(
  agent: Agent,
  { address }: Warehouse,
  sql: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const url = new URL(address.url);
  url.searchParams.set("database", address.database);
  url.searchParams.set("default_format", "JSON");
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(`param_${name}`, value);
  const auth = `${address.username}:${address.password}`;
  const [response] = (await once(request(url, { agent, auth, method: "POST" }).end(sql), "response")) as [
    IncomingMessage,
  ];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(answer);
  return answer;
}
