import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { runInProcess } from "../support/cli.ts";
import { until } from "../support/processes.ts";

function anInterrupt() {
  return { pressed: (): void => undefined, exits: [] as number[] };
}

test("Ctrl-C ends a query that waits for its SQL", async () => {
  const interrupt = anInterrupt();
  const stdin = new Readable({ read: () => undefined });
  const running = runInProcess(["query", "-"], { stdin, interrupt });
  await until(() => stdin.listenerCount("readable") + stdin.listenerCount("data") > 0);
  interrupt.pressed();
  expect(await running).toEqual({ code: 1, stdout: "", stderr: "Stopping. Once more to end at once.\nStopped.\n" });
});

test("a command that does not come to its end is left by the second Ctrl-C, not by the echo of the first", async () => {
  let asked = false;
  const silent = createServer(() => (asked = true)).listen(0, "127.0.0.1");
  await until(() => silent.listening);
  const { port } = silent.address() as AddressInfo;
  const interrupt = anInterrupt();
  const running = runInProcess(["migrate"], { env: { CLICKHOUSE_URL: `http://127.0.0.1:${port}` }, interrupt });
  await until(() => asked);

  interrupt.pressed();
  interrupt.pressed(); // npm passes on what the terminal has sent already
  expect(interrupt.exits).toEqual([]);
  await until(() => {
    interrupt.pressed();
    return interrupt.exits.length > 0;
  });
  expect(interrupt.exits).toEqual([1]);
  silent.close();
  void running; // a process would have ended
});
