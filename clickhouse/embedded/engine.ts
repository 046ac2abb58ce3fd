import { drainPending, Session } from "chdb";
import { setTimeout as sleep } from "node:timers/promises";
import { literal } from "./cursor.ts";
import { ClickHouseException, parseException } from "./exception.ts";
import { THREADS } from "./options.ts";

/** What a query runs under: its database, its settings and the values of its {name:Type} placeholders. */
export type QueryContext = {
  readonly database: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
};

export type EngineQuery = QueryContext & {
  /** What the client calls it; the engine has an id of its own for it. */
  readonly queryId: string;
  readonly sql: string;
  /** The format of what the statement answers itself. */
  readonly format: string;
  /** It leaves its session changed, so that nobody else may have it. */
  readonly changesSession: boolean;
};

/** A query under way. */
export type Running = {
  /** What the statement answered; fails with what the engine says. */
  readonly result: Promise<Uint8Array>;
  readonly isOver: () => boolean;
  /** What its session is marked with, once it has one. */
  readonly mark: () => string | undefined;
  /** Makes the engine cancel it (code 394); resolves when the engine knows, or the query is over. */
  kill(): Promise<void>;
};

type Connection = {
  readonly session: Session;
  readonly mark: string;
  readonly key: string;
  /** The values of parameters that its session has now; undefined when that is not certain. */
  values: string | undefined;
};

/** Each running query holds a thread of libuv's pool; the rest of the pool is for killing, compressing and files. */
const MOST_QUERIES = THREADS - 28;
const MOST_IDLE = 64;

/**
 * A setting without any effect here (no log goes to a client) that tells the queries of one session from all others:
 * the engine gives the caller no other handle on a running query.
 */
const MARK = "send_logs_source_regexp";

/** Settings that queries have unless they bring their own. */
const DEFAULTS = {
  // A server does not take a bare expression for a SELECT either.
  implicit_select: "0",
  // To make machine code of a pattern takes 3 to 17 ms, and of bytes that are no UTF-8 it may match others than the
  // pattern does (https://github.com/ClickHouse/ClickHouse/issues/117258).
  compile_regular_expressions: "0",
};

/** The ClickHouse engine on one data directory. There can be only one in a process, and on a directory. */
export class Engine {
  readonly version: string;
  readonly timezone: string;
  readonly #directory: string;
  readonly #arguments: string[];
  readonly #control: Session;
  readonly #idle: Connection[] = [];
  readonly #running = new Map<string, Running>();
  #sessions = 0;
  #killing: Promise<unknown> = Promise.resolve();

  /** Opens the directory, which takes its time when it holds much; throws when another engine has it. */
  constructor(directory: string, maxMemoryBytes: number) {
    this.#directory = directory;
    this.#arguments = [`--max_server_memory_usage=${maxMemoryBytes}`];
    this.#control = this.#session();
    const [version = "", timezone = ""] = this.#control.query("SELECT version(), timezone()", "TSV").trim().split("\t");
    this.version = version;
    this.timezone = timezone;
  }

  start(query: EngineQuery): Running {
    const refusal = this.#refusal(query.queryId);
    const state: { connection?: Connection; isOver: boolean } = { isOver: false };
    const run = async () => {
      try {
        if (refusal !== undefined) throw refusal;
        state.connection = await this.#connect(query);
        return await execute(state.connection, query);
      } finally {
        state.isOver = true;
        if (state.connection !== undefined) this.#release(state.connection, query.changesSession);
      }
    };
    const running: Running = {
      result: run(),
      isOver: () => state.isOver,
      mark: () => state.connection?.mark,
      kill: async () => {
        const isKilled = async () => state.connection !== undefined && this.#kill(state.connection);
        while (!state.isOver && !(await isKilled())) await sleep(10);
      },
    };
    if (refusal === undefined) {
      this.#running.set(query.queryId, running);
      const remove = () => this.#running.delete(query.queryId);
      running.result.then(remove, remove);
    }
    return running;
  }

