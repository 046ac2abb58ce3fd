import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Answer } from "./answer.ts";
import { readStatement, type Asked } from "./body.ts";
import type { Changes } from "./changes.ts";
import type { Engine, Running } from "./engine.ts";
import { ClickHouseException, parseException } from "./exception.ts";
import type { Insert } from "./insert.ts";
import { writeEnd, type Pipes } from "./pipes.ts";
import type { QueryRequest } from "./request.ts";
import type { Command, Read } from "./statement.ts";

/** Formats that are read from their end: a pipe cannot be, so these take the way over a file. */
const SEEKING = ["parquet", "parquetmetadata", "orc", "arrow"];

/** What a query needs to run and to be answered. */
export type Exchange = {
  readonly engine: Engine;
  readonly pipes: Pipes;
  readonly changes: Changes;
  readonly asked: QueryRequest;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly answer: Answer;
};

/** Runs one query and answers it, unless it throws before anything was answered. */
export async function runQuery(exchange: Exchange): Promise<void> {
  const { statement, ...body } = await readStatement(exchange.asked.query, exchange.request);
  if (statement.kind === "read") {
    return exchange.asked.waitsForEnd ? readWhole(exchange, statement) : read(exchange, statement);
  }
  const ended = exchange.changes.begin();
  try {
    if (statement.kind === "insert") await insert(exchange, statement, body);
    else await command(exchange, statement);
  } finally {
    ended();
  }
}

async function read({ engine, pipes, asked, response, answer }: Exchange, statement: Read): Promise<void> {
  const format = statement.format ?? asked.defaultFormat;
  answer.format(format);
  const pipe = await pipes.takeForResult();
  const running = engine.start({ ...asked, sql: statement.into(pipe.path, format), format, changesSession: false });
  killWhenLeft(running, response);
  const over = running.result.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  // When the client has gone the rest is read all the same: an engine that waits for a reader cannot be cancelled.
  for await (const chunk of pipe.readUntil(over)) await answer.write(chunk);
  const failed = await over;
  if (failed === undefined) {
    pipes.giveForResult(pipe);
    await answer.finish();
  } else {
    await pipe.abandon();
    throw await readError(engine, statement, failed.error);
  }
}

/** Without the way through a pipe, which takes some two milliseconds; the engine holds the whole result meanwhile. */
async function readWhole({ engine, asked, response, answer }: Exchange, statement: Read): Promise<void> {
  const format = statement.format ?? asked.defaultFormat;
  answer.format(format);
  const running = engine.start({ ...asked, sql: statement.sql, format, changesSession: false });
  killWhenLeft(running, response);
  const result = await running.result.catch(async (error: unknown) => {
    throw await readError(engine, statement, error);
  });
  await answer.write(result);
  await answer.finish();
}

async function command({ engine, asked, response, answer }: Exchange, statement: Command): Promise<void> {
  const started = performance.now();
  if (statement.sql === "") throw new ClickHouseException(62, "SYNTAX_ERROR", "Syntax error: Empty query");
  const sql = statement.isKill ? await engine.withEngineIds(statement.sql) : statement.sql;
  const running = engine.start({ ...asked, ...statement, sql, format: asked.defaultFormat });
  killWhenLeft(running, response);
  const result = await running.result;
  answer.summary(performance.now() - started);
  answer.format(asked.defaultFormat);
  await answer.write(result);
  await answer.finish();
}

async function insert(exchange: Exchange, statement: Insert, body: Omit<Asked, "statement">): Promise<void> {
  const { engine, pipes, asked, response, answer } = exchange;
  if (SEEKING.includes(statement.format.toLowerCase())) return insertFile(exchange, statement, body);
  const started = performance.now();
  const path = await pipes.take();
  const sql = statement.from(path, body.compression);
  const running = engine.start({ ...asked, sql, format: asked.defaultFormat, changesSession: false });
  killWhenLeft(running, response);
  const fed = feed(path, running, body.data);
  try {
    await running.result;
  } catch (error) {
    throw (await fed) ?? insertError(path, error);
  } finally {
    await fed;
    pipes.give(path);
  }
  answer.summary(performance.now() - started);
  await answer.finish();
}

async function insertFile(exchange: Exchange, statement: Insert, body: Omit<Asked, "statement">): Promise<void> {
  const { engine, pipes, asked, response, answer } = exchange;
  const started = performance.now();
  const path = pipes.file();
  try {
    await pipeline(body.data, createWriteStream(path, { flags: "wx", mode: 0o600 }));
    const sql = statement.from(path, body.compression);
    const running = engine.start({ ...asked, sql, format: asked.defaultFormat, changesSession: false });
    killWhenLeft(running, response);
    await running.result.catch((error: unknown) => {
      throw insertError(path, error);
    });
  } finally {
    await rm(path, { force: true });
  }
  answer.summary(performance.now() - started);
  await answer.finish();
}

/** Passes the data on to the engine; gives the exception when it cannot be read to its end. */
async function feed(
  path: string,
  running: Running,
  data: AsyncIterable<Uint8Array>,
): Promise<ClickHouseException | undefined> {
  const pipe = await writeEnd(path, running.isOver);
  if (pipe === undefined) return undefined;
  const close = () => pipe.destroy();
  running.result.then(close, close);
  try {
    await pipeline(data, pipe, { end: false });
    pipe.end();
    return undefined;
  } catch (error) {
    // The engine has read all that it wanted, or failed: it says which.
    if (running.isOver() || pipe.destroyed) return undefined;
    // The data broke off. The end of the pipe would tell the engine that this was all: first it has to be cancelled.
    await running.kill();
    const reason = error instanceof Error ? error.message : String(error);
    return new ClickHouseException(271, "CANNOT_DECOMPRESS", `The body cannot be read: ${reason}`, { cause: error });
  } finally {
    // Where the engine failed before the data had ended, it is closed already, and will not say so again.
    if (pipe.writableEnded && !pipe.closed) await once(pipe, "close");
    pipe.destroy();
  }
}

/** A syntax error is told of the statement that was sent, not of the one that writes into a pipe. */
async function readError(engine: Engine, statement: Read, error: unknown): Promise<ClickHouseException> {
  const exception = parseException(error);
  return (exception.code === 62 ? await engine.syntaxError(statement.sql) : undefined) ?? exception;
}

/** The pipe is nothing that the client knows. */
function insertError(path: string, error: unknown): ClickHouseException {
  const { code, title, detail } = parseException(error);
  return new ClickHouseException(code, title, detail.replaceAll(path, "the request's body"), { cause: error });
}

function killWhenLeft(running: Running, response: ServerResponse): void {
  response.once("close", () => {
    if (!response.writableFinished) void running.kill();
  });
}