  /** The statement with the engine's own ids in place of those by which clients know their running queries. */
  async withEngineIds(sql: string): Promise<string> {
    let translated = sql;
    for (const [queryId, running] of this.#running) {
      const mark = sql.includes(`'${queryId}'`) ? running.mark() : undefined;
      if (mark === undefined) continue;
      const select = `SELECT query_id FROM system.processes WHERE Settings['${MARK}'] = ${literal(mark)}`;
      const id = (await this.#control.queryAsync(select, { format: "TSV" })).text().trim();
      if (id !== "") translated = translated.replaceAll(`'${queryId}'`, literal(id));
    }
    return translated;
  }

  /** What the engine says to a statement that it cannot parse; undefined when it can. */
  async syntaxError(sql: string): Promise<ClickHouseException | undefined> {
    try {
      await this.#control.queryAsync(`SELECT formatQuery(${literal(sql)})`);
      return undefined;
    } catch (error) {
      const { code, title, detail } = parseException(error);
      const scope = detail.lastIndexOf(": In scope SELECT formatQuery(");
      return new ClickHouseException(code, title, scope < 0 ? detail : detail.slice(0, scope), { cause: error });
    }
  }

  /** Cancels what runs and lets the directory go. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async (running) => running.kill()));
    await Promise.allSettled([...this.#running.values()].map(async (running) => running.result));
    await drainPending();
    for (const { session } of this.#idle.splice(0)) session.close();
    this.#control.close();
    await drainPending();
  }

  #refusal(queryId: string): ClickHouseException | undefined {
    if (this.#running.has(queryId)) {
      const detail = `Query with id = ${queryId} is already running.`;
      return new ClickHouseException(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", detail);
    }
    if (this.#running.size < MOST_QUERIES) return undefined;
    const detail = `Too many simultaneous queries. Maximum: ${MOST_QUERIES}`;
    return new ClickHouseException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", detail);
  }

  #session(): Session {
    return new Session(this.#directory, { connectionArgs: this.#arguments });
  }

  /** Sessions are reused only for exactly the same context, so that nothing ever has to be set back. */
  async #connect({ database, settings, params }: QueryContext): Promise<Connection> {
    const key = JSON.stringify([database, byName(settings), Object.keys(params).toSorted()]);
    const found = this.#idle.findIndex((connection) => connection.key === key);
    const [idle] = found < 0 ? [] : this.#idle.splice(found, 1);
    if (idle !== undefined) return idle;
    const session = this.#session();
    const mark = `billhouse-${++this.#sessions}`;
    try {
      const all = Object.entries({ [MARK]: mark, ...DEFAULTS, ...settings });
      if (database !== "default") await session.queryAsync(`USE \`${database.replaceAll(/[\\`]/g, "\\$&")}\``);
      await session.queryAsync(`SET ${all.map(([name, value]) => `${name} = ${literal(value)}`).join(", ")}`);
    } catch (error) {
      session.close();
      throw error;
    }
    return { session, mark, key, values: "" };
  }

  /** Closing waits for everything that runs, so sessions are kept rather than closed, up to a number. */
  #release(connection: Connection, isChanged: boolean): void {
    if (isChanged) connection.session.close();
    else this.#idle.push(connection);
    while (this.#idle.length > MOST_IDLE) this.#idle.shift()?.session.close();
  }

  async #kill({ mark }: Connection): Promise<boolean> {
    const sql = `KILL QUERY WHERE Settings['${MARK}'] = ${literal(mark)} ASYNC`;
    const killed = this.#killing.then(async () => this.#control.queryAsync(sql, { format: "TSV" }));
    this.#killing = killed.catch(() => undefined);
    return (await killed).text() !== "";
  }
}

async function execute(connection: Connection, { sql, format, params }: EngineQuery): Promise<Uint8Array> {
  const { session } = connection;
  const values = Object.entries(params)
    .map(([name, value]) => `param_${name}=${literal(value)}`)
    .join(", ");
  try {
    if (values !== connection.values) {
      connection.values = undefined;
      await session.queryAsync(`SET ${values}`);
      connection.values = values;
    }
    return (await session.queryAsync(sql, { format })).bytes();
  } catch (error) {
    // A query that failed stays in system.processes until its session is used again.
    await session.queryAsync("SELECT 1").catch(() => undefined);
    throw error;
  }
}

function byName(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings)
    .map(([name, value]) => JSON.stringify([name, value]))
    .toSorted();
}
